import type { Catalog } from '../../engine/catalog.ts';
import type { LedgerLine, Unlock } from '../../engine/state.ts';
import type { Ids } from '../../platform/ids.ts';
import type { LiveCatalog } from '../catalog/service.ts';
import type { NewNotification, NewOutboxRow, Writes } from '../state/service.ts';
import { touchedRow } from '../state/touched.ts';
import type { UserRow } from '../state/user-row.ts';
import type { Repair } from './compare.ts';

/** A user with what must be written: what the rules give over the log, and what the version takes. */
export interface Repaired {
  readonly user: Pick<UserRow, 'id' | 'lastSeq'>;
  readonly repair: Pick<Repair, 'change'>;
  readonly decided: readonly Unlock[];
  readonly revoked: readonly Unlock[];
}

/**
 * The rows to write for repaired users. Unlocks come as the achievement says: `retroactive: none` gives none, `silent` no message,
 * `notify` one. Their points and XP are ledger entries; each is announced to other systems. What is taken is compensated and
 * announced; the player gets no message.
 */
export function retroactiveWrites(
  repaired: readonly Repaired[],
  {
    live: { catalog, version, appliedBy },
    at,
    ids,
    silently,
  }: { live: LiveCatalog; at: Date; ids: Ids; silently: boolean },
): Writes {
  const users: Writes['users'][number][] = [];
  const ledger: Writes['ledger'][number][] = [];
  const notifications: NewNotification[] = [];
  const outbox: NewOutboxRow[] = [];
  for (const { user, repair, decided, revoked } of repaired) {
    const userId = user.id;
    const given = givenBy(catalog, decided);
    const reason = `the rule of catalog version ${version}`;
    for (const row of revoked) {
      const payload = { ...messageData(row), revokedAt: row.revokedAt, reason };
      outbox.push({ id: ids.next(), kind: 'ACHIEVEMENT_REVOKED', userId, payload });
      const taken = { ...row, eventId: null, points: -row.points, xp: -row.xp };
      ledger.push({ ...lineOf('revoke', taken), userId, id: ids.next(), reason, actor: appliedBy });
    }
    let lastSeq = user.lastSeq;
    for (const unlock of given) {
      const data = { ...messageData(unlock), version };
      const silent = silently || catalog.achievements.get(unlock.achievement)?.retroactive !== 'notify';
      if (!silent) {
        lastSeq += 1;
        notifications.push({ userId, seq: lastSeq, kind: 'ACHIEVEMENT_UNLOCKED', data });
      }
      outbox.push({
        id: ids.next(),
        kind: 'ACHIEVEMENT_UNLOCKED',
        userId,
        payload: silent ? { ...data, silent } : data,
      });
      ledger.push({ ...lineOf('achievement', unlock), userId, id: ids.next() });
    }
    const moved = (pick: (unlock: Unlock) => number): number =>
      given.reduce((sum, unlock) => sum + pick(unlock), 0) - revoked.reduce((sum, unlock) => sum + pick(unlock), 0);
    const change = {
      ...repair.change,
      achievementPoints: repair.change.achievementPoints + moved(({ points }) => points),
      xp: repair.change.xp + moved(({ xp }) => xp),
      unlocks: [...given, ...revoked],
    };
    users.push({ userId, change, lastSeq });
  }
  if (users.length > 0) outbox.push(touchedRow(ids, users, null));
  return { at, catalogVersion: version, events: [], users, ledger, notifications, outbox };
}

function lineOf(source: LedgerLine['source'], { achievement, tier, period, eventId, points, xp }: Unlock): LedgerLine {
  return { source, achievement, tier, period, eventId, points, xp };
}

/** Of what the rules decide over the log, what is given: everything but `retroactive: none`. */
export function givenBy(catalog: Catalog, decided: readonly Unlock[]): Unlock[] {
  return decided.filter(({ achievement }) => catalog.achievements.get(achievement)?.retroactive !== 'none');
}

/** What a message says of an unlock; also what is announced of one that is taken. */
function messageData({ achievement, tier, period, unlockedAt, points, xp, eventId }: Unlock): object {
  return { achievement, tier, period, unlockedAt, points, xp, eventId };
}
