import type { Catalog } from '../../engine/catalog.ts';
import { fold } from '../../engine/fold.ts';
import type { FoldEvent, FoldResult, UserState } from '../../engine/state.ts';
import type { Queryable } from '../../platform/database.ts';
import { readStates } from '../state/service.ts';

/** The events of one user, in arrival order, with what is known of the user. */
export interface FoldTask {
  readonly state: UserState;
  readonly events: readonly FoldEvent[];
}

/** The fold's answer for one user. */
export type FoldDone = Extract<FoldResult, { kind: 'done' }>;

/** The engine asks in few rounds; more than this is a fault of the engine, not of the data. */
const MOST_ROUNDS = 12;

/**
 * Folds the events of many users: the engine says what it must see, one statement a kind reads it for all users of the round, until
 * every fold is done. The users are locked.
 */
export async function foldBatch(
  on: Queryable,
  catalog: Catalog,
  tasks: readonly FoldTask[],
  now: number,
): Promise<FoldDone[]> {
  const done: (FoldDone | undefined)[] = tasks.map(() => undefined);
  const states = tasks.map(({ state }) => state);
  let waiting = tasks.map((_, place) => place);
  for (let round = 0; waiting.length > 0; round += 1) {
    if (round === MOST_ROUNDS) throw new Error(`a fold still lacks state after ${MOST_ROUNDS} rounds`);
    const asking: { place: number; needs: Extract<FoldResult, { kind: 'needs' }>['needs'] }[] = [];
    for (const place of waiting) {
      const state = states[place];
      const task = tasks[place];
      if (state === undefined || task === undefined) continue;
      const result = fold(catalog, state, task.events, now);
      if (result.kind === 'done') done[place] = result;
      else asking.push({ place, needs: result.needs });
    }
    const read = await readStates(
      on,
      asking.flatMap(({ place, needs }) => {
        const state = states[place];
        return state === undefined ? [] : [{ state, needs }];
      }),
    );
    for (const [index, { place }] of asking.entries()) {
      const state = read[index];
      if (state !== undefined) states[place] = state;
    }
    waiting = asking.map(({ place }) => place);
  }
  return done.flatMap((result) => (result === undefined ? [] : [result]));
}
