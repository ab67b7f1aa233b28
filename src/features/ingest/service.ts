import { Refusal } from '../../graphql/errors.ts';
import type { ProgressWakeUp } from '../../realtime/topics.ts';
import type { Principal } from '../auth/principal.ts';
import { bringUpUsers } from '../rebuild/service.ts';
import { CatalogMovedError, mayRetry } from '../state/live-transaction.ts';
import { TemporarilyUnavailableError } from './errors.ts';
import type { Recorded, RecordOutcome } from './outcome.ts';
import type { IngestParts, PlacedEvent } from './parts.ts';
import { BehindError, recordTransaction } from './record-transaction.ts';
import { checkEvent, checkKeys, type RecordRequest } from './validate.ts';

/** Use cases of events. */
export interface IngestService {
  /**
   * Records events: each answer stands at the place of its request. An answer comes after the commit of the event with all its
   * effects. One user's events are taken in list order. A batch may span several transactions; what could not be done is a
   * TemporarilyUnavailableError, safe to send again. Throws BAD_USER_INPUT, with nothing recorded, for a malformed key.
   */
  record(principal: Principal, requests: readonly RecordRequest[]): Promise<RecordOutcome[]>;
}

/** Most events of one transaction. */
const CHUNK = 500;
const MOST_TRIES = 5;
/** Repeats of a key whose first was refused want a transaction of their own; a call with more of them is cut off. */
const MOST_TRANSACTIONS = 10;

/** Makes the use cases of events. */
export function createIngestService(parts: IngestParts): IngestService {
  return {
    async record(principal, requests) {
      checkKeys(requests);
      const outcomes: RecordOutcome[] = [];
      for (let from = 0; from < requests.length; from += CHUNK) {
        const chunk = requests.slice(from, from + CHUNK);
        const committed = outcomes.some((outcome) => !(outcome instanceof Refusal));
        outcomes.push(...(await recordChunk(parts, principal, chunk, committed)));
      }
      return outcomes;
    },
  };
}

/** One transaction, tried again where the database or a flipped catalog asks for it; what is committed is never tried again. */
async function recordChunk(
  parts: IngestParts,
  principal: Principal,
  requests: readonly RecordRequest[],
  committedBefore: boolean,
): Promise<RecordOutcome[]> {
  const receivedAt = parts.clock.now();
  const outcomes = new Map<number, RecordOutcome>();
  let committed = committedBefore;
  let isCurrent = false;
  for (let tries = 0; outcomes.size < requests.length; tries += 1) {
    const { events, refused } = checkRest(parts, principal, requests, receivedAt, outcomes);
    try {
      if (events.length === 0) {
        // Refused by a catalog that may have been replaced since: an answer is given by the live one.
        if (!isCurrent && (await hasMoved(parts))) continue;
        isCurrent = true;
      }
      const answered = events.length === 0 ? refused : await recordTransaction(parts, principal, events, receivedAt);
      committed ||= events.length > 0;
      for (const [place, outcome] of [...refused, ...answered]) outcomes.set(place, outcome);
      publish(parts, [...answered.values()]);
    } catch (error) {
      if (tries < MOST_TRIES && (await mended(parts, error))) continue;
      parts.logger.error(
        { err: error, operation: 'ingest.record', events: requests.length },
        'events were not recorded',
      );
      if (!committed) throw error;
      break;
    }
    if (tries > MOST_TRANSACTIONS) break;
  }
  return requests.map((_, place) => outcomes.get(place) ?? new TemporarilyUnavailableError());
}

/** Checks what has no answer yet against the catalog of this moment. */
function checkRest(
  { catalog }: IngestParts,
  principal: Principal,
  requests: readonly RecordRequest[],
  receivedAt: number,
  outcomes: ReadonlyMap<number, RecordOutcome>,
): { events: PlacedEvent[]; refused: Map<number, RecordOutcome> } {
  const live = catalog.live().catalog;
  const events: PlacedEvent[] = [];
  const refused = new Map<number, RecordOutcome>();
  for (const [place, request] of requests.entries()) {
    if (outcomes.has(place)) continue;
    const checked = checkEvent(live, principal, request, receivedAt);
    if (checked instanceof Refusal) refused.set(place, checked);
    else events.push({ place, event: checked });
  }
  return { events, refused };
}

/** Loads what is live; true when that is another version than was held. */
async function hasMoved({ catalog }: IngestParts): Promise<boolean> {
  const held = catalog.live().version;
  return (await catalog.reload()).version !== held;
}

/** Does what a failed transaction asks for; false when it cannot be tried again. */
async function mended(parts: IngestParts, error: unknown): Promise<boolean> {
  if (!(error instanceof BehindError) && !mayRetry(error)) return false;
  try {
    if (error instanceof CatalogMovedError) await parts.catalog.reload();
    if (error instanceof BehindError) await bringUpUsers(parts, error.userIds);
    return true;
  } catch (cause) {
    parts.logger.error({ err: cause, operation: 'ingest.mend' }, 'a transaction could not be prepared again');
    return false;
  }
}

/** Wakes those who listen. Ids only; what is lost here is found by cursor. */
function publish({ bus }: IngestParts, outcomes: readonly RecordOutcome[]): void {
  const recorded = outcomes.filter(
    (outcome): outcome is Recorded => !(outcome instanceof Refusal) && outcome.kind === 'recorded',
  );
  if (recorded.length === 0) return;
  for (const [userId, own] of Map.groupBy(recorded, (outcome) => outcome.userId)) {
    const seq = Math.max(...own.map(({ lastSeq }) => lastSeq));
    if (own.some(({ unlocked, levelUp }) => unlocked.length > 0 || levelUp !== null))
      bus.publish('notification', userId, { seq });
    const changes: ProgressWakeUp[] = own.flatMap(({ progressed }) => [...progressed]);
    if (changes.length > 0) bus.publish('achievementProgress', userId, { changes });
    const ups = own.flatMap(({ levelUp }) => levelUp ?? []);
    const levelUp =
      ups.length === 0
        ? null
        : { from: Math.min(...ups.map(({ from }) => from)), to: Math.max(...ups.map(({ to }) => to)) };
    bus.publish('progress', userId, { levelUp });
  }
  bus.publish('event', 'all', {
    events: recorded.map(({ userId, event }) => ({ userId, id: event.id, type: event.type })),
  });
}
