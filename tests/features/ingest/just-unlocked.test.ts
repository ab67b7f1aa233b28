import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type CatalogFile, writeCatalog } from '../../support/catalog-file.ts';
import { backends } from '../../support/databases.ts';
import { startLaurel, type TestLaurel, unique } from '../../support/laurel.ts';
import { DECISIONS_CATALOG } from '../decisions/catalog.ts';

const RECORD = `mutation ($input: RecordEventInput!) { recordEvent(input: $input) { __typename
  ... on RecordEventSuccess { replayed unlocked {
    id unlocked unlockedAt tier timesUnlocked progress current target
    achievement { key name description points }
    unlocks { unlockedAt tier period version pointsAwarded xpAwarded evidence { id type { key } } }
    user { id } } } } }`;
const NAMES = `mutation ($input: RecordEventInput!) { recordEvent(input: $input) { ... on RecordEventSuccess {
  unlocked { achievement { name } } } } }`;

describe.each(backends())('what an event unlocked on %s', (backend) => {
  let laurel: TestLaurel;
  let catalog: CatalogFile;
  beforeAll(async () => {
    catalog = await writeCatalog(DECISIONS_CATALOG);
    laurel = await startLaurel(backend, { environment: { LAUREL_CATALOG: catalog.path } });
  });
  afterEach(() => laurel.check());
  afterAll(async () => {
    await laurel.close();
    await catalog.remove();
  });

  const record = async (user: object, type: string, idempotencyKey: string) =>
    (await laurel.query(RECORD, { input: { user, type, idempotencyKey } })).data.recordEvent;

  it('is answered at once as it is answered to the repeat: achievements, tiers, periods, evidence', async () => {
    const user = { externalId: unique() };
    const seen: string[][] = [];
    for (const [index, type] of ['login', 'win', 'win', 'win', 'win'].entries()) {
      const first = await record(user, type, `${index}`);
      expect(await record(user, type, `${index}`)).toEqual({ ...first, replayed: true });
      seen.push(first.unlocked.map((own: { achievement: { key: string } }) => own.achievement.key));
    }
    expect(seen).toEqual([['first'], ['weekly'], ['winner'], [], ['climber', 'rich', 'trio', 'winner']]);
  });

  it("is in the user's language where the caller asks for none", async () => {
    const user = { externalId: unique() };
    await laurel.query('mutation ($input: UpsertUserInput!) { upsertUser(input: $input) { __typename } }', {
      input: { user, locale: 'ru' },
    });
    const names = async (type: string) => {
      const { data } = await laurel.query(NAMES, { input: { user, type } });
      return data.recordEvent.unlocked.map((own: { achievement: { name: string } }) => own.achievement.name);
    };
    expect([await names('login'), await names('win')]).toEqual([['Первый'], ['За неделю']]);
  });
});
