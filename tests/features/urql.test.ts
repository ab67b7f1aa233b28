import { Client, fetchExchange, subscriptionExchange } from '@urql/core';
import { createClient, type Sink } from 'graphql-ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { CreateUserDocument, ProfileDocument, RecordEventDocument, ToastsDocument } from '../operations/operations.ts';
import { backends } from '../support/databases.ts';
import { eventually } from '../support/eventually.ts';
import { startLaurel, type TestLaurel, unique } from '../support/laurel.ts';

/** A game as a studio would write it: urql, graphql-ws and the generated operations, nothing of ours. */
describe.each(backends())('a game with urql and typed operations on %s', (backend) => {
  let laurel: TestLaurel;
  beforeAll(async () => {
    laurel = await startLaurel(backend);
  });
  afterAll(async () => {
    await laurel.check();
    await laurel.close();
  });

  it('signs a player up, hears a toast, records an event and shows the profile', async () => {
    const socket = createClient({ url: `${laurel.url.replace('http', 'ws')}/graphql`, webSocketImpl: WebSocket });
    const client = new Client({
      url: `${laurel.url}/graphql`,
      preferGetMethod: false,
      fetchOptions: { headers: { connection: 'close' } },
      exchanges: [
        subscriptionExchange({
          forwardSubscription: ({ query = '', variables }) => ({
            subscribe: (sink) => ({
              unsubscribe: socket.subscribe({ query, variables: variables as Record<string, unknown> }, sink as Sink),
            }),
          }),
        }),
        fetchExchange,
      ],
    });
    const username = unique();
    const created = await client.mutation(CreateUserDocument, { input: { username } });
    expect(created.data?.createUser).toEqual({
      __typename: 'CreateUserSuccess',
      user: { id: expect.stringMatching(/^user_/), username },
    });
    const toasts: { readonly key: string; readonly score: number; readonly message: string }[] = [];
    const listening = client.subscription(ToastsDocument, { user: { username } }).subscribe(({ data }) => {
      if (data) {
        const { achievement, user, message } = data.achievementUnlocked;
        toasts.push({ key: achievement.key, score: user.score, message });
      }
    });
    await eventually('the subscription is taken', () => laurel.app.held().listeners === 1);
    const recorded = await client.mutation(RecordEventDocument, { input: { user: { username }, type: 'login' } });
    expect(recorded.data?.recordEvent).toMatchObject({
      replayed: false,
      pointsAwarded: 5,
      user: { score: 5, totalPoints: 10 },
    });
    await eventually('the toast came', () => toasts.length === 1);
    expect(toasts).toEqual([{ key: 'newcomer', score: 5, message: 'Congratulations! You unlocked: Newcomer' }]);
    const profile = await client.query(ProfileDocument, { by: { username } });
    expect(
      profile.data?.user?.achievements.nodes
        .filter(({ unlocked }) => unlocked)
        .map(({ achievement }) => achievement.key),
    ).toEqual(['newcomer']);
    expect(profile.data?.user?.notifications?.unseenCount).toBe(1);
    listening.unsubscribe();
    await socket.dispose();
  });
});
