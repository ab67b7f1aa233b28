import { setTimeout as pause } from 'node:timers/promises';
import { Refusal } from '../../graphql/errors.ts';
import { CommitUnknownError, isConnectionLost } from '../../platform/database-errors.ts';
import { tellQuarantines } from '../leaderboards/quarantine.ts';
import { bringUpUsers } from '../rebuild/service.ts';
import { CatalogMovedError, mayRetry } from '../state/live-transaction.ts';
import { announce } from './announce.ts';
import { NewcomersError } from './assign-users.ts';
import { IdempotencyConflictError, TemporarilyUnavailableError } from './errors.ts';
import { oldRepeats } from './old-repeats.ts';
import type { RecordOutcome } from './outcome.ts';
import type { IngestMemory, IngestParts, PlacedEvent, RecordJob } from './parts.ts';
import { BehindError, happened, RepeatsError, recordTransaction, type Written } from './record-transaction.ts';
import { checkEvent } from './validate.ts';

/** Tries of one transaction that the database or a flipped catalog sends back. */
const MOST_TRIES = 6;
/** Repeats of a key whose first was refused want a transaction of their own; a batch with more of them is cut off. */
const MOST_TRANSACTIONS = 10;
/** Failed halves of one batch before the rest is given up: enough to find two poisonous events among 500. */
const MOST_SPLITS = 20;
/** Looks for what became of a lost COMMIT while the server comes back: about 8 s. */
const MOST_LOOKS = 12;
const LONGEST_PAUSE_MS = 1_000;

/**
 * Records what a lane took and answers every job. A batch that the database refuses for good is halved until the event that it
 * refuses stands alone, so that its neighbours are recorded. Never rejects.
 */
export async function recordBatch(parts: IngestParts & IngestMemory, jobs: readonly RecordJob[]): Promise<void> {
  await isolate(parts, jobs, { left: MOST_SPLITS });
}

async function isolate(
  parts: IngestParts & IngestMemory,
  jobs: readonly RecordJob[],
  splits: { left: number },
): Promise<void> {
  const failure = await new Attempt(parts, jobs).run();
  if (failure === null) return;
  const { left, error } = failure;
  if (left.length > 1 && splits.left > 0 && isOfOneEvent(error)) {
    splits.left -= 1;
    const middle = left.length >> 1;
    await isolate(parts, left.slice(0, middle), splits);
    await isolate(parts, left.slice(middle), splits);
    return;
  }
  parts.logger.error({ err: error, operation: 'ingest.record', events: left.length }, 'events were not recorded');
  for (const job of left) job.fail(error);
}

/** Whether fewer events may fare better: not where the server is away, nor where it was tried again in vain. */
function isOfOneEvent(error: unknown): boolean {
  return !isConnectionLost(error) && !mayRetry(error) && !(error instanceof TemporarilyUnavailableError);
}

/** Jobs that got no answer, and why. */
interface Failure {
  readonly left: readonly RecordJob[];
  readonly error: unknown;
}

/** One batch on its way: transactions, each tried again where the database or a flipped catalog asks for it. */
class Attempt {
  readonly #parts: IngestParts & IngestMemory;
  #open: readonly RecordJob[];
  /** What a transaction has written whose COMMIT was not answered. */
  #doubt: Written | null = null;
  /** Users whom these events name first, as the tries before found. */
  #newcomers: readonly string[] = [];
  /** Events that were recorded before are looked for first. */
  #looksFirst: boolean;
  #isCurrent = false;
  #tries = 0;
  #looks = 0;

  constructor(parts: IngestParts & IngestMemory, jobs: readonly RecordJob[]) {
    this.#parts = parts;
    this.#open = jobs;
    this.#looksFirst = parts.repeats.expected();
  }

  async run(): Promise<Failure | null> {
    for (let transactions = 0; this.#open.length > 0; ) {
      if (transactions > MOST_TRANSACTIONS) return { left: this.#open, error: new TemporarilyUnavailableError() };
      try {
        if (await this.#once()) transactions += 1;
      } catch (error) {
        if (!(await this.#mend(error))) return { left: this.#open, error };
      }
    }
    return null;
  }

  /** Answers whom one transaction answers; false when nothing was tried yet. */
  async #once(): Promise<boolean> {
    const { events, refused } = this.#check();
    if (events.length === 0) {
      // Refused by a catalog that may have been replaced since: an answer is given by the live one.
      if (!this.#isCurrent && (await hasMoved(this.#parts))) return false;
      this.#isCurrent = true;
    }
    // Before anything is recorded: what fails here is tried again whole.
    const repeats = await oldRepeats(this.#parts.database, this.#open, refused);
    const outcomes = events.length === 0 ? new Map<number, RecordOutcome>() : await this.#record(events);
    const open = this.#open;
    const answers = new Map([...refused, ...repeats, ...outcomes]);
    this.#open = open.filter((_, place) => !answers.has(place));
    for (const [place, outcome] of answers) open[place]?.settle(outcome);
    announce(this.#parts.bus, [...outcomes.values()]);
    return true;
  }

  /** Checks what has no answer yet against the catalog of this moment. */
  #check(): { events: PlacedEvent[]; refused: Map<number, RecordOutcome> } {
    const live = this.#parts.catalog.live().catalog;
    const events: PlacedEvent[] = [];
    const refused = new Map<number, RecordOutcome>();
    for (const [place, { principal, request, receivedAt, id, isHistory }] of this.#open.entries()) {
      const checked = checkEvent(live, principal, request, { now: receivedAt, isHistory });
      if (checked instanceof Refusal) refused.set(place, checked);
      else events.push({ place, principal, id, isHistory, event: checked });
    }
    return { events, refused };
  }

  async #record(events: readonly PlacedEvent[]): Promise<ReadonlyMap<number, RecordOutcome>> {
    if (this.#doubt !== null && (await happened(this.#parts, this.#doubt))) {
      const { ranks, access } = this.#parts;
      const userIds = [...new Set(this.#doubt.events.map(({ userId }) => userId))];
      // It may have put some of them in quarantine.
      if (ranks !== null && access !== null) await tellQuarantines({ ranks, access }, userIds, true);
      return this.#doubt.outcomes;
    }
    const newest = this.#open.reduce((latest, { receivedAt }) => Math.max(latest, receivedAt), 0);
    let written: Written | null = null;
    try {
      const now = Math.max(this.#parts.clock.now(), newest);
      const outcomes = await recordTransaction(this.#parts, events, {
        now,
        newcomers: this.#newcomers,
        looksFirst: this.#looksFirst,
        onWritten: (all) => {
          written = all;
        },
      });
      this.#parts.repeats.note(outcomes.values().some(isOfRepeat));
      return outcomes;
    } catch (error) {
      if (error instanceof CommitUnknownError) this.#doubt = written;
      if (isConnectionLost(error)) this.#parts.states.clear();
      throw error;
    }
  }

  /** Does what a failed transaction asks for; false when it cannot be tried again. */
  async #mend(error: unknown): Promise<boolean> {
    if (error instanceof CommitUnknownError || (this.#doubt !== null && isConnectionLost(error))) {
      this.#looks += 1;
      await pause(Math.min(LONGEST_PAUSE_MS, 25 * 2 ** this.#looks));
      return this.#looks <= MOST_LOOKS;
    }
    this.#tries += 1;
    if (this.#tries > MOST_TRIES) return false;
    if (error instanceof RepeatsError) {
      this.#looksFirst = true;
      return true;
    }
    if (error instanceof NewcomersError) {
      this.#newcomers = [...this.#newcomers, ...error.externalIds];
      return true;
    }
    if (!(error instanceof BehindError) && !mayRetry(error)) return false;
    try {
      if (error instanceof CatalogMovedError) await this.#parts.catalog.reload();
      else if (error instanceof BehindError) await bringUpUsers(this.#parts, error.userIds);
      else await pause(Math.random() * 5 * 2 ** this.#tries);
      return true;
    } catch (cause) {
      this.#parts.logger.error({ err: cause, operation: 'ingest.mend' }, 'a transaction could not be prepared again');
      return false;
    }
  }
}

function isOfRepeat(outcome: RecordOutcome): boolean {
  return outcome instanceof Error ? outcome instanceof IdempotencyConflictError : outcome.kind === 'replayed';
}

/** Loads what is live; true when that is another version than was held. */
async function hasMoved({ catalog }: IngestParts): Promise<boolean> {
  const held = catalog.live().version;
  return (await catalog.reload()).version !== held;
}
