import { auditServer } from 'graphql-http';
import { expect, test } from 'vitest';
import { startLaurel } from '../support/laurel.ts';
import { PRODUCTION } from './environments.ts';

test('the 61 audits of GraphQL over HTTP pass in development', async () => {
  expect(await failedAudits({})).toEqual([]);
});

test('in production only the audits that need introspection or queries by GET fail', async () => {
  expect(await failedAudits(PRODUCTION)).toEqual([
    '5A70 notice: MAY accept application/x-www-form-urlencoded formatted GET requests',
    // These two select __type by POST,
    '2EA1 warn: SHOULD allow map {variables} parameter when accepting application/graphql-response+json',
    '28B9 error: MUST allow map {variables} parameter when accepting application/json',
    // and these by GET.
    'D6D5 notice: MAY allow URL-encoded JSON string {variables} parameter in GETs when accepting application/graphql-response+json',
    '6A70 notice: MAY allow URL-encoded JSON string {variables} parameter in GETs when accepting application/json',
  ]);
});

async function failedAudits(environment: Readonly<Record<string, string>>): Promise<string[]> {
  const laurel = await startLaurel('embedded', { environment });
  try {
    const results = await auditServer({ url: `${laurel.url}/graphql`, fetchFn: closing });
    expect(results).toHaveLength(61);
    await laurel.check();
    return results.flatMap(({ id, name, status }) => (status === 'ok' ? [] : [`${id} ${status}: ${name}`]));
  } finally {
    await laurel.close();
  }
}

/** No socket outlives the test. */
const closing: typeof fetch = (url, init) =>
  fetch(url, { ...init, headers: { ...init?.headers, connection: 'close' } });
