import { LaurelError, stopping } from './errors.ts';
import type { TypedDocument } from './http.ts';
import type { Parts } from './options.ts';
import type { Socket } from './socket.ts';
import { createWaiting, waitMsAfter } from './waiting.ts';

/** A subscription that is to live until it is stopped. */
export interface Wanted<R, V extends object> {
  readonly document: TypedDocument<R, V>;
  /** Asked at each attempt. */
  readonly variables: () => V;
  /** Must not throw. */
  readonly next: (data: R) => void;
  /** Tries to mend what ended it. */
  readonly mend?: (error: LaurelError) => Promise<Mending>;
}

/** A subscription that is kept alive. */
export interface Kept {
  /** Subscribes again at once instead of waiting. */
  hurry(): void;
  stop(): void;
}

/** `mended`: subscribe again at once; `hopeless`: it was told and is over; `unknown`: do what is done with any error. */
export type Mending = 'mended' | 'hopeless' | 'unknown';

/** Codes that come again however often one asks. */
export const FINAL_ERRORS: readonly string[] = ['BAD_USER_INPUT', 'FORBIDDEN'];

/**
 * Keeps a subscription alive: lost connections are the socket's to mend; what the server ended is subscribed again after a wait, except for
 * what it would refuse again, which is told with `stops`.
 */
export function keepSubscribed<R, V extends object>(parts: Parts, socket: Socket, wanted: Wanted<R, V>): Kept {
  const waiting = createWaiting(parts);
  let isStopped = false;
  let failures = 0;
  let unsubscribe = (): void => undefined;
  const open = (): void => {
    if (isStopped) return;
    unsubscribe = socket.subscribe(wanted.document, wanted.variables, {
      next: (data) => {
        failures = 0;
        wanted.next(data);
      },
      ended: (error) => void goOn(error ?? new LaurelError('SOCKET_CLOSED', 'The server ended the subscription')),
    });
  };
  const goOn = async (error: LaurelError): Promise<void> => {
    const mending = (await wanted.mend?.(error)) ?? 'unknown';
    if (mending === 'mended') return open();
    if (isStopped || mending === 'hopeless' || error.stops) return;
    if (FINAL_ERRORS.includes(error.code)) return parts.tell(stopping(error));
    parts.tell(error);
    failures += 1;
    await waiting.wait(waitMsAfter(error, failures - 1, parts.random));
    open();
  };
  open();
  return {
    hurry: () => waiting.wake(),
    stop() {
      isStopped = true;
      unsubscribe();
      waiting.close();
    },
  };
}
