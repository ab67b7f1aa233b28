import {
  type Cell,
  type CellRef,
  cellKey,
  emptyState,
  type FoldEvent,
  type HistoryRef,
  historyKey,
  isAbsent,
  memberKey,
  type Needs,
  type OwnState,
  type TypeTotal,
  type Unlock,
  type UserChange,
  type UserState,
  wholeKey,
} from './state.ts';
import { withDays } from './streaks.ts';

/** A copy to add to. */
export function copyOf(state: UserState): OwnState {
  return {
    ...state,
    cells: new Map(state.cells),
    whole: new Map(state.whole),
    members: new Map(state.members),
    unlocks: new Map(state.unlocks),
    streakDays: new Map(state.streakDays),
    totals: new Map(state.totals),
    history: new Map(state.history),
  };
}

/** A state with what a change wrote; see absorb. */
export function applyChange(state: UserState, change: UserChange): OwnState {
  const own = copyOf(state);
  absorb(own, change);
  return own;
}

/** Lays what a change wrote into a state. What was read before stays; history is forgotten, for it no longer tells all. */
export function absorb(state: OwnState, change: UserChange): void {
  for (const cell of change.cells) absorbCell(state, cell);
  for (const member of change.members) state.members.set(memberKey(member), member.firstAt);
  for (const { type, ...total } of change.totals) state.totals.set(type, total);
  for (const row of change.unlocks) {
    const others = (state.unlocks.get(row.achievement) ?? []).filter(
      (other) => other.tier !== row.tier || other.period !== row.period,
    );
    state.unlocks.set(row.achievement, [...others, row]);
  }
  absorbDays(state, change.streakDays);
  state.history.clear();
  state.score = change.score;
  state.achievementPoints = change.achievementPoints;
  state.xp = change.xp;
  state.lastActivityAt = change.lastActivityAt;
}

function absorbDays({ streakDays }: OwnState, added: UserChange['streakDays']): void {
  const [only] = added;
  if (only === undefined) return;
  const byStreak = added.length === 1 ? [[only.streak, added] as const] : Map.groupBy(added, ({ streak }) => streak);
  for (const [streak, own] of byStreak) {
    const days = own.map(({ day }) => day).sort((one, two) => one - two);
    streakDays.set(streak, withDays(streakDays.get(streak) ?? [], days));
  }
}

function absorbCell({ cells, whole }: OwnState, cell: CellRef & Cell): void {
  const key = cellKey(cell);
  const isNew = cell.by !== '' && (cells.get(key) ?? null) === null;
  cells.set(key, isAbsent(cell) ? null : { value: cell.value, achievedAt: cell.achievedAt, state: cell.state });
  if (!isNew) return;
  const name = wholeKey(cell.metric, cell.period);
  const keys = whole.get(name);
  if (keys !== undefined && !keys.includes(cell.by)) whole.set(name, [...keys, cell.by]);
}

/** A map in which everything is known: what is not in it is absent. */
class Complete<T> extends Map<string, T> {
  readonly #absent: T;

  constructor(absent: T) {
    super();
    this.#absent = absent;
  }

  override get(key: string): T {
    return super.get(key) ?? this.#absent;
  }
}

/** The state of a user before any event, in which nothing need be read: all that happened is in the log given. */
export function completeState(user: Pick<UserState, 'userId' | 'test'>, log: readonly FoldEvent[]): UserState {
  return {
    ...startingState(user),
    whole: new Complete<readonly string[]>([]),
    history: new Complete<readonly FoldEvent[]>(log),
  };
}

/** The state of a user before any event, to lay all that follows into. What is not there is absent; keys and the log are asked for. */
export function startingState({ userId, test }: Pick<UserState, 'userId' | 'test'>): OwnState {
  return {
    ...emptyState({ userId, test, score: 0, achievementPoints: 0, xp: 0, lastActivityAt: null }),
    cells: new Complete<Cell | null>(null),
    members: new Complete<number | null>(null),
    unlocks: new Complete<readonly Unlock[]>([]),
    streakDays: new Complete<readonly number[]>([]),
    totals: new Complete<TypeTotal | null>(null),
  };
}

/**
 * Answers needs from a state that holds everything about a user and the user's log: what is not there is absent. For tests,
 * scenarios and previews, which keep all in memory.
 */
export function answerFromMemory(state: UserState, needs: Needs, log: readonly FoldEvent[]): OwnState {
  const own = copyOf(state);
  answerInto(own, needs, log);
  return own;
}

/** As answerFromMemory, into the state itself. */
export function answerInto(state: OwnState, needs: Needs, log: readonly FoldEvent[]): void {
  const { cells, whole, members, unlocks, streakDays, totals, history } = state;
  for (const ref of needs.cells) cells.set(cellKey(ref), cells.get(cellKey(ref)) ?? null);
  for (const { metric, period } of needs.whole) whole.set(wholeKey(metric, period), keysOf(state, metric, period));
  for (const ref of needs.members) members.set(memberKey(ref), members.get(memberKey(ref)) ?? null);
  for (const key of needs.achievements) unlocks.set(key, unlocks.get(key) ?? []);
  for (const key of needs.streaks) streakDays.set(key, streakDays.get(key) ?? []);
  for (const type of needs.totals) totals.set(type, totals.get(type) ?? null);
  for (const ref of needs.history) history.set(historyKey(ref), select(log, ref));
}

function keysOf(state: UserState, metric: string, period: string): string[] {
  const found: string[] = [];
  for (const [key, cell] of state.cells) {
    const [name, by, at] = key.split('\u0000');
    if (cell !== null && name === metric && at === period && by !== undefined && by !== '') found.push(by);
  }
  return found;
}

function select(log: readonly FoldEvent[], ref: HistoryRef): FoldEvent[] {
  const found = log
    .filter((event) => event.occurredAt >= ref.from && event.occurredAt < ref.to)
    .filter((event) => ref.types === null || ref.types.includes(event.type))
    .sort((one, two) => one.occurredAt - two.occurredAt || (one.id < two.id ? -1 : 1));
  return ref.newest === undefined ? found : found.slice(-ref.newest);
}
