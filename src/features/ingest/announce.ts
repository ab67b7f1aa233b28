import { Refusal } from '../../graphql/errors.ts';
import type { Bus } from '../../realtime/bus.ts';
import type { ProgressWakeUp } from '../../realtime/topics.ts';
import type { Recorded, RecordOutcome } from './outcome.ts';

/** Wakes those who listen to what a transaction has recorded, once it is committed. Ids only; what is lost is found by cursor. */
export function announce(bus: Bus, outcomes: readonly RecordOutcome[]): void {
  const recorded = outcomes.filter(
    (outcome): outcome is Recorded => !(outcome instanceof Refusal) && outcome.kind === 'recorded',
  );
  if (recorded.length === 0) return;
  for (const [userId, own] of Map.groupBy(recorded, (outcome) => outcome.userId)) announceUser(bus, userId, own);
  bus.publish('event', 'all', {
    events: recorded.map(({ userId, event }) => ({ userId, id: event.id, type: event.type })),
  });
}

function announceUser(bus: Bus, userId: string, own: readonly Recorded[]): void {
  const seq = Math.max(...own.map(({ lastSeq }) => lastSeq));
  if (own.some(({ unlocked, levelUp }) => unlocked.length > 0 || levelUp !== null))
    bus.publish('notification', userId, { seq });
  const changes: ProgressWakeUp[] = own.flatMap(({ progressed }) => [...progressed]);
  if (changes.length > 0) bus.publish('achievementProgress', userId, { changes });
  const ups = own.flatMap(({ levelUp }) => levelUp ?? []);
  const levelUp =
    ups.length === 0
      ? null
      : { from: Math.min(...ups.map(({ from }) => from)), to: Math.max(...ups.map(({ to }) => to)) };
  bus.publish('progress', userId, { levelUp });
}
