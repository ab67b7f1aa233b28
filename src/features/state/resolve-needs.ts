import type { Needs, OwnState, UserState } from '../../engine/state.ts';
import type { Queryable } from '../../platform/database.ts';
import { fillSlices } from './store.ts';

/** One step of the engine for one user: it answers, or says what it must see first. */
export type EngineStep<Done extends { readonly kind: string }> = (
  state: UserState,
) => Done | { readonly kind: 'needs'; readonly needs: Needs };

/** A step with what is known of its user so far; what it asks for is read into the state. */
export interface EngineTask<Done extends { readonly kind: string }> {
  readonly state: OwnState;
  readonly step: EngineStep<Done>;
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
): Promise<Done[]> {
  const answers: Done[] = new Array(tasks.length);
  let waiting = tasks.map((task, place) => ({ place, task }));
  for (let round = 0; waiting.length > 0; round += 1) {
    if (round === MOST_ROUNDS) throw new Error(`the engine still lacks state after ${MOST_ROUNDS} rounds`);
    const asking: { place: number; task: EngineTask<Done>; needs: Needs }[] = [];
    for (const { place, task } of waiting) {
      const result = task.step(task.state);
      if (isNeeds(result)) asking.push({ place, task, needs: result.needs });
      else answers[place] = result;
    }
    await fillSlices(
      on,
      asking.map(({ task }) => task.state),
      asking.map(({ task, needs }) => ({ state: task.state, needs })),
    );
    waiting = asking;
  }
  return answers;
}

function isNeeds(result: { readonly kind: string }): result is { readonly kind: 'needs'; readonly needs: Needs } {
  return result.kind === 'needs';
}
