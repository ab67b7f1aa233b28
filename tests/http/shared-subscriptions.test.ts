import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { listen, startLaurel, type TestLaurel } from '../support/laurel.ts';

const TOP = `subscription ($first: Int!) { leaderboardUpdated(key: "score", first: $first) {
  entries { rank previousRank score user { displayName level } } } }`;
const PRIVATE = TOP.replace('displayName', 'displayName email');
const RECORD = 'mutation ($input: RecordEventInput!) { recordEvent(input: $input) { __typename } }';

describe('followers of one board', () => {
  let laurel: TestLaurel;
  beforeAll(async () => {
    laurel = await startLaurel('embedded');
    await laurel.query(RECORD, { input: { user: { externalId: 'anna' }, type: 'find_secret' } });
  });
  const stops: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop();
    await laurel.check();
  });
  afterAll(() => laurel.close());

  const followed = () => laurel.app.services.boardHub.size();
  const login = (externalId: string, type = 'login') => laurel.query(RECORD, { input: { user: { externalId }, type } });
  const follow = (query: string, variables: object) => laurel.subscribe(query, variables);

  it('who ask for the same share one execution, and each gets every state under its own id', async () => {
    const page = vi.spyOn(laurel.app.services.leaderboards, 'page');
    const first = await follow(TOP, { first: 2 });
    await first.take(1);
    const others = await Promise.all(Array.from({ length: 4 }, () => joined(TOP, { first: 2 })));
    expect(followed()).toBe(1);
    const before = page.mock.calls.length;
    await login('bert');
    for (const listening of [first, ...others]) {
      await listening.take(2);
      expect(listening.items.at(-1)).toEqual(first.items.at(-1));
    }
    expect(first.items.at(-1).data.leaderboardUpdated.entries).toMatchObject([
      { rank: 1, score: 50 },
      { rank: 2, score: 5 },
    ]);
    expect(page.mock.calls.length).toBe(before + 1);
    page.mockRestore();
    await first.stop();
    await login('bert', 'find_secret');
    await others[0]?.take(3);
    expect(first.items).toHaveLength(2);
    for (const listening of others) await listening.stop();
    await eventually('nobody follows', () => followed() === 0);
  });

  it('who ask for something else do not: other variables, another language, private fields', async () => {
    await joined(TOP, { first: 2 });
    await joined(TOP, { first: 3 });
    await joined(TOP, { first: 2 }, { locale: 'ru' });
    await joined(PRIVATE, { first: 2 });
    await eventually('each has its own', () => followed() === 4);
    await joined(PRIVATE, { first: 2 });
    await eventually('private fields are never shared', () => followed() === 5);
  });

  it('who join later are shown the state of that moment, also of what moves no rank', async () => {
    const first = await follow(TOP, { first: 1 });
    await first.take(1);
    await laurel.query('mutation ($input: UpsertUserInput!) { upsertUser(input: $input) { __typename } }', {
      input: { user: { externalId: 'bert' }, displayName: 'Bert the Great' },
    });
    const names = async () => {
      const later = await joined(TOP, { first: 1 });
      await later.stop();
      return later.items[0].data.leaderboardUpdated.entries[0].user.displayName;
    };
    await eventually('a joiner sees the new name', async () => (await names()) === 'Bert the Great');
    expect(followed()).toBe(1);
  });

  it('are refused each with the reason', async () => {
    for (let time = 0; time < 2; time += 1) {
      const listening = await follow(TOP.replace('"score"', '"no_board"'), { first: 2 });
      await listening.ended;
      expect(listening.items).toMatchObject([{ errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] }]);
    }
    expect(followed()).toBe(0);
  });

  /** Who joins a subscription that runs gets its latest state at once. */
  async function joined(query: string, variables: object, parameters: Record<string, unknown> = {}) {
    const listening = await listen(laurel.url, query, variables, parameters);
    stops.push(listening.stop);
    await listening.take(1);
    return listening;
  }
});
