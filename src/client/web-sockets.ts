/** As much of a WebSocket as the client needs beside graphql-ws. */
interface OpenSocket {
  addEventListener(kind: 'error' | 'close', listener: () => void): void;
  /** Of the ws package: ends it without asking the other side. */
  terminate?(): void;
}

/** The WebSockets that a client opened and that are not gone. */
export interface WebSockets {
  /** To be given to graphql-ws. */
  readonly impl: unknown;
  /** Resolves when none is left. */
  gone(): Promise<void>;
  /** Ends those that can be ended without the other side. */
  cut(): void;
}

/**
 * Watches what a WebSocket class makes: graphql-ws lets go of a socket that it terminates, and one of the ws package that is closed before
 * it is open then throws an error that nobody hears.
 * @throws TypeError when there is no WebSocket class
 */
export function watchWebSockets(given: unknown): WebSockets {
  const impl = given ?? (globalThis as { WebSocket?: unknown }).WebSocket;
  if (typeof impl !== 'function') {
    throw new TypeError('There is no WebSocket here: give the option webSocketImpl (of the ws package, for example)');
  }
  const live = new Set<OpenSocket>();
  const waiters = new Set<() => void>();
  const watch = (socket: OpenSocket): void => {
    live.add(socket);
    socket.addEventListener('error', () => undefined);
    socket.addEventListener('close', () => {
      live.delete(socket);
      if (live.size > 0) return;
      for (const resolve of waiters) resolve();
      waiters.clear();
    });
  };
  return {
    impl: new Proxy(impl, {
      construct(target, args) {
        const socket = Reflect.construct(target, args) as OpenSocket;
        watch(socket);
        return socket;
      },
    }),
    gone: () =>
      new Promise((resolve) => {
        if (live.size === 0) resolve();
        else waiters.add(resolve);
      }),
    cut() {
      for (const socket of live) socket.terminate?.();
    },
  };
}
