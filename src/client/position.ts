import { asLaurelError, LaurelError, stopping } from './errors.ts';
import type { Requests } from './http.ts';
import { LaurelPositionDocument, type LaurelPositionQuery, type UserRef } from './operations.ts';
import type { Parts } from './options.ts';
import { FINAL_ERRORS } from './subscription.ts';
import { type Waiting, waitMsAfter } from './waiting.ts';

/** Most messages that are told of a player who came to be after the feed was opened. */
const MOST_FIRST = 100;

/** Whose position is asked for, with what, and for how long it is worth it. */
export interface Asking {
  readonly parts: Parts;
  readonly requests: Requests;
  readonly waiting: Waiting;
  readonly user: UserRef;
  readonly isAlive: () => boolean;
}

/**
 * Asks for the player's newest message until there is an answer; null when there will be none, which is told. For a player whom the server did
 * not know at first also the messages that it has by now.
 */
export async function fetchPosition({ parts, requests, waiting, user, isAlive }: Asking): Promise<Found | null> {
  let wasAbsent = false;
  for (let failures = 0; isAlive(); failures += 1) {
    let error = ABSENT;
    try {
      const variables = { user, first: wasAbsent ? MOST_FIRST : 0 };
      const { user: position } = await requests.send(LaurelPositionDocument, variables);
      if (position !== null) return { position, wasAbsent };
      wasAbsent = true;
    } catch (thrown) {
      if (!isAlive()) return null;
      error = asLaurelError(thrown, 'NETWORK');
      const isFinal = FINAL_ERRORS.includes(error.code);
      parts.tell(isFinal ? stopping(error) : error);
      if (isFinal) return null;
    }
    if (isAlive()) await waiting.wait(waitMsAfter(error, failures, parts.random));
  }
  return null;
}

/** Where a player's messages stand. */
export interface Found {
  readonly position: Position;
  /** The server did not know the player when it was asked first. */
  readonly wasAbsent: boolean;
}

type Position = NonNullable<LaurelPositionQuery['user']>;

/** The player is created by the first event, so it is worth asking again. */
const ABSENT = new LaurelError('NOT_READY', 'The server does not know this user yet');
