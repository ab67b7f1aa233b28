import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { backends } from '../../support/databases.ts';
import { startLaurel, type TestLaurel, unique } from '../../support/laurel.ts';

const SOURCE = `
laurel: 1
name: Levels
locales: [en, ru]
eventTypes: { win: { points: 10 }, feast: { points: 40 } }
levels:
  thresholds: [0, 10, 20, 30, 40]
  titles: { 1: { en: Rookie, ru: Новичок }, 3: { en: Driver, ru: Водитель } }
  rewards: { 2: { data: { car: gt } }, 3: { data: [1, { deep: null }] } }
`;

describe.each(backends())('a level up on %s', (backend) => {
  let laurel: TestLaurel;
  beforeAll(async () => {
    laurel = await startLaurel(backend);
    const { data } = await laurel.query(
      'mutation ($input: ApplyCatalogInput!) { applyCatalog(input: $input) { __typename } }',
      { input: { source: SOURCE } },
    );
    expect(data.applyCatalog.__typename).toBe('ApplyCatalogSuccess');
  });
  afterEach(() => laurel.check());
  afterAll(() => laurel.close());

  const record = async (externalId: string, type: string) =>
    (
      await laurel.query(
        `mutation ($input: RecordEventInput!) { recordEvent(input: $input) {
           ... on RecordEventSuccess { levelUp { from to title data } } } }`,
        { input: { user: { externalId }, type } },
      )
    ).data.recordEvent.levelUp;

  it('hands the game what the catalog gives with the level, untouched, or with the highest rewarded one it passed', async () => {
    const externalId = unique();
    expect(await record(externalId, 'win')).toEqual({ from: 1, to: 2, title: 'Rookie', data: { car: 'gt' } });
    expect(await record(externalId, 'win')).toEqual({ from: 2, to: 3, title: 'Driver', data: [1, { deep: null }] });
    expect(await record(externalId, 'win')).toEqual({ from: 3, to: 4, title: 'Driver', data: null });
    expect(await record(unique(), 'feast')).toEqual({ from: 1, to: 5, title: 'Driver', data: [1, { deep: null }] });
  });

  it.each([
    ["in the user's own language", {}, 'Водитель'],
    ['in the one that the caller asked for first', { locale: 'en' }, 'Driver'],
  ])('tells its title to those who listen %s', async (_how, parameters, title) => {
    const externalId = unique();
    await laurel.query('mutation ($input: UpsertUserInput!) { upsertUser(input: $input) { __typename } }', {
      input: { user: { externalId }, locale: 'ru' },
    });
    const progress = await laurel.subscribe(
      'subscription ($user: UserRef!) { userProgressed(user: $user) { levelUp { to title } } }',
      { user: { externalId } },
      parameters,
    );
    await record(externalId, 'feast');
    const [first] = await progress.take(1);
    expect(first.data.userProgressed.levelUp).toEqual({ to: 5, title });
  });
});
