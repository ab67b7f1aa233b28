import { ApiError, Refusal } from '../../graphql/errors.ts';
import type { Principal } from '../auth/principal.ts';
import { RememberedStates } from '../state/remembered.ts';
import { refKey } from '../users/user-ref.ts';
import { TemporarilyUnavailableError } from './errors.ts';
import { createLanes } from './lanes.ts';
import type { RecordOutcome } from './outcome.ts';
import type { IngestParts, RecordJob } from './parts.ts';
import { recordBatch } from './record-batch.ts';
import { RepeatGuess } from './repeat-guess.ts';
import { checkKeys, type RecordRequest } from './validate.ts';

export type { RecordRequest } from './validate.ts';

/** Use cases of events. */
export interface IngestService {
  /**
   * Records events: each answer stands at the place of its request. An answer comes after the commit of the event with all its
   * effects. One user's events are taken in list order. Concurrent calls share transactions, and a call may span several: once
   * any of it has committed, what could not be done is a TemporarilyUnavailableError. Throws BAD_USER_INPUT for a malformed key
   * and RATE_LIMITED when too much waits already, both with nothing recorded. With `isHistory` the events are of a log that moves
   * in: they may be of any age, and players are told nothing.
   */
  record(
    principal: Principal,
    requests: readonly RecordRequest[],
    options?: { readonly isHistory: boolean },
  ): Promise<RecordOutcome[]>;
}

/** Most events of one transaction. */
const BATCH = 500;
/** Lanes on a PostgreSQL server, each with a connection while it works. The embedded database has one connection. */
const LANES = 3;
/** Most events of a process that may wait; at most 1 KiB of details each. */
const MOST_WAITING = 20_000;
const LEAST_RETRY_MS = 100;

/** Makes the use cases of events. */
export function createIngestService(parts: IngestParts): IngestService {
  const count = parts.database.kind === 'embedded' ? 1 : LANES;
  const all = { ...parts, states: new RememberedStates(), repeats: new RepeatGuess() };
  const lanes = createLanes<RecordJob>({ count, size: BATCH, run: (jobs) => recordBatch(all, jobs) });
  return {
    async record(principal, requests, { isHistory } = { isHistory: false }) {
      checkKeys(requests);
      if (requests.length === 0) return [];
      if (lanes.waiting() + requests.length > MOST_WAITING) {
        throw new ApiError('RATE_LIMITED', 'Too many events wait to be recorded; send them again later', {
          retryAfterMs: Math.max(LEAST_RETRY_MS, lanes.backlogMs()),
          limit: MOST_WAITING,
        });
      }
      const laneOf = laneChooser(requests);
      const receivedAt = parts.clock.now();
      return new Promise((resolve, reject) => {
        const call = new Call(requests.length, resolve, reject);
        for (const [place, request] of requests.entries()) {
          const answer = call.answerAt(place);
          lanes.add(laneOf(request), { principal, request, receivedAt, isHistory, id: parts.ids.next(), ...answer });
        }
      });
    },
  };
}

/** Gathers the answers of one call. */
class Call {
  readonly #outcomes: (RecordOutcome | null)[];
  readonly #resolve: (outcomes: RecordOutcome[]) => void;
  readonly #reject: (error: unknown) => void;
  #left: number;
  #error: unknown;

  constructor(size: number, resolve: (outcomes: RecordOutcome[]) => void, reject: (error: unknown) => void) {
    this.#outcomes = new Array<RecordOutcome | null>(size).fill(null);
    this.#left = size;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  answerAt(place: number): Pick<RecordJob, 'settle' | 'fail'> {
    return {
      settle: (outcome) => {
        this.#outcomes[place] = outcome;
        this.#arrive();
      },
      fail: (error) => {
        this.#error ??= error;
        this.#arrive();
      },
    };
  }

  #arrive(): void {
    this.#left -= 1;
    if (this.#left > 0) return;
    const committed = this.#outcomes.some((outcome) => outcome !== null && !(outcome instanceof Refusal));
    if (this.#error !== undefined && !committed) this.#reject(this.#error);
    else this.#resolve(this.#outcomes.map((outcome) => outcome ?? new TemporarilyUnavailableError()));
  }
}

/**
 * A user is always on the same lane, so that its events stay in order and lanes seldom wait for each other's locks. A call that names
 * users in several ways may name one user twice: it stays on one lane whole.
 */
function laneChooser(requests: readonly RecordRequest[]): (request: RecordRequest) => number {
  const [first] = requests;
  if (first === undefined || requests.every(({ user }) => user.by === first.user.by)) {
    return ({ user }) => laneHash(refKey(user));
  }
  const lane = laneHash(refKey(first.user));
  return () => lane;
}

/** Spreads keys over lanes; nothing more hangs on it. */
function laneHash(key: string): number {
  let hash = 0;
  for (let index = 0; index < key.length; index += 1) hash = (Math.imul(hash, 31) + key.charCodeAt(index)) >>> 0;
  return hash;
}
