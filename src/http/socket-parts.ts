import type { Principal } from '../features/auth/principal.ts';
import type { Rates } from '../features/auth/rates.ts';
import type { Logger } from '../platform/logger.ts';
import type { Caller } from './caller.ts';
import type { GraphQLHandler } from './handler.ts';
import type { OriginRules } from './origins.ts';
import type { SocketAndRequest } from './socket-transport.ts';
import { type CredentialParts, RECHECK_MS } from './watch-credential.ts';

/** What the socket edge stands on. */
export interface SocketParts extends CredentialParts {
  readonly handler: GraphQLHandler;
  readonly origins: OriginRules;
  /** Proxies in front whose X-Forwarded-For is believed. */
  readonly trustedHops: number;
  readonly rates: Pick<Rates, 'take'>;
  readonly logger: Logger;
  readonly figures?: Partial<SocketFigures>;
}

/** The figures of sockets; times in milliseconds. */
export interface SocketFigures {
  /** A client that has not sent connection_init by then is closed with 4408. */
  readonly initWithinMs: number;
  /** From one ping to the next; a client that leaves one unanswered is cut at the next. */
  readonly pingMs: number;
  /** How often the key of an open socket is looked at again; a revoked one closes it with 4401 (also at once, where the message of it arrives). */
  readonly recheckMs: number;
  /** A client that has not answered our close by then is cut. */
  readonly closeWithinMs: number;
  /** Sockets that may be open without having sent connection_init; one more is refused with 503. */
  readonly mostWaiting: number;
  /** Over so long sockets and streams are ended when the server closes, evenly, where they are more than a few. */
  readonly spreadMs: number;
}

/** The defaults. */
export const socketFigures: SocketFigures = {
  initWithinMs: 3_000,
  pingMs: 12_000,
  recheckMs: RECHECK_MS,
  closeWithinMs: 2_000,
  mostWaiting: 5_000,
  spreadMs: 3_200,
};

/** What is known of an open socket. */
export type SocketExtra = SocketAndRequest & {
  caller?: Caller;
  principal?: Principal;
  /** It has sent connection_init. */
  arrive: () => void;
  leave?: () => void;
  /** What it has under way, by id; null: an operation that is no running subscription. */
  operations?: Readonly<Record<string, unknown>>;
} & Record<PropertyKey, unknown>;
