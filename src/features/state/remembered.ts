import { LRUCache } from 'lru-cache';
import type { OwnState } from '../../engine/state.ts';
import { blankStateOf } from './service.ts';
import type { UserRow } from './user-row.ts';

/** Entries of all remembered states together: some 100 MB at most. */
const MOST_ENTRIES = 500_000;
/** A larger state is read anew each time. */
const MOST_OF_ONE = 10_000;
/** What a state with nothing in it takes, in entries. */
const BLANK = 10;

interface Remembered {
  readonly rowVersion: number;
  readonly state: OwnState;
}

/**
 * States of users as this process read or wrote them last. A user's row says under its lock whether anybody has written since
 * (`row_version`): if not, nothing of the state need be read again. Who takes a state has it alone and gives it back when its
 * transaction has ended.
 */
export class RememberedStates {
  readonly #states: LRUCache<string, Remembered>;

  constructor(mostEntries = MOST_ENTRIES) {
    this.#states = new LRUCache({
      maxSize: mostEntries,
      maxEntrySize: MOST_OF_ONE,
      sizeCalculation: ({ state }) => sizeOf(state),
    });
  }

  /** The state of a locked user: what is remembered of it, or the row alone. */
  take(user: UserRow): OwnState {
    const known = this.#states.get(user.id);
    if (known === undefined) return blankStateOf(user);
    this.#states.delete(user.id);
    // The row may say another `test` without anything having been folded.
    return known.rowVersion === user.rowVersion ? Object.assign(known.state, { test: user.test }) : blankStateOf(user);
  }

  /** Remembers a state that the tables hold as long as the user's row has this version. */
  keep(state: OwnState, rowVersion: number): void {
    state.history.clear();
    this.#states.set(state.userId, { rowVersion, state });
  }

  /** Forgets all. */
  clear(): void {
    this.#states.clear();
  }
}

function sizeOf(state: OwnState): number {
  const { cells, whole, members, unlocks, streakDays, totals } = state;
  let size = BLANK + cells.size + members.size + unlocks.size + totals.size;
  for (const keys of whole.values()) size += 1 + keys.length;
  for (const days of streakDays.values()) size += 1 + days.length / 8;
  return Math.ceil(size);
}
