import type { Needs, UserState } from '../../engine/state.ts';
import type { Queryable } from '../../platform/database.ts';
import { copyOf, fillSlices, type OwnState } from './store.ts';

/** One step of the engine for one user: it answers, or says what it must see first. */
export type EngineStep<Done extends { readonly kind: string }> = (
  state: UserState,
) => Done | { readonly kind: 'needs'; readonly needs: Needs };

/** A step with what is known of its user so far. */
export interface EngineTask<Done extends { readonly kind: string }> {
  readonly state: UserState;
  readonly step: EngineStep<Done>;
}

/** What a step answered, with the state it answered on. */
export interface EngineAnswer<Done> {
  readonly state: UserState;
  readonly done: Done;
}

/** The engine asks in few rounds; more than this is a fault of the engine, not of the data. */
const MOST_ROUNDS = 12;

/**
 * Runs a step of the engine for many users: it says what it must see, one statement a kind reads that for all users of the round,
 * until every step has answered; in order. The users are locked where the answer will be written.
 */
export async function resolveNeeds<Done extends { readonly kind: string }>(
  on: Queryable,
  tasks: readonly EngineTask<Done>[],
): Promise<EngineAnswer<Done>[]> {
  const answers = new Map<number, EngineAnswer<Done>>();
  let waiting = tasks.map(({ state, step }, place) => ({ place, state: copyOf(state), step }));
  for (let round = 0; waiting.length > 0; round += 1) {
    if (round === MOST_ROUNDS) throw new Error(`the engine still lacks state after ${MOST_ROUNDS} rounds`);
    const asking: { place: number; state: OwnState; step: EngineStep<Done>; needs: Needs }[] = [];
    for (const { place, state, step } of waiting) {
      const result = step(state);
      if (isNeeds(result)) asking.push({ place, state, step, needs: result.needs });
      else answers.set(place, { state, done: result });
    }
    await fillSlices(
      on,
      asking.map(({ state }) => state),
      asking,
    );
    waiting = asking;
  }
  return tasks.flatMap((_, place) => answers.get(place) ?? []);
}

function isNeeds(result: { readonly kind: string }): result is { readonly kind: 'needs'; readonly needs: Needs } {
  return result.kind === 'needs';
}
