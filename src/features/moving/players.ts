import { hash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { currentKeys } from '../../engine/renames.ts';
import type { Unlock } from '../../engine/state.ts';
import type { Transaction } from '../../platform/database.ts';
import type { RandomNames } from '../../platform/random.ts';
import type { LiveCatalog } from '../catalog/service.ts';
import { bringUp, type RebuildParts } from '../rebuild/service.ts';
import { liveTransaction } from '../state/live-transaction.ts';
import { lockNamed, type NamedRow } from '../state/service.ts';
import { createUnknown } from '../users/service.ts';
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

/** What an import of players stands on. */
export interface PlayerImportParts extends RebuildParts {
  readonly names: RandomNames;
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
      answer = await importLines(parts, transaction, live, lines);
      if (dryRun) throw new DryRun();
    });
  } catch (error) {
    if (!(error instanceof DryRun)) throw error;
  }
  if (answer === null) throw new Error('the import has no answer');
  return answer;
}

interface Read {
  readonly number: number;
  readonly line: PlayerLine;
  readonly payloadHash: Uint8Array;
}

async function importLines(
  parts: PlayerImportParts,
  transaction: Transaction,
  live: LiveCatalog,
  lines: readonly NumberedLine[],
): Promise<Imported> {
  const now = parts.clock.now();
  const read = new Map<string, Read>();
  const refused: { number: number; reason: string }[] = [];
  for (const { number, text } of lines) {
    const line = readPlayerLine(live.catalog, text, now);
    if (typeof line === 'string') refused.push({ number, reason: line });
    else
      read.set(line.fields.externalId, {
        number,
        line,
        payloadHash: hash('sha256', canonicalize(payloadOf(line)) ?? '', 'buffer'),
      });
  }
  const known = await readOpenings(transaction, [...read.keys()]);
  for (const { externalId, payloadHash } of known) {
    const own = read.get(externalId);
    if (own !== undefined && Buffer.from(own.payloadHash).equals(Buffer.from(payloadHash))) read.delete(externalId);
  }
  const unchanged = lines.length - refused.length - read.size;
  if (read.size === 0) return { imported: 0, unchanged, refused, unlocked: [] };
  const unlocked = await writePlayers(parts, transaction, live, read, now);
  return { imported: read.size, unchanged, refused, unlocked };
}

/** All a line says but createdAt where it was left out: the same line is the same entry on another day. */
function payloadOf({ fields, xp, score, opening, unlocks }: PlayerLine): object {
  return { fields, xp, score, opening, unlocks };
}

async function writePlayers(
  parts: PlayerImportParts,
  transaction: Transaction,
  live: LiveCatalog,
  read: ReadonlyMap<string, Read>,
  now: number,
): Promise<readonly Unlock[]> {
  const at = new Date(now);
  const users = await lockBroughtUp(parts, transaction, live, [...read.keys()], at);
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

/** The users, locked, none of them of an older catalog version: what they hold stands under the keys of today. */
async function lockBroughtUp(
  parts: PlayerImportParts,
  transaction: Transaction,
  live: LiveCatalog,
  externalIds: readonly string[],
  at: Date,
): Promise<NamedRow[]> {
  const users = await lockOrCreate(parts, transaction, live, externalIds, at);
  const behind = users.filter(({ catalogVersion }) => catalogVersion < live.version);
  if (behind.length === 0) return users;
  await bringUp(transaction, parts, live, behind, { judges: 'behind', silently: true });
  return lockNamed(transaction, { ids: users.map(({ id }) => id), externalIds: [] });
}

/** Made usernames may collide, and somebody else may create the same user meanwhile: a few tries are plenty. */
const MOST_TRIES = 5;

async function lockOrCreate(
  parts: PlayerImportParts,
  transaction: Transaction,
  live: LiveCatalog,
  externalIds: readonly string[],
  at: Date,
): Promise<NamedRow[]> {
  const users = await lockNamed(transaction, { ids: [], externalIds });
  for (let attempt = 1; attempt <= MOST_TRIES; attempt += 1) {
    const there = new Set(users.map(({ externalId }) => externalId));
    const unknown = externalIds.filter((externalId) => !there.has(externalId));
    if (unknown.length === 0) break;
    await createUnknown(transaction, unknown, { ...parts, catalogVersion: live.version, at });
    users.push(...(await lockNamed(transaction, { ids: [], externalIds: unknown })));
  }
  return users;
}
