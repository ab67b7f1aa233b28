import type { ExecutionResult } from 'graphql';
import { describe, expect, it } from 'vitest';
import type { WebSocket } from 'ws';
import { createSharedSubscriptions } from '../../src/http/shared-subscriptions.ts';
import { settle } from '../support/eventually.ts';

/** A socket whose buffer the test fills and empties. */
function slowSocket() {
  const sent: string[] = [];
  const callbacks: (() => void)[] = [];
  const socket = {
    OPEN: 1,
    readyState: 1,
    bufferedAmount: 0,
    send: (data: Buffer, _options: object, done: () => void) => {
      sent.push(JSON.parse(data.toString()).payload.data.state);
      callbacks.push(done);
    },
  };
  return { sent, socket, asWebSocket: socket as unknown as WebSocket, flush: () => callbacks.shift()?.() };
}

/** Events that the test gives out one by one. */
function source() {
  const waiting: ((result: IteratorResult<ExecutionResult>) => void)[] = [];
  let isReturned = false;
  return {
    give: async (state: string) => {
      waiting.shift()?.({ done: false, value: { data: { state } } });
      await settle();
    },
    isReturned: () => isReturned,
    open: async () =>
      ({
        [Symbol.asyncIterator]: () => ({
          next: () => new Promise<IteratorResult<ExecutionResult>>((resolve) => waiting.push(resolve)),
          return: async () => {
            isReturned = true;
            return { done: true, value: undefined };
          },
        }),
      }) as AsyncIterable<ExecutionResult>,
  };
}

describe('a slow follower of a shared subscription', () => {
  const join = async () => {
    const events = source();
    const shared = createSharedSubscriptions((result) => result);
    const slow = slowSocket();
    const member = await shared.join('key', events.open, slow.asWebSocket, 'id');
    return { events, shared, slow, member: (member as AsyncIterable<unknown>)[Symbol.asyncIterator]() };
  };

  it('misses states and ends on the newest, never on an older one', async () => {
    const { events, slow } = await join();
    await events.give('one');
    slow.socket.bufferedAmount = 1_000_000;
    await events.give('two');
    expect(slow.sent).toEqual(['one']);
    // There is room again before the first was told to be sent.
    slow.socket.bufferedAmount = 0;
    await events.give('three');
    expect(slow.sent).toEqual(['one', 'three']);
    slow.flush();
    slow.flush();
    expect(slow.sent).toEqual(['one', 'three']);
  });

  it('gets the newest as soon as what it was sent before is through', async () => {
    const { events, slow } = await join();
    await events.give('one');
    slow.socket.bufferedAmount = 1_000_000;
    await events.give('two');
    await events.give('three');
    slow.socket.bufferedAmount = 0;
    slow.flush();
    expect(slow.sent).toEqual(['one', 'three']);
  });

  it('is sent a state also while its socket is full of something else', async () => {
    const { events, slow } = await join();
    slow.socket.bufferedAmount = 1_000_000;
    await events.give('one');
    expect(slow.sent).toEqual(['one']);
  });

  it('lets the source go when it leaves, and hears nothing after', async () => {
    const { events, shared, slow, member } = await join();
    await events.give('one');
    await member.return?.();
    expect([shared.size(), events.isReturned()]).toEqual([0, true]);
    await events.give('two');
    expect(slow.sent).toEqual(['one']);
    expect(await member.next()).toEqual({ done: true, value: undefined });
  });
});
