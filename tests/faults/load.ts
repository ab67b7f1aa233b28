import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'vitest';
import { type EventBooks, type SentEvent, TYPES } from '../support/event-books.ts';
import { type EventResult, sendEvents } from '../support/event-caller.ts';
import { unique } from '../support/laurel.ts';

/** Writers that send events as fast as they are answered. */
export interface Load {
  /** Codes of errors and refusals that came, each once. */
  readonly codes: ReadonlySet<string>;
  /** Answers that said the event was there already. */
  readonly replays: number;
  /** Sends nothing new; resolves when the last writer is done. */
  stop(): Promise<void>;
}

/** How writers behave. */
export interface LoadOptions {
  readonly books: EventBooks;
  readonly below: (limit: number) => number;
  /** Where the nth writer sends. */
  readonly urlOf: (writer: number) => string;
  readonly writers: number;
  /** Whose events; one in twenty is of somebody new, unless `onlyThese`. */
  readonly players: readonly string[];
  readonly onlyThese?: boolean;
  /** Without an answer, or with an error, in this time: sent again with the same key until it is acknowledged; null: the writer ends. */
  readonly againAfterMs: number | null;
  /** Told how long each call took that was answered, milliseconds. */
  readonly answered?: (ms: number) => void;
}

/** Starts writers: seven calls of ten are of one event, the others of two to six, of any players. */
export function startLoad(options: LoadOptions): Load {
  const { books, below, urlOf, writers, players, onlyThese, againAfterMs, answered } = options;
  const codes = new Set<string>();
  let replays = 0;
  let isStopped = false;
  const newEvent = (): SentEvent => {
    const player = !onlyThese && below(20) === 0 ? unique('new') : (players[below(players.length)] ?? '');
    const type = TYPES[below(TYPES.length)] ?? 'login';
    const details = type === 'complete_level' ? { level_id: below(100) } : null;
    return books.add({ player, key: unique('key'), type, details });
  };
  /** Answers the events that want to be sent again. */
  const note = (events: readonly SentEvent[], results: readonly EventResult[]): SentEvent[] =>
    events.filter((event, place) => {
      const { event: recorded, replayed, code } = results[place] ?? {};
      if (code !== undefined || recorded === undefined) {
        codes.add(code ?? 'no answer');
        return true;
      }
      if (replayed) replays += 1;
      books.acknowledge(event, recorded.id);
      return false;
    });
  const write = async (writer: number): Promise<void> => {
    while (!isStopped) {
      let left = Array.from({ length: below(10) < 7 ? 1 : 2 + below(5) }, newEvent);
      while (left.length > 0) {
        const sentAt = performance.now();
        const reply = await sendEvents(urlOf(writer), left, againAfterMs ?? undefined);
        if (reply.kind !== 'silence') answered?.(performance.now() - sentAt);
        if (reply.kind === 'error') codes.add(reply.code);
        if (reply.kind === 'results') left = note(left, reply.results);
        if (left.length > 0 && againAfterMs === null) return;
        if (left.length > 0) await pause(20 + below(80));
      }
    }
  };
  const all = Promise.all(Array.from({ length: writers }, (_, writer) => write(writer)));
  return {
    codes,
    get replays() {
      return replays;
    },
    async stop() {
      isStopped = true;
      await all;
    },
  };
}

/** How many events had to be sent again, and how many of them were there already. */
export interface SentAgain {
  readonly replayed: number;
  readonly recorded: number;
}

/** Events of one call. */
const CALL = 100;

/** Sends events in calls, eight at a time; each answer goes to `note`. Fails on a call that is not answered. */
export async function sendInCalls(
  urlOf: (caller: number) => string,
  events: readonly SentEvent[],
  note: (event: SentEvent, result: EventResult) => void,
): Promise<void> {
  let next = 0;
  const send = async (caller: number): Promise<void> => {
    while (next < events.length) {
      const call = events.slice(next, next + CALL);
      next += call.length;
      const reply = await sendEvents(urlOf(caller), call);
      if (reply.kind !== 'results') throw new Error(JSON.stringify(reply));
      for (const [place, result] of reply.results.entries()) note(call[place] as SentEvent, result);
    }
  };
  await Promise.all(Array.from({ length: 8 }, (_, caller) => send(caller)));
}

/** The items in any order. */
export function shuffled<Item>(items: readonly Item[], random: (limit: number) => number): Item[] {
  const mixed = [...items];
  for (let at = mixed.length - 1; at > 0; at -= 1) {
    const other = random(at + 1);
    [mixed[at], mixed[other]] = [mixed[other] as Item, mixed[at] as Item];
  }
  return mixed;
}

/** Sends everything that was not acknowledged once more, in order and with the same keys. Fails when anything of it is refused. */
export async function sendAgain(url: string, books: EventBooks): Promise<SentAgain> {
  const open = books.open();
  let replayed = 0;
  for (let from = 0; from < open.length; from += CALL) {
    const events = open.slice(from, from + CALL);
    const reply = await sendEvents(url, events);
    if (reply.kind !== 'results') throw new Error(`sent again: ${JSON.stringify(reply)}`);
    for (const [place, result] of reply.results.entries()) {
      expect(result).toMatchObject({ __typename: 'RecordEventSuccess' });
      books.acknowledge(events[place] as SentEvent, result.event?.id ?? '');
      if (result.replayed) replayed += 1;
    }
  }
  expect(books.open()).toEqual([]);
  return { replayed, recorded: open.length - replayed };
}
