import type { PlannedEvent } from './events.ts';

/** Users of the board; `player-<number>` starts with the score of his number. */
export const BOARD_USERS = 10_000;
/** Those who move: the last so many, in turn, each by so many points, past all others. */
const MOVERS = 50;
const MOVE = 50;
const FIRST_MOVER = BOARD_USERS - MOVERS;

/** What every client follows: the same document and variables. */
export const SUBSCRIPTION = {
  query:
    'subscription ($key: String!, $first: Int!) { leaderboardUpdated(key: $key, first: $first) ' +
    '{ entries { rank score user { displayName } } } }',
  variables: { key: 'score', first: 10 },
};

/** An entry of the board as it is sent. */
export interface MovingEntry {
  readonly rank: number;
  readonly score: number;
  readonly user: { readonly displayName: string };
}

/** The event of an update, from 0 on: the mover who is 50th becomes the first. */
export function moverOf(update: number, run: string): PlannedEvent {
  return { user: moverAt(update), type: 'find_secret', idempotencyKey: `${run}-${update}` };
}

/** The best ten after an update; -1: before the first. */
export function entriesAfter(update: number): MovingEntry[] {
  return Array.from({ length: SUBSCRIPTION.variables.first }, (_, place) => ({
    rank: place + 1,
    score: topScoreAfter(update - place),
    user: { displayName: `Player ${moverAt(update - place)}` },
  }));
}

/** What tells the frame of an update from all others, within its first bytes. */
export function markerOf(update: number): string {
  return `"score":${topScoreAfter(update)},`;
}

/** The message of an update, as graphql-transport-ws has it. */
export function messageOf(update: number): string {
  const payload = { data: { leaderboardUpdated: { entries: entriesAfter(update) } } };
  return JSON.stringify({ id: '1', type: 'next', payload });
}

/** Each update passes the one before by 1. */
function topScoreAfter(update: number): number {
  return FIRST_MOVER + update + MOVE;
}

function moverAt(update: number): number {
  return FIRST_MOVER + (((update % MOVERS) + MOVERS) % MOVERS);
}
