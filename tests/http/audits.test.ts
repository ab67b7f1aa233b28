import { auditServer } from 'graphql-http';
import { expect, test } from 'vitest';
import { startLaurel } from '../support/laurel.ts';

test('the 61 audits of GraphQL over HTTP pass in development', async () => {
  const laurel = await startLaurel('embedded');
  const results = await auditServer({ url: `${laurel.url}/graphql`, fetchFn: closing });
  const failed = results.filter(({ status }) => status !== 'ok').map(({ id, name, status }) => `${id} ${status}: ${name}`);
  expect(failed).toEqual([]);
  expect(results).toHaveLength(61);
  await laurel.check();
  await laurel.close();
});

test('in production nothing fails but what needs queries by GET', async () => {
  const laurel = await startLaurel('embedded', { environment: PRODUCTION });
  const results = await auditServer({ url: `${laurel.url}/graphql`, fetchFn: closing });
  const failed = results.filter(({ status }) => status !== 'ok').map(({ id, name, status }) => `${id} ${status}: ${name}`);
  expect(failed).toEqual([]);
  await laurel.check();
  await laurel.close();
});

const PRODUCTION = { NODE_ENV: 'production', LAUREL_JWT_SECRET: 'abcdefghijklmnopqrstuvwxyz0123456789' };

/** No socket outlives the test. */
const closing: typeof fetch = (url, init) => fetch(url, { ...init, headers: { ...init?.headers, connection: 'close' } });
