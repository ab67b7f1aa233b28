import { currentKey } from '../../engine/renames.ts';
import type { Unlock } from '../../engine/state.ts';
import type { Context } from '../../graphql/context.ts';
import type { UnlockRow } from './unlock-row.ts';

/** One user's way to one achievement, before and after, over tiers and repeats. */
export interface UserAchievementShape {
  readonly userId: string;
  readonly achievement: string;
  /** The user's language. */
  readonly locale: string | null;
  /** Oldest first. */
  readonly unlocks: readonly UnlockRow[];
}

/** One user's way to one achievement, by keys, former ones too; for messages and records. */
export async function userAchievement(context: Context, userId: string, key: string): Promise<UserAchievementShape> {
  const achievement = currentKey(context.services.catalog.live(), key);
  const [held, user] = await Promise.all([
    context.loaders.achievements.unlocks.load(userId),
    context.loaders.users.byId.load(userId),
  ]);
  return { userId, achievement, locale: user?.locale ?? null, unlocks: held.get(achievement) ?? [] };
}

/** Unlocks of an event that was recorded now. Those that may have come before, tiers and repeats, are read with what came. */
export async function justUnlocked(
  context: Context,
  { userId, event, unlocked, version, locale }: JustRecorded,
): Promise<UserAchievementShape[]> {
  const { achievements } = context.services.catalog.live().catalog;
  const shown = unlocked.flatMap((row) => {
    const definition = achievements.get(row.achievement);
    const isOnce = definition !== undefined && definition.tiers.length === 0 && definition.repeat === null;
    return isOnce ? [{ place: definition.ordinal, row }] : [];
  });
  if (shown.length < unlocked.length) return unlockedBy(context, userId, event.id);
  return shown
    .sort((one, two) => one.place - two.place)
    .map(({ row: { achievement, tier, period, unlockedAt, eventId, points, xp } }) => {
      const own = { userId, achievement, tier, period, unlockedAt: new Date(unlockedAt), version, eventId, points, xp };
      return { userId, achievement, locale, unlocks: [own] };
    });
}

/** What is known of an event right after it was recorded. */
interface JustRecorded {
  readonly userId: string;
  readonly event: { readonly id: string };
  readonly unlocked: readonly Unlock[];
  readonly version: number;
  readonly locale: string | null;
}

/** What an event unlocked, by evidence, so that a replay answers what the first answered. */
export async function unlockedBy(context: Context, userId: string, eventId: string): Promise<UserAchievementShape[]> {
  const held = await context.loaders.achievements.unlocks.load(userId);
  const { achievements } = context.services.catalog.live().catalog;
  const placeOf = (key: string): number => achievements.get(key)?.ordinal ?? achievements.size;
  const keys = [...held]
    .flatMap(([key, unlocks]) => (unlocks.some((unlock) => unlock.eventId === eventId) ? [key] : []))
    .sort((one, two) => placeOf(one) - placeOf(two));
  return Promise.all(keys.map((key) => userAchievement(context, userId, key)));
}
