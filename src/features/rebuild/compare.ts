import { isDeepStrictEqual } from 'node:util';
import type { Rebuilt } from '../../engine/rebuild.ts';
import type { Cell, CellRef, MemberRef, UserChange, UserState } from '../../engine/state.ts';
import type { LiveState } from './live-store.ts';

/** One place in which the tables differ from what the log comes to. Null: absent there. */
export interface Difference {
  readonly what: string;
  readonly live: unknown;
  readonly folded: unknown;
}

/** What must be written and deleted so that the tables hold what the log comes to. */
export interface Repair {
  /** Absolute values, as the engine's own changes are. Without unlocks and ledger: decisions are facts. */
  readonly change: UserChange;
  readonly drops: {
    readonly cells: readonly CellRef[];
    readonly members: readonly MemberRef[];
    readonly totals: readonly { readonly type: string }[];
    readonly streakDays: readonly { readonly streak: string; readonly day: number }[];
  };
  readonly differences: readonly Difference[];
}

interface Compared<Row> {
  readonly put: Row[];
  readonly drop: Row[];
  readonly differences: Difference[];
}

/** Compares a user's live state with the fold of the log. */
export function compareUser(live: LiveState, { state: folded, eventXp }: Rebuilt): Repair {
  const cells = compareRows('metric', live.cells, cellsOf(folded), ({ metric, by, period }) => [metric, by, period]);
  const members = compareRows('member', live.members, membersOf(folded), (one) => [
    one.metric,
    one.by,
    one.period,
    one.member,
  ]);
  const totals = compareRows('total', live.totals, totalsOf(folded), ({ type }) => [type]);
  const days = compareRows('streak day', live.streakDays, daysOf(folded), ({ streak, day }) => [streak, String(day)]);
  const sums = sumsOf({ state: folded, eventXp }, live.ledger);
  const scalars = (Object.keys(sums) as (keyof typeof sums)[]).flatMap((name) =>
    live[name] === sums[name] ? [] : [{ what: name, live: live[name], folded: sums[name] }],
  );
  return {
    change: {
      ...sums,
      cells: cells.put,
      members: members.put,
      totals: totals.put,
      streakDays: days.put,
      unlocks: [],
      ledger: [],
    },
    drops: { cells: cells.drop, members: members.drop, totals: totals.drop, streakDays: days.drop },
    differences: [...scalars, ...cells.differences, ...members.differences, ...totals.differences, ...days.differences],
  };
}

/** What must be written for a user of whom the tables hold nothing but these sums of the ledger. */
export function wholeChange(rebuilt: Rebuilt, ledger: LiveState['ledger']): UserChange {
  const { state } = rebuilt;
  return {
    ...sumsOf(rebuilt, ledger),
    cells: cellsOf(state),
    members: membersOf(state),
    totals: totalsOf(state),
    streakDays: daysOf(state),
    unlocks: [],
    ledger: [],
  };
}

function sumsOf(
  { state: { score, lastActivityAt }, eventXp }: Pick<Rebuilt, 'state' | 'eventXp'>,
  ledger: LiveState['ledger'],
) {
  // The ledger is the truth of what is not an event: grants, revokes and prices of another time are in it.
  return { score, achievementPoints: ledger.points, xp: eventXp + ledger.xp, lastActivityAt };
}

/** Rows of the same key that differ in what they hold. */
function compareRows<Row extends object>(
  what: string,
  live: readonly Row[],
  folded: readonly Row[],
  keyOf: (row: Row) => readonly string[],
): Compared<Row> {
  const known = new Map(live.map((row) => [keyOf(row).join('\u0000'), row]));
  const result: Compared<Row> = { put: [], drop: [], differences: [] };
  for (const row of folded) {
    const key = keyOf(row).join('\u0000');
    const before = known.get(key) ?? null;
    known.delete(key);
    if (before !== null && isDeepStrictEqual(bare(before), bare(row))) continue;
    result.put.push(row);
    result.differences.push({
      what: nameOf(what, keyOf(row)),
      live: before === null ? null : bare(before),
      folded: bare(row),
    });
  }
  for (const row of known.values()) {
    result.drop.push(row);
    result.differences.push({ what: nameOf(what, keyOf(row)), live: bare(row), folded: null });
  }
  return result;
}

/** The row without its owner. */
function bare(row: object): object {
  const { userId: _, ...own } = row as { userId?: string };
  return own;
}

function nameOf(what: string, key: readonly string[]): string {
  return `${what} ${key.filter((part) => part !== '').join(' / ')}`;
}

function cellsOf({ cells }: UserState): (CellRef & Cell)[] {
  return [...cells].flatMap(([key, cell]) => {
    const [metric = '', by = '', period = ''] = key.split('\u0000');
    return cell === null ? [] : [{ metric, by, period, ...cell }];
  });
}

function membersOf({ members }: UserState): LiveState['members'][number][] {
  return [...members].flatMap(([key, firstAt]) => {
    const [metric = '', by = '', period = '', member = ''] = key.split('\u0000');
    return firstAt === null ? [] : [{ metric, by, period, member, firstAt }];
  });
}

function totalsOf({ totals }: UserState): LiveState['totals'][number][] {
  return [...totals].flatMap(([type, total]) => (total === null ? [] : [{ type, ...total }]));
}

function daysOf({ streakDays }: UserState): LiveState['streakDays'][number][] {
  return [...streakDays].flatMap(([streak, days]) => days.map((day) => ({ streak, day })));
}
