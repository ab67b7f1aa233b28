import type { Unlock } from '../../engine/state.ts';

/** What happened at once: the unlocks in their order, the level they and their event raised, the event if there was one. */
export interface Gained {
  readonly unlocked: readonly Unlock[];
  readonly levelUp: { readonly from: number; readonly to: number } | null;
  /** Null for what was given by hand. */
  readonly eventId: string | null;
}

/** The stored messages of what happened, in the order in which it caused them: keys and numbers, rendered when read. */
export function messagesOf({ unlocked, levelUp, eventId }: Gained, version: number): { kind: string; data: object }[] {
  return [
    ...unlocked.map(({ achievement, tier, period, unlockedAt, points, xp }) => ({
      kind: 'ACHIEVEMENT_UNLOCKED',
      data: { achievement, tier, period, unlockedAt, version, points, xp, eventId, ...(levelUp && { levelUp }) },
    })),
    ...(levelUp === null ? [] : [{ kind: 'LEVEL_UP', data: { ...levelUp, eventId } }]),
  ];
}
