import { hash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { currentKeys } from '../../engine/renames.ts';
import type { Unlock } from '../../engine/state.ts';
import type { Transaction } from '../../platform/database.ts';
import type { LiveCatalog } from '../catalog/service.ts';
import { bringUp } from '../rebuild/service.ts';
import { liveTransaction } from '../state/live-transaction.ts';
import { LostRaceError, lockNamed, type NamedRow, useIndexes } from '../state/service.ts';
import { importNewcomers } from './newcomers.ts';
import type { PlayerImportParts, ReadLine } from './parts.ts';
import { type PlayerLine, readPlayerLine } from './player-line.ts';
import {
  dropOpenings,
  insertImportedUnlocks,
  insertOpenings,
  type OpeningRow,
  readOpenings,
  updateImported,
} from './store.ts';

/** A line of a file with its number, counted from 1. */
export interface NumberedLine {
  readonly number: number;
  readonly text: string;
}

/** What became of some lines. */
export interface Imported {
  readonly imported: number;
  /** Were there already, exactly so. */
  readonly unchanged: number;
  readonly refused: readonly { readonly number: number; readonly reason: string }[];
  /** What the rules gave for it. */
  readonly unlocked: readonly Unlock[];
}

/** Throws away a dry run. */
class DryRun extends Error {}

/**
 * Imports players, one an entry that opens the log of its user; all lines or, when it throws, none. The same externalId again
 * replaces what the entry brought; what the rules gave since stays. No messages are stored. With `dryRun` nothing is written.
 */
export async function importPlayers(
  parts: PlayerImportParts,
  lines: readonly NumberedLine[],
  { dryRun }: { readonly dryRun: boolean },
): Promise<Imported> {
  let answer: Imported | null = null;
  try {
    await liveTransaction(parts, async (transaction, live) => {
      await useIndexes(transaction);
      answer = await importLines(parts, transaction, live, lines);
      if (dryRun) throw new DryRun();
    });
  } catch (error) {
    if (!(error instanceof DryRun)) throw error;
  }
  if (answer === null) throw new Error('the import has no answer');
  return answer;
}

async function importLines(
  parts: PlayerImportParts,
  transaction: Transaction,
  live: LiveCatalog,
  lines: readonly NumberedLine[],
): Promise<Imported> {
  const now = parts.clock.now();
  const read = new Map<string, ReadLine>();
  const refused: { number: number; reason: string }[] = [];
  for (const { number, text } of lines) {
    const line = readPlayerLine(live.catalog, text, now);
    if (typeof line === 'string') refused.push({ number, reason: line });
    else
      read.set(line.fields.externalId, {
        line,
        payloadHash: hash('sha256', canonicalize(payloadOf(line)) ?? '', 'buffer'),
      });
  }
  const there = new Map<string, ReadLine>();
  for (const { externalId, payloadHash } of await readOpenings(transaction, [...read.keys()])) {
    const own = read.get(externalId);
    if (own === undefined) continue;
    if (payloadHash === null || !Buffer.from(own.payloadHash).equals(payloadHash)) there.set(externalId, own);
    else read.delete(externalId);
  }
  const unchanged = lines.length - refused.length - read.size;
  const newcomers = [...read].flatMap(([externalId, own]) => (there.has(externalId) ? [] : [own]));
  const at = new Date(now);
  const unlocked = [
    ...(await replacePlayers(parts, transaction, live, there, at)),
    ...(await importNewcomers(parts, transaction, live, newcomers, at)),
  ];
  return { imported: read.size, unchanged, refused, unlocked };
}

/** All a line says but createdAt where it was left out: the same line is the same entry on another day. */
function payloadOf({ fields, xp, score, opening, unlocks }: PlayerLine): object {
  return { fields, xp, score, opening, unlocks };
}

/** Imports players who are users already; answers what the rules gave. */
async function replacePlayers(
  parts: PlayerImportParts,
  transaction: Transaction,
  live: LiveCatalog,
  read: ReadonlyMap<string, ReadLine>,
  at: Date,
): Promise<readonly Unlock[]> {
  if (read.size === 0) return [];
  const users = await lockBroughtUp(parts, transaction, live, [...read.keys()]);
  const before = await dropOpenings(
    transaction,
    users.map(({ id }) => id),
    currentKeys(live),
  );
  const rows = users.flatMap((user) => {
    const own = user.externalId === null ? undefined : read.get(user.externalId);
    // The same entry, with other content: what was decided by it keeps its evidence.
    return own === undefined ? [] : [{ user, id: before.get(user.id) ?? parts.ids.next(), ...own }];
  });
  await updateImported(
    transaction,
    rows.map(({ user, line }) => ({ userId: user.id, ...line.fields, createdAt: new Date(line.createdAt) })),
    at,
  );
  const openings = rows.map(
    ({ user, id, line, payloadHash }): OpeningRow => ({
      userId: user.id,
      id,
      details: line.opening,
      timezone: line.fields.timezone ?? user.timezone,
      points: line.score,
      xp: line.xp,
      occurredAt: new Date(line.createdAt),
      payloadHash,
    }),
  );
  const versioned = { at, catalogVersion: live.version };
  await insertOpenings(transaction, openings, versioned);
  await insertImportedUnlocks(
    transaction,
    rows.flatMap(({ user, id, line }) =>
      line.unlocks.map((unlock) => ({ ...unlock, userId: user.id, eventId: id, lineId: parts.ids.next() })),
    ),
    versioned,
  );
  const { given } = await bringUp(transaction, parts, live, users, { judges: 'all', silently: true });
  return given;
}

/**
 * The users, locked, none of them of an older catalog version: what they hold stands under the keys of today.
 * @throws LostRaceError when one of them is gone since
 */
async function lockBroughtUp(
  parts: PlayerImportParts,
  transaction: Transaction,
  live: LiveCatalog,
  externalIds: readonly string[],
): Promise<NamedRow[]> {
  const users = await lockNamed(transaction, { ids: [], externalIds });
  if (users.length !== externalIds.length) throw new LostRaceError('users');
  const behind = users.filter(({ catalogVersion }) => catalogVersion < live.version);
  if (behind.length === 0) return users;
  await bringUp(transaction, parts, live, behind, { judges: 'behind', silently: true });
  return lockNamed(transaction, { ids: users.map(({ id }) => id), externalIds: [] });
}
