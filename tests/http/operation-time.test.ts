import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openTestDatabase } from '../support/databases.ts';
import { eventually } from '../support/eventually.ts';
import { startLaurel, type TestLaurel, unique } from '../support/laurel.ts';
import { type GatedDatabase, gateDatabase } from './gated-database.ts';

/** Milliseconds that an operation may take here; what is held up takes longer. */
const MOST_MS = 400;
const QUERY = 'query ($by: UserRef!) { user(by: $by) { id } }';
const PLAN = 'mutation ($input: PlanCatalogInput!) { planCatalog(input: $input) { __typename } }';
const NOT_READY = {
  message:
    'An operation takes at most 0.4 s. A mutation may be done all the same: send it again with its idempotencyKey',
  extensions: { code: 'NOT_READY', retryAfterMs: 1_000, requestId: expect.any(String) },
};

describe('an operation that takes too long', () => {
  let opened: Awaited<ReturnType<typeof openTestDatabase>>;
  let gated: GatedDatabase;
  let laurel: TestLaurel;
  beforeAll(async () => {
    opened = await openTestDatabase('embedded');
    gated = gateDatabase(opened.db);
    laurel = await startLaurel('embedded', { database: gated.database, operationMs: MOST_MS });
  });
  afterEach(() => laurel.check());
  afterAll(async () => {
    await laurel.close();
    await opened.dispose();
  });

  const accepting = (accept: string) => ({ accept });
  const variables = () => ({ by: { externalId: unique() } });

  it('is answered NOT_READY on the lean path', async () => {
    const open = gated.hold('/* users.');
    const { status, data, errors } = await laurel.query(
      QUERY,
      variables(),
      accepting('application/graphql-response+json'),
    );
    expect({ status, data, errors }).toEqual({ status: 503, data: null, errors: [NOT_READY] });
    open();
    await eventually('nothing is held up', () => gated.held() === 0);
  });

  it('is answered NOT_READY as an event stream, which ends', async () => {
    const open = gated.hold('/* users.');
    const response = await fetch(`${laurel.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream', connection: 'close' },
      body: JSON.stringify({ query: QUERY, variables: variables() }),
    });
    const text = await response.text();
    expect(text).toContain('"code":"NOT_READY"');
    expect(text).toContain('event: complete');
    open();
    await eventually('nothing is held up', () => gated.held() === 0);
  });

  it('is answered NOT_READY on a socket, which lives on', async () => {
    const open = gated.hold('/* users.');
    const slow = await laurel.subscribe(QUERY, variables());
    await slow.take(1);
    expect(slow.items).toEqual([{ errors: [NOT_READY] }]);
    open();
    await eventually('nothing is held up', () => gated.held() === 0);
  });

  it('is let finish where it walks over the whole log', async () => {
    const open = gated.hold('/* rebuild.');
    const source = 'laurel: 1\nname: Next\neventTypes: { login: { points: 5 } }\n';
    const planned = laurel.query(PLAN, { input: { source } });
    await eventually('it is held up', () => gated.held() > 0);
    const began = performance.now();
    await eventually('it takes longer than others may', () => performance.now() - began > 2 * MOST_MS);
    open();
    expect(await planned).toMatchObject({ errors: [], data: { planCatalog: { __typename: 'PlanCatalogSuccess' } } });
  });
});
