import { OPENING, type Opening } from '../../engine/opening.ts';
import type { FoldEvent, Json, Unlock } from '../../engine/state.ts';
import type { Transaction } from '../../platform/database.ts';
import type { LiveCatalog } from '../catalog/service.ts';
import { newcomerWrites } from '../rebuild/service.ts';
import { type NewEvent, type NewLedgerLine, type WrittenUser, writeState } from '../state/service.ts';
import { createImported } from '../users/service.ts';
import type { PlayerImportParts, ReadLine } from './parts.ts';
import { OPENING_KEY } from './store.ts';

/** A player to make, with its opening as the log will tell it. */
interface Newcomer extends ReadLine {
  readonly userId: string;
  readonly opening: FoldEvent & Pick<NewEvent, 'points' | 'xp'>;
  readonly facts: readonly Unlock[];
}

/**
 * Makes users whom nobody knows, each with the entry that opens its log and all that follows from it. Nothing is read of who was not
 * there, and each row is written once. Answers what the rules gave.
 * @throws LostRaceError when somebody else makes one of them at the same moment
 */
export async function importNewcomers(
  parts: PlayerImportParts,
  transaction: Transaction,
  live: LiveCatalog,
  lines: readonly ReadLine[],
  at: Date,
): Promise<readonly Unlock[]> {
  if (lines.length === 0) return [];
  const newcomers = lines.map((line) => newcomerOf(parts, line));
  const logs = newcomers.map(({ userId, opening, facts }) => ({ id: userId, log: [opening], facts }));
  const writes = await newcomerWrites(parts, live, logs, at);
  const byId = new Map(writes.users.map((user) => [user.userId, user]));
  const made = newcomers.flatMap((newcomer) => {
    const user = byId.get(newcomer.userId);
    return user === undefined ? [] : [{ ...newcomer, user }];
  });
  await Promise.all([
    createImported(
      transaction,
      made.map(({ userId, line: { fields, createdAt }, user: { change } }) => {
        const { score, achievementPoints, xp } = change;
        return { ...fields, id: userId, createdAt: new Date(createdAt), score, achievementPoints, xp };
      }),
      { ...parts, catalogVersion: live.version, at },
    ),
    writeState(transaction, {
      ...writes,
      events: made.map(eventOf),
      users: made.map(({ user, facts }) => withFacts(user, facts)),
      ledger: [...made.flatMap((newcomer) => linesOf(parts, newcomer)), ...writes.ledger],
    }),
  ]);
  return writes.users.flatMap(({ change }) => change.unlocks);
}

function newcomerOf({ ids }: PlayerImportParts, read: ReadLine): Newcomer {
  const { fields, createdAt, score: points, xp, unlocks } = read.line;
  const id = ids.next();
  const details = asLogged(read.line.opening);
  const opening = { id, type: OPENING, details, attributes: null, timezone: fields.timezone, occurredAt: createdAt };
  const facts = unlocks.map((unlock): Unlock => ({ ...unlock, eventId: id, xp: 0, source: 'rule', revokedAt: null }));
  return { ...read, userId: ids.next(), opening: { ...opening, priced: { points, xp }, points, xp }, facts };
}

/** The details as they are read from the log, for the order of keys may matter: jsonb has them by length, then by their bytes. */
function asLogged({ metrics, streaks }: Opening): FoldEvent['details'] {
  const entries = Object.entries(metrics).map(([metric, value]) => {
    return [metric, typeof value === 'number' ? value : inJsonbOrder(value)] as const;
  });
  return { metrics: Object.fromEntries(entries), streaks: streaks as unknown as Json };
}

function inJsonbOrder<Value>(values: { readonly [key: string]: Value }): { [key: string]: Value } {
  const entries = Object.entries(values).map(([key, value]) => ({ key, value, bytes: Buffer.from(key) }));
  entries.sort((one, two) => one.bytes.length - two.bytes.length || Buffer.compare(one.bytes, two.bytes));
  return Object.fromEntries(entries.map(({ key, value }) => [key, value]));
}

function eventOf({ userId, opening, payloadHash }: Newcomer): NewEvent {
  const { points, xp, ...event } = opening;
  return { userId, event, points, xp, idempotencyKey: null, keyHash: OPENING_KEY, payloadHash };
}

function withFacts(user: WrittenUser, facts: readonly Unlock[]): WrittenUser {
  return { ...user, change: { ...user.change, unlocks: [...facts, ...user.change.unlocks] }, isNew: true };
}

function linesOf({ ids }: PlayerImportParts, { userId, facts }: Newcomer): NewLedgerLine[] {
  return facts.map(({ achievement, tier, period, eventId, points, xp }) => {
    return { userId, id: ids.next(), source: 'opening', achievement, tier, period, eventId, points, xp };
  });
}
