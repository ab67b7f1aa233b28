import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sql } from '../../src/platform/sql.ts';
import { checkBooks } from '../support/books-balance.ts';
import { backends, openTestDatabase, type TestDatabase } from '../support/databases.ts';
import { openPostgresLine, type PostgresLine } from '../support/postgres-line.ts';
import {
  type Environment,
  endProcesses,
  type Folder,
  makeFolder,
  runLaurel,
  startCommand,
  startProcess,
} from '../support/processes.ts';
import { below, rounds, SEED, SLOW, tell } from './rounds.ts';

const USERS = 30;
const EVENTS = 100;
const TOTAL = USERS * EVENTS;
const POINTS = ['before insert', 'before commit', 'after commit'] as const;

/** A log of so many users, events of a year each, as lines that `laurel events import` takes. */
function lines(): string {
  const from = Date.UTC(2024, 0, 1);
  return Array.from({ length: TOTAL }, (_, index) =>
    JSON.stringify({
      user: { externalId: `hot-${index % USERS}` },
      type: ['login', 'find_secret', 'complete_level'][index % 3],
      occurredAt: new Date(from + index * 10_000_000).toISOString(),
    }),
  ).join('\n');
}

/** What the log holds, as text: each event once, wherever it stands. */
const LOG = sql`select count(*)::int as count, count(distinct id)::int as different,
  md5(string_agg(e::text, ' ' order by user_id, id)) as digest from event_log e`;
const ARCHIVED = sql`select coalesce(sum(count), 0)::int as events,
  (select count(*)::int from archived_keys) as keys from event_archives`;

describe.runIf(backends().includes('postgres'))(`an archiving killed on PostgreSQL (seed ${SEED})`, () => {
  let opened: TestDatabase;
  let folder: Folder;
  let line: PostgresLine;
  let environment: Environment;
  beforeEach(async () => {
    opened = await openTestDatabase('postgres');
    folder = await makeFolder();
    const url = new URL(opened.url ?? '');
    line = await openPostgresLine({ host: url.hostname, port: Number(url.port || 5432) });
    url.host = `127.0.0.1:${line.port}`;
    environment = { DATABASE_URL: url.href, LAUREL_DATA: folder.path, LOG_LEVEL: 'warn' };
    await writeFile(join(folder.path, 'log.ndjson'), lines());
  });
  afterEach(async () => {
    await endProcesses();
    await line.close();
    await opened.dispose();
    await folder.remove();
  });

  const importLog = () => runLaurel(['events', 'import', join(folder.path, 'log.ndjson')], environment);
  const archive = ['events', 'archive', '--before', '2026-01-01'];

  it('goes on where it was: nothing is lost, nothing doubled, every key remembered', SLOW, async () => {
    const random = below(50);
    const server = await startProcess(environment);
    expect(await importLog()).toMatchObject({ ending: 0, stdout: expect.stringContaining(`Imported ${TOTAL} events`) });
    await server.end();
    const [log] = await opened.db.query(LOG);
    expect(log).toMatchObject({ count: TOTAL, different: TOTAL });
    let kills = 0;
    for (const point of POINTS) {
      for (let round = 0; round < rounds(1, 15); round += 1) {
        const [before] = await opened.db.query<{ events: number }>(ARCHIVED);
        const killed = startCommand(archive, environment);
        line.arm(point, 1 + random(2), () => process.kill(killed.pid, 'SIGKILL'));
        if ((await killed.ended) !== 'SIGKILL') break;
        kills += 1;
        expect(await opened.db.query(LOG)).toEqual([log]);
        const [after] = await opened.db.query<{ events: number; keys: number }>(ARCHIVED);
        expect(after?.keys).toBe(after?.events);
        expect(after?.events).toBeGreaterThanOrEqual(before?.events ?? 0);
        expect(after?.events).toBeLessThan(TOTAL);
      }
    }
    expect(kills).toBeGreaterThanOrEqual(POINTS.length);
    expect(await runLaurel(archive, environment)).toMatchObject({
      ending: 0,
      stdout: expect.stringMatching(/^Archived \d+ events of \d+ users from before 2026-01-01T00:00:00.000Z\.\n$/),
    });
    expect(await opened.db.query(ARCHIVED)).toEqual([{ events: TOTAL, keys: TOTAL }]);
    expect(await opened.db.query(LOG)).toEqual([log]);
    await checkBooks(opened.db);
    expect(await importLog()).toMatchObject({
      stdout: expect.stringContaining(`Imported 0 events; ${TOTAL} were there already, 0 lines are refused.`),
    });
    tell(`R1 kill -9 of an archiving: ${kills} kills, ${TOTAL} events, 0 lost, 0 doubled`);
  });
});
