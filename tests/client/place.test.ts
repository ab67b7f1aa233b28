import { describe, expect, it } from 'vitest';
import { createFeed } from '../../src/client/feed.ts';
import type { Requests } from '../../src/client/http.ts';
import { createFollower } from '../../src/client/listeners.ts';
import { memoryStorage, readOptions } from '../../src/client/options.ts';
import type { Sink, Socket } from '../../src/client/socket.ts';
import { settle } from '../support/eventually.ts';
import { named } from './ground.ts';

/** A socket whose server is the test: the one subscription that is open. */
function fakeSocket() {
  const open: { variables: () => object; sink: Sink<unknown> }[] = [];
  const socket: Socket = {
    subscribe: (_document, variables, sink) => {
      open.push({ variables, sink: sink as Sink<unknown> });
      return () => undefined;
    },
    hurry: () => undefined,
    close: async () => undefined,
  };
  return { socket, open };
}

const message = (nth: number): object => ({
  notificationReceived: {
    cursor: `cursor ${nth}`,
    replayed: false,
    notification: { id: `notification ${nth}`, kind: `MESSAGE ${nth}`, userAchievement: null },
  },
});

describe('the place in a stream', () => {
  it('moves with every message, so that the socket resumes there, and a repeat is dropped', async () => {
    const storage = memoryStorage();
    storage.set('place', 'cursor 0');
    const { socket, open } = fakeSocket();
    const requests: Requests = { send: () => Promise.reject(new Error('not asked')), close: () => undefined };
    const user = { externalId: 'hero-1' };
    const parts = readOptions({ url: 'http://laurel.example/graphql', user, storage });
    const feed = createFeed(parts, socket, requests, user, 'place');
    const told: string[] = [];
    feed.add(createFollower(parts, (item) => void told.push(named(item))));
    await settle();
    const [subscription] = open;
    expect(subscription?.variables()).toEqual({ user, after: 'cursor 0' });
    for (const nth of [1, 2, 2, 1, 3]) subscription?.sink.next(message(nth));
    expect(subscription?.variables()).toEqual({ user, after: 'cursor 3' });
    await feed.close();
    expect(told).toEqual(['MESSAGE 1', 'MESSAGE 2', 'MESSAGE 3']);
    expect(storage.get('place')).toBe('cursor 3');
  });
});
