import { expect, test } from 'vitest';
import { openPostgres } from '../../src/platform/postgres-database.ts';
import { backends, openTestDatabase } from '../support/databases.ts';
import { eventually } from '../support/eventually.ts';
import { startLaurel } from '../support/laurel.ts';
import { hasRedis, redisAddress, redisUrl } from '../support/redis.ts';
import { openTcpProxy } from '../support/tcp-proxy.ts';
import { send } from './request.ts';

const readiness = async (url: string) => {
  const { status, json } = await send(url, { path: '/ready' });
  return { code: status, ...json };
};

test.each(backends())(
  'ready as long as the %s database answers, 503 when it is gone; the process lives on',
  async (backend) => {
    const opened = await openTestDatabase(backend);
    const laurel = await startLaurel(backend, { database: opened.db });
    expect(await readiness(laurel.url)).toEqual({
      code: 200,
      status: 'ready',
      ready: true,
      database: 'up',
      redis: 'none',
      draining: false,
    });
    // The server looks for new rows from time to time.
    await eventually('no connection is taken', () => opened.db.busy() === 0);
    await opened.dispose();
    expect(await readiness(laurel.url)).toEqual({
      code: 503,
      status: 'unavailable',
      ready: false,
      database: 'down',
      redis: 'none',
      draining: false,
    });
    expect((await send(laurel.url, { path: '/health' })).json).toEqual({ status: 'ok' });
    const { json } = await send(laurel.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"query":"{ users { totalCount } }"}',
    });
    expect(json.errors).toMatchObject([
      { message: 'Something went wrong on our side', extensions: { code: 'INTERNAL_SERVER_ERROR' } },
    ]);
    await laurel.close();
  },
);

test.runIf(backends().includes('postgres'))(
  'a database that hangs counts as down soon, and ready again once it answers',
  async () => {
    const opened = await openTestDatabase('postgres');
    const address = new URL(opened.url ?? '');
    const line = await openTcpProxy({ host: address.hostname, port: Number(address.port || 5432) });
    address.host = `127.0.0.1:${line.port}`;
    const database = await openPostgres({ url: address.href, poolSize: 2 });
    const laurel = await startLaurel('postgres', { database });
    line.freeze();
    const startedAt = performance.now();
    expect(await readiness(laurel.url)).toMatchObject({ code: 503, database: 'down' });
    expect(performance.now() - startedAt).toBeLessThan(3_000);
    await line.forward();
    await eventually('ready again', async () => (await readiness(laurel.url)).code === 200);
    await laurel.check();
    await laurel.close();
    await database.close();
    await line.close();
    await opened.dispose();
  },
);

test.runIf(await hasRedis())(
  'without its Redis it is degraded and answers, and ready again when Redis is back',
  async () => {
    const line = await openTcpProxy(redisAddress());
    const url = new URL(redisUrl);
    url.host = `127.0.0.1:${line.port}`;
    const laurel = await startLaurel('embedded', { redisUrl: url.href });
    const state = { ready: true, database: 'up', draining: false };
    await eventually('Redis is up', async () => (await readiness(laurel.url)).redis === 'up');
    expect(await readiness(laurel.url)).toEqual({ code: 200, status: 'ready', redis: 'up', ...state });
    await line.refuse();
    await eventually('Redis is down', async () => (await readiness(laurel.url)).redis === 'down');
    expect(await readiness(laurel.url)).toEqual({ code: 200, status: 'degraded', redis: 'down', ...state });
    await line.forward();
    await eventually('Redis is back', async () => (await readiness(laurel.url)).status === 'ready');
    await laurel.close();
    await line.close();
  },
);
