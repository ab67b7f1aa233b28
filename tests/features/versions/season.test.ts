import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { backends } from '../../support/databases.ts';
import { eventually } from '../../support/eventually.ts';
import { startLaurel, type TestLaurel } from '../../support/laurel.ts';

const PLAN = `mutation ($input: PlanCatalogInput!) { planCatalog(input: $input) { ... on PlanCatalogSuccess {
  metricsToFill points achievements { key unlocks holdersWhoWouldNot } } ... on Error { code message } } }`;
const APPLY = `mutation ($input: ApplyCatalogInput!) { applyCatalog(input: $input) { __typename } }`;
const SEEN = `{ user(by: { externalId: "racer" }) { achievementPoints achievements(status: UNLOCKED) { nodes { achievement { key } unlockedAt } }
  metrics(keys: ["wins", "tracks"], period: "s1") { key value } } }`;

const DAY_MS = 86_400_000;
const at = (days: number): string => new Date(START + days * DAY_MS).toISOString();
const START = Math.floor(Date.now() / 1_000) * 1_000;

/** Two metrics that are kept by season, one by a board; a third that a rule restricts to it. */
const game = (startsAt: number, endsAt: number): string => `
laurel: 1
name: Seasons
eventTypes: { win: { points: 1, details: { track: string } } }
metrics: { wins: { count: win }, tracks: { distinct: details.track, of: win, per: season } }
seasons: { s1: { startsAt: ${at(startsAt)}, endsAt: ${at(endsAt)} } }
achievements:
  winter: { points: 20, season: s1, when: { count: win, atLeast: 3 } }
leaderboards: { best: { metric: wins, per: season } }
`;

describe.each(backends())('a season that is moved on %s', (backend) => {
  let laurel: TestLaurel;
  beforeAll(async () => {
    laurel = await startLaurel(backend);
  });
  afterEach(() => laurel.check());
  afterAll(() => laurel.close());

  const apply = async (source: string) => {
    const { data } = await laurel.query(APPLY, { input: { source } });
    expect(data.applyCatalog.__typename).toBe('ApplyCatalogSuccess');
    await eventually('everybody is brought up', async () => {
      const [row] = await laurel.database.query<{ behind: number }>({
        text: 'select count(*) as behind from users where catalog_version < (select live_version from installation)',
        values: [],
      });
      return row?.behind === 0;
    });
  };
  const plan = async (source: string) => (await laurel.query(PLAN, { input: { source } })).data.planCatalog;
  const seen = async () => {
    const { user } = (await laurel.query(SEEN)).data;
    const values = user.metrics.map(({ key, value }: { key: string; value: number }) => `${key} ${value}`);
    const held = user.achievements.nodes.map(
      ({ achievement, unlockedAt }: { achievement: { key: string }; unlockedAt: string }) =>
        `${achievement.key} ${unlockedAt}`,
    );
    return [values.sort(), held, user.achievementPoints];
  };

  it('has all that it cuts filled anew: values, members, rules and what they gave', async () => {
    await apply(game(-2, 30));
    const won = (track: string, days: number) => ({
      ...{ user: { externalId: 'racer' }, type: 'win', details: { track }, occurredAt: at(days) },
    });
    await laurel.query('mutation ($input: RecordEventsInput!) { recordEvents(input: $input) { recorded } }', {
      input: { events: [won('north', -5), won('south', -4), won('north', -1)] },
    });
    expect(await seen()).toEqual([['tracks 1', 'wins 1'], [], 0]);
    const cut = ['wins', 'tracks', expect.stringMatching(/^~.*@s1$/)];
    const earlier = game(-6, 30);
    const planned = await plan(earlier);
    expect(planned).toEqual({
      metricsToFill: expect.arrayContaining(cut),
      points: 20,
      achievements: [{ key: 'winter', unlocks: 1, holdersWhoWouldNot: 0 }],
    });
    expect(planned.metricsToFill).toHaveLength(3);
    await apply(earlier);
    expect(await seen()).toEqual([['tracks 2', 'wins 3'], [`winter ${at(-1)}`], 20]);
    const shorter = game(-6, -3);
    expect(await plan(shorter)).toEqual({
      metricsToFill: expect.arrayContaining(cut),
      points: 0,
      achievements: [{ key: 'winter', unlocks: 0, holdersWhoWouldNot: 1 }],
    });
    await apply(shorter);
    expect(await seen()).toEqual([['tracks 2', 'wins 2'], [`winter ${at(-1)}`], 20]);
  });
});
