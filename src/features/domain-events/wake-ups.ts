import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/database.ts';
import type { Bus } from '../../realtime/bus.ts';
import { TOUCHED } from '../state/touched.ts';
import type { RelayedRow } from './relay.ts';
import { goneWriters, readTouched, readTouchedEvents, type TouchedUser } from './wake-up-store.ts';

/** Sends the wake-ups of a process that committed a batch and died before it could tell anybody. */
export interface WakeUpRepair {
  /** Keeps an eye on the writers of what was just relayed. */
  watch(rows: readonly RelayedRow[]): void;
  /** Sends what has to be sent by now; answers for how many batches. */
  repair(): Promise<number>;
}

/** What the repair works with. */
export interface WakeUpRepairParts {
  readonly database: Database;
  readonly bus: Bus;
  readonly clock: Clock;
  /** Told of users whose ranks the process that died may not have brought where others read them. */
  readonly ranks: { refresh(userIds: readonly string[]): Promise<void> };
}

/** A writer gets so long to send its own; also the time the server takes to notice that a client has died. */
const GRACE_MS = 2_000;
/** Whoever listened live to what is older has long been told, or was not there. Stored messages have cursors anyway. */
const OLDEST_MS = 30_000;
/** No event waits longer than this between its receipt, which is in its id, and the transaction that records it. */
const LONGEST_WAIT_MS = 10 * 60_000;

/**
 * Makes the repair. A batch names the server process that wrote it: while that lives, so does the client behind it, and has sent the
 * wake-ups (they follow the commit in the same turn); nothing is done. Once it is gone, the batch's wake-ups are sent, from the
 * rows: doubled where the process ended a moment after its last batch, which every listener bears. Not repaired:
 * achievementProgress, whose numbers are stored nowhere. The embedded database needs none of it: who listened died too.
 */
export function createWakeUpRepair({ database, bus, clock, ranks }: WakeUpRepairParts): WakeUpRepair {
  let watched: { readonly row: RelayedRow; readonly since: number; readonly isOld: boolean }[] = [];
  return {
    watch(rows) {
      if (database.kind === 'embedded') return;
      const now = clock.now();
      for (const row of rows) {
        if (row.kind !== TOUCHED || row.writer === null) continue;
        watched.push({ row, since: now, isOld: now - row.createdAt.getTime() > OLDEST_MS });
      }
    },
    async repair() {
      const now = clock.now();
      const due = watched.filter(({ since }) => now - since >= GRACE_MS);
      if (due.length === 0) return 0;
      const writers = [...new Set(due.flatMap(({ row }) => row.writer ?? []))];
      const gone = new Set<number | null>(await goneWriters(database, writers));
      const lost = due.filter(({ row }) => gone.has(row.writer));
      const [old, recent] = [true, false].map((isOld) =>
        lost.filter((one) => one.isOld === isOld).map(({ row }) => row.id),
      );
      const touched = await readTouched(database, recent ?? []);
      await resend(database, bus, touched);
      // Ranks are never too old to be right.
      const users = [...touched, ...(await readTouched(database, old ?? []))].map(({ userId }) => userId);
      if (users.length > 0) await ranks.refresh([...new Set(users)]);
      watched = watched.filter((entry) => !due.includes(entry));
      return recent?.length ?? 0;
    },
  };
}

async function resend(database: Database, bus: Bus, touched: readonly TouchedUser[]): Promise<void> {
  if (touched.length === 0) return;
  const received = touched.map(({ at }) => firstIdSince(at.getTime() - LONGEST_WAIT_MS));
  const events = await readTouchedEvents(database, touched, received);
  for (const user of touched) {
    if (user.lastSeq > 0) bus.publish('notification', user.userId, { seq: user.lastSeq });
    bus.publish('progress', user.userId, { levelUp: levelUpOf(user) });
  }
  if (events.length > 0) bus.publish('event', 'all', { events });
}

function levelUpOf({ from, to }: TouchedUser): { from: number; to: number } | null {
  return from === null || to === null ? null : { from, to };
}

/** The smallest UUIDv7 of a moment. */
function firstIdSince(at: number): string {
  const time = Math.max(0, at).toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-000000000000`;
}
