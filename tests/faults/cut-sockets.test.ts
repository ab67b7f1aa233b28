import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeNotificationCursor } from '../../src/features/notifications/cursor.ts';
import { readInstallation } from '../../src/platform/installation.ts';
import { sql } from '../../src/platform/sql.ts';
import { writeStepsCatalog } from '../http/steps-catalog.ts';
import { audit } from '../support/auditor.ts';
import { backends, openTestDatabase, type TestDatabase } from '../support/databases.ts';
import { ask } from '../support/event-caller.ts';
import { forgetRanks } from '../support/forget-ranks.ts';
import {
  endProcesses,
  type Folder,
  type LaurelProcess,
  makeFolder,
  startProcess,
  startProgram,
} from '../support/processes.ts';
import { hasRedis, redisUrl } from '../support/redis.ts';
import type { ClientsJob, ClientsTold } from './clients-job.ts';
import { isFull, rounds, SLOW, tell, times, until } from './rounds.ts';

const SOCKETS = times(150, 5_000);
/** The gate of a full run; a run among other tests has a share of the processor only. */
const BACK_WITHIN_MS = isFull ? 30_000 : 60_000;
const CALL = 500;
const PROGRAM = fileURLToPath(new URL('toast-clients.ts', import.meta.url));
const RECORD = 'mutation ($input: RecordEventsInput!) { recordEvents(input: $input) { recorded } }';

const redis = await hasRedis();

describe.runIf(backends().includes('postgres'))(
  'the sockets of a server that is gone from one moment to the next',
  () => {
    let opened: TestDatabase;
    let folder: Folder;
    let catalog: Awaited<ReturnType<typeof writeStepsCatalog>>;
    let start: (port: string) => Promise<LaurelProcess>;
    beforeAll(async () => {
      opened = await openTestDatabase('postgres');
      folder = await makeFolder();
      catalog = await writeStepsCatalog();
      const environment = {
        DATABASE_URL: opened.url ?? '',
        ...(redis ? { REDIS_URL: redisUrl } : {}),
        LAUREL_CATALOG: catalog.path,
        LAUREL_DATA: folder.path,
        LOG_LEVEL: 'error',
      };
      start = (PORT) => startProcess({ ...environment, PORT });
    }, 120_000);
    afterAll(async () => {
      await endProcesses();
      if (redis) await forgetRanks(opened.db);
      await opened.dispose();
      await folder.remove();
      await catalog.remove();
    });

    /** A step of every player: one message each. */
    async function stepAll({ url }: LaurelProcess, players: readonly string[]): Promise<void> {
      for (let from = 0; from < players.length; from += CALL) {
        const events = players.slice(from, from + CALL).map((externalId) => ({ user: { externalId }, type: 'step' }));
        const answer = await ask(url, { query: RECORD, variables: { input: { events } } });
        expect(answer?.data.recordEvents.recorded).toBe(events.length);
      }
    }

    /** The job of games whose players have their first message before them. */
    async function writeJob(url: string, players: readonly string[]): Promise<string> {
      const { epoch } = await readInstallation(opened.db);
      const users = await opened.db.query<{ externalId: string; userId: string }>(sql`
      select external_id as "externalId", id as "userId" from users where external_id = any(${players}::text[])`);
      const job: ClientsJob = {
        url: `${url}/graphql`,
        chance: times(0.2, 1),
        players: users.map(({ externalId, userId }) => ({
          externalId,
          cursor: encodeNotificationCursor({ epoch, userId, seq: 0 }),
        })),
      };
      const path = join(folder.path, 'clients.json');
      await writeFile(path, JSON.stringify(job));
      return path;
    }

    it('are all back by their cursors, and nobody misses a message', SLOW, async () => {
      let [server, other] = await Promise.all([start('0'), start('0')]);
      const { url } = server;
      const backs: number[] = [];
      while (backs.length < rounds(1, 1)) {
        const players = Array.from({ length: SOCKETS }, (_, at) => `round-${backs.length}-player-${at}`);
        await stepAll(other, players);
        const clients = startProgram(PROGRAM, [await writeJob(url, players)]);
        const isTold = (nth: number) =>
          until(`all are told ${nth}`, () => clients.output().includes(`told ${nth}\n`), 120_000);
        await isTold(1);
        await server.end('SIGKILL');
        const cutAt = performance.now();
        await stepAll(other, players);
        server = await start(new URL(url).port);
        await isTold(2);
        backs.push(performance.now() - cutAt);
        await stepAll(other, players);
        await isTold(3);
        expect(await clients.end('SIGTERM'), clients.output()).toBe(0);
        const { told, resets, errors } = JSON.parse(clients.output().trim().split('\n').at(-1) ?? '') as ClientsTold;
        expect({ told: [...new Set(told)], games: told.length, resets }).toEqual({
          told: ['1,2,3'],
          games: SOCKETS,
          resets: 0,
        });
        tell(`R6 errors the games were told of: ${JSON.stringify(errors)}`);
      }
      expect(Math.max(...backs)).toBeLessThan(BACK_WITHIN_MS);
      expect(await Promise.all([server.end(), other.end()])).toEqual([0, 0]);
      await audit(opened.db);
      const most = Math.round(Math.max(...backs));
      tell(
        `R6 ${SOCKETS} sockets cut at once: all back by cursor after ${most} ms, the start of the server in it; 0 missed, 0 doubled`,
      );
    });
  },
);
