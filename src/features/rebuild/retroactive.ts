import type { Catalog } from '../../engine/catalog.ts';
import type { Unlock } from '../../engine/state.ts';
import type { Ids } from '../../platform/ids.ts';
import type { NewNotification, NewOutboxRow, Writes } from '../state/service.ts';
import type { UserRow } from '../state/user-row.ts';
import type { Repair } from './compare.ts';

/** A user with what must be written, and what the rules give over the log. */
export interface Repaired {
  readonly user: UserRow;
  readonly repair: Repair;
  readonly decided: readonly Unlock[];
}

/**
 * The rows to write for repaired users. Unlocks come as the achievement says: `retroactive: none` gives none, `silent` no message,
 * `notify` one. Their points and XP are ledger entries; each is announced to other systems.
 */
export function retroactiveWrites(
  repaired: readonly Repaired[],
  { catalog, catalogVersion, at, ids }: { catalog: Catalog; catalogVersion: number; at: Date; ids: Ids },
): Writes {
  const users: Writes['users'][number][] = [];
  const ledger: Writes['ledger'][number][] = [];
  const notifications: NewNotification[] = [];
  const outbox: NewOutboxRow[] = [];
  for (const { user, repair, decided } of repaired) {
    const given = givenBy(catalog, decided);
    let lastSeq = user.lastSeq;
    for (const unlock of given) {
      const data = { ...messageData(unlock), version: catalogVersion };
      const silent = catalog.achievements.get(unlock.achievement)?.retroactive !== 'notify';
      if (!silent) {
        lastSeq += 1;
        notifications.push({ userId: user.id, seq: lastSeq, kind: 'ACHIEVEMENT_UNLOCKED', data });
      }
      const payload = silent ? { ...data, silent } : data;
      outbox.push({ id: ids.next(), kind: 'ACHIEVEMENT_UNLOCKED', userId: user.id, payload });
      const { achievement, tier, period, eventId, points, xp } = unlock;
      ledger.push({
        source: 'achievement',
        achievement,
        tier,
        period,
        eventId,
        points,
        xp,
        userId: user.id,
        id: ids.next(),
      });
    }
    const gained = (pick: (unlock: Unlock) => number): number => given.reduce((sum, unlock) => sum + pick(unlock), 0);
    const change = {
      ...repair.change,
      achievementPoints: repair.change.achievementPoints + gained(({ points }) => points),
      xp: repair.change.xp + gained(({ xp }) => xp),
      unlocks: given,
    };
    users.push({ userId: user.id, change, lastSeq });
  }
  const touched = users.map(({ userId }) => userId);
  if (touched.length > 0) outbox.push({ id: ids.next(), kind: 'TOUCHED', userId: null, payload: { users: touched } });
  return { at, catalogVersion, events: [], users, ledger, notifications, outbox };
}

/** Of what the rules decide over the log, what is given: everything but `retroactive: none`. */
export function givenBy(catalog: Catalog, decided: readonly Unlock[]): Unlock[] {
  return decided.filter(({ achievement }) => catalog.achievements.get(achievement)?.retroactive !== 'none');
}

function messageData({ achievement, tier, period, unlockedAt, points, xp, eventId }: Unlock): object {
  return { achievement, tier, period, unlockedAt, points, xp, eventId };
}
