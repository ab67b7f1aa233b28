import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../platform/clock.ts';

/**
 * A response that says in X-Response-Time (milliseconds) how long its head was waited for. A class, for an own `writeHead` on each
 * response costs a third of a bare request, most of it garbage that grows old.
 */
export class TimedResponse<Request extends IncomingMessage = IncomingMessage> extends ServerResponse<Request> {
  #clock: Clock | null = null;
  #startedAt = 0;

  startTiming(clock: Clock): void {
    this.#clock = clock;
    this.#startedAt = clock.now();
  }

  override writeHead(status: number, ...rest: unknown[]): this {
    if (this.#clock !== null) this.setHeader('X-Response-Time', `${this.#clock.now() - this.#startedAt}ms`);
    // The rest of a body that is too long is not waited for.
    if (status === 413) this.setHeader('Connection', 'close');
    return super.writeHead(status, ...(rest as []));
  }
}
