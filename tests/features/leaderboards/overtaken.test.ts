import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { backends } from '../../support/databases.ts';
import { eventually } from '../../support/eventually.ts';
import { type BoardGround, HOUR, NOW, startBoards } from './ground.ts';

const MESSAGES = `query ($by: UserRef!) { user(by: $by) { notifications(first: 20) { nodes {
  kind title body data leaderboardEntry { rank score } } } } }`;

describe.each(backends())('who is passed on %s', (backend) => {
  let ground: BoardGround;
  beforeAll(async () => {
    ground = await startBoards(backend);
    await ground.create('anna', 'bert', 'cleo');
    // Nobody is told while the ranks are not loaded, and the answer waits for that.
    expect(await ground.board('rivals', 'entryCount')).toEqual({ entryCount: 0 });
    await ground.record('anna', 'drop', { coins: 40 });
    await ground.record('bert', 'drop', { coins: 30 });
    await ground.record('cleo', 'drop', { coins: 20 });
  });
  afterEach(() => ground.laurel.check());
  afterAll(() => ground.close());

  // biome-ignore lint/suspicious/noExplicitAny: what a query answered.
  const messages = async (name: string, locale = 'en'): Promise<any[]> => {
    const { data } = await ground.laurel.query(MESSAGES, { by: { externalId: name } }, { 'accept-language': locale });
    // biome-ignore lint/suspicious/noExplicitAny: see above.
    return data.user.notifications.nodes.filter(({ kind }: any) => kind === 'OVERTAKEN');
  };

  it('is told by whom and where it left them, at once and in the language asked for', async () => {
    const listening = await ground.laurel.subscribe(
      'subscription { notificationReceived(user: { externalId: "bert" }) { notification { kind body } } }',
    );
    await ground.record('cleo', 'drop', { coins: 15 });
    await listening.take(1);
    expect(listening.items[0].data.notificationReceived.notification).toEqual({
      kind: 'OVERTAKEN',
      body: 'cleo passed you: you are on place 3 now',
    });
    const [message] = await messages('bert', 'ru');
    expect(message).toMatchObject({
      title: 'Соперники',
      body: 'cleo обошёл вас: теперь вы на 3-м месте',
      data: { board: 'rivals', by: '', period: '', rank: 3 },
      leaderboardEntry: { rank: 3, score: 30 },
    });
    expect(await messages('anna')).toEqual([]);
    expect(await messages('cleo')).toEqual([]);
  });

  it('is told once an hour of one board, and again later', async () => {
    await ground.record('bert', 'drop', { coins: 6 });
    await eventually('cleo hears of it', async () => (await messages('cleo')).length === 1);
    await ground.record('cleo', 'drop', { coins: 2 });
    ground.now = NOW + HOUR + 1;
    // Whoever would have been told of the one before has been by now: messages are stored in order.
    await ground.record('anna', 'drop', { coins: 1 });
    await ground.record('bert', 'drop', { coins: 2 });
    await eventually('cleo hears of it', async () => (await messages('cleo')).length === 2);
    expect(await messages('bert')).toHaveLength(1);
    ground.now = NOW;
  });

  it('are those right behind, not all behind', async () => {
    const names = Array.from({ length: 15 }, (_, index) => `many-${index}`);
    await ground.create(...names, 'rocket');
    for (const [index, name] of names.entries()) await ground.record(name, 'drop', { coins: 1_000 + index });
    await ground.record('rocket', 'drop', { coins: 5_000 });
    const told = async () => {
      const lists = await Promise.all(
        names.map(async (name) =>
          // biome-ignore lint/suspicious/noExplicitAny: what a query answered.
          (await messages(name)).filter(({ body }: any) => body.startsWith('rocket')),
        ),
      );
      return names.filter((_, index) => (lists[index]?.length ?? 0) > 0);
    };
    await eventually('they hear of it', async () => (await told()).length > 0);
    // Of those, who was passed by the one before a moment ago is not told again.
    expect((await told()).length).toBeLessThanOrEqual(10);
    expect(await told()).toContain('many-14');
    expect(await messages('many-0')).not.toContainEqual(
      expect.objectContaining({ body: expect.stringMatching(/^rocket/) }),
    );
  });
});
