import type { ExecutionResult } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { Principal } from '../features/auth/principal.ts';
import type { Context } from '../graphql/context.ts';
import { ApiError, unauthenticated } from '../graphql/errors.ts';
import type { Caller, ServerContext } from './caller.ts';
import { createSocketCount, MOST_SOCKETS } from './socket-limits.ts';
import { type CredentialEnd, type CredentialWatches, RECHECK_MS, watchCredential } from './watch-credential.ts';

type Events = AsyncIterable<ExecutionResult, undefined>;

/**
 * An event stream lives no longer than its credential, and is one of at most as many of its player as there are sockets. Sockets see to
 * both themselves.
 */
export function useStreamLimits(
  contextFor: (caller: Caller) => Promise<Context>,
  watches: CredentialWatches,
): Plugin<object, ServerContext> {
  const counts = createSocketCount();
  const limited = (
    events: Events,
    { principal, services, caller }: Context & ServerContext,
  ): Events | ExecutionResult => {
    const uncount = enter(principal);
    if (uncount === null) {
      void events[Symbol.asyncIterator]().return?.();
      return { errors: [tooMany()] };
    }
    const stream = new EndingStream(events[Symbol.asyncIterator](), () => {
      uncount();
      unwatch();
    });
    const { clock } = services;
    const authenticate = async () => (await contextFor(caller)).principal;
    const unwatch = watchCredential(
      { clock, authenticate, ...watches },
      { authorization: caller.authorization, principal, recheckMs: RECHECK_MS },
      (end) => {
        // What it follows is its own: it sees what has changed.
        if (end === 'quarantined') return;
        if (end === 'expired') stream.end(unauthenticated('This token has expired'));
        // Why, says who looks at it.
        else
          void authenticate()
            .then(() => changed(end), refusalOf)
            .then((error) => error && stream.end(error));
      },
    );
    return stream;
  };
  const enter = (principal: Principal) =>
    principal.kind === 'player' ? counts.enter(principal.userId) : () => undefined;
  return {
    onSubscribe({ args }) {
      const context = args.contextValue as unknown as Context & ServerContext;
      if (context.overSocket === true) return;
      return {
        onSubscribeResult({ result, setResult }) {
          if (Symbol.asyncIterator in result) setResult(limited(result as Events, context) as never);
        },
      };
    },
  };
}

/** Who comes back comes as somebody else; a key that was looked at again may be good after all. */
function changed(end: CredentialEnd): ApiError | null {
  return end === 'roleChanged' ? unauthenticated('Your role has changed: come back') : null;
}

function refusalOf(error: unknown): ApiError {
  return error instanceof ApiError ? error : unauthenticated();
}

function tooMany(): ApiError {
  const message = `A player has at most ${MOST_SOCKETS} event streams open`;
  return new ApiError('RATE_LIMITED', message, { retryAfterMs: 1_000, limit: MOST_SOCKETS });
}

const DONE = { done: true, value: undefined } as const;

/** Events that may be ended from outside, with an error as the last of them. `over` is called once, however they end. */
class EndingStream implements AsyncIterableIterator<ExecutionResult, undefined> {
  readonly #source: AsyncIterator<ExecutionResult, undefined>;
  readonly #over: () => void;
  #pending: ((result: IteratorResult<ExecutionResult, undefined>) => void) | null = null;
  #last: ExecutionResult | null = null;
  #isOver = false;

  constructor(source: AsyncIterator<ExecutionResult, undefined>, over: () => void) {
    this.#source = source;
    this.#over = over;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  end(error: ApiError): void {
    if (this.#isOver) return;
    this.#last = { errors: [error] };
    this.#finish();
  }

  next(): Promise<IteratorResult<ExecutionResult, undefined>> {
    if (this.#isOver) return Promise.resolve(this.#takeLast());
    return new Promise((resolve, reject) => {
      this.#pending = resolve;
      this.#source.next().then(
        (result) => {
          if (this.#pending !== resolve) return;
          this.#pending = null;
          if (result.done) this.#finish();
          resolve(result);
        },
        (error: unknown) => {
          this.#pending = null;
          this.#finish();
          reject(error);
        },
      );
    });
  }

  return(): Promise<IteratorResult<ExecutionResult, undefined>> {
    this.#last = null;
    this.#finish();
    return Promise.resolve(DONE);
  }

  #finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#over();
    void this.#source.return?.();
    const pending = this.#pending;
    this.#pending = null;
    pending?.(this.#takeLast());
  }

  #takeLast(): IteratorResult<ExecutionResult, undefined> {
    const last = this.#last;
    this.#last = null;
    return last === null ? DONE : { done: false, value: last };
  }
}
