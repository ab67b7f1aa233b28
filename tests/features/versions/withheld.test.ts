import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { backends } from '../../support/databases.ts';
import { eventually } from '../../support/eventually.ts';
import { startLaurel, type TestLaurel, unique } from '../../support/laurel.ts';

const game = (achievements: string): string => `
laurel: 1
name: Withheld
eventTypes: { dig: { points: 1 }, rest: { points: 0 } }
metrics: { digs: { count: dig }, rests: { count: rest } }
levels: { thresholds: [0, 50, 100] }
achievements:
  first: { points: 1, when: { metric: digs, atLeast: 1 } }
${achievements}`;

/** `mole` is withheld; the others look at it, at its points, at its XP, at its absence, or not at all. */
const LATER = `  mole: { points: 20, xp: 50, retroactive: none, when: { metric: digs, atLeast: 2 } }
  famous: { points: 3, when: { achievement: mole } }
  both: { points: 4, requires: [mole], when: { metric: rests, atLeast: 1 } }
  risen: { points: 5, when: { level: 2 } }
  rich: { points: 6, when: { points: 20 } }
  loner: { points: 7, when: { all: [ { metric: digs, atLeast: 2 }, { not: { achievement: mole } } ] } }
  rested: { points: 8, when: { metric: rests, atLeast: 1 } }
`;

describe.each(backends())('achievements that look at one withheld by retroactive: none on %s', (backend) => {
  let laurel: TestLaurel;
  beforeAll(async () => {
    laurel = await startLaurel(backend);
  });
  afterEach(() => laurel.check());
  afterAll(() => laurel.close());

  const apply = async (achievements: string) => {
    const { data } = await laurel.query(
      'mutation ($input: ApplyCatalogInput!) { applyCatalog(input: $input) { __typename } }',
      { input: { source: `${game(achievements)}# ${unique()}` } },
    );
    expect(data.applyCatalog.__typename).toBe('ApplyCatalogSuccess');
    await eventually('everybody is brought up', async () => {
      const [row] = await laurel.database.query<{ behind: number }>({
        text: 'select count(*) as behind from users where catalog_version < (select live_version from installation)',
        values: [],
      });
      return row?.behind === 0;
    });
  };
  const record = async (externalId: string, type: string): Promise<string[]> => {
    const { data } = await laurel.query(
      `mutation ($input: RecordEventInput!) { recordEvent(input: $input) {
         ... on RecordEventSuccess { unlocked { achievement { key } } } } }`,
      { input: { user: { externalId }, type } },
    );
    return data.recordEvent.unlocked.map(({ achievement }: { achievement: { key: string } }) => achievement.key);
  };
  const held = async (externalId: string): Promise<string[]> => {
    const { data } = await laurel.query(
      'query ($by: UserRef!) { user(by: $by) { achievements(status: UNLOCKED) { nodes { achievement { key } } } } }',
      { by: { externalId } },
    );
    return data.user.achievements.nodes.map(({ achievement }: { achievement: { key: string } }) => achievement.key);
  };

  it('wait for it: the fill gives them nothing, and the event that decides it brings them with it, told', async () => {
    const player = unique();
    await apply('');
    for (const type of ['dig', 'dig', 'rest']) await record(player, type);
    await apply(LATER);
    expect(await held(player)).toEqual(['first', 'loner', 'rested']);
    expect(await record(player, 'rest')).toEqual([]);
    expect(await record(player, 'dig')).toEqual(['mole', 'famous', 'both', 'risen', 'rich']);
    const { data } = await laurel.query(
      'query ($by: UserRef!) { user(by: $by) { notifications { nodes { kind data } } } }',
      { by: { externalId: player } },
    );
    const told = data.user.notifications.nodes.flatMap((node: { kind: string; data: { achievement?: string } }) =>
      node.kind === 'ACHIEVEMENT_UNLOCKED' ? [node.data.achievement] : [],
    );
    expect(told.toReversed()).toEqual(['first', 'mole', 'famous', 'both', 'risen', 'rich']);
  });
});
