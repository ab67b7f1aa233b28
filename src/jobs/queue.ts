import { PgBoss } from 'pg-boss';
import type { Database, Transaction } from '../platform/database.ts';
import type { Logger } from '../platform/logger.ts';
import { bossDatabase, bossTransaction } from './boss-database.ts';
import { DEAD_QUEUE, JOBS_SCHEMA, QUEUES } from './queues.ts';

/** A job as its handler gets it. */
export interface Job<Data extends object> {
  readonly id: string;
  readonly data: Data;
}

/** A job to add. */
export interface NewJob<Data extends object> {
  /** Jobs of one key are done one after the other, in the order in which they were added. */
  readonly key: string;
  readonly data: Data;
}

/** How a queue is worked off. */
export interface WorkOptions {
  /** Jobs of one call at most. */
  readonly batch: number;
  /** How often to look, in seconds. */
  readonly everySeconds: number;
}

/** The job queue: pg-boss on our database. Jobs are done at least once. */
export interface JobQueue {
  /** Adds jobs in a transaction: they are there when it commits. */
  add<Data extends object>(transaction: Transaction, queue: string, jobs: readonly NewJob<Data>[]): Promise<void>;
  /** Has jobs done by `handle`, which answers the errors of those that failed by their ids. Returns the function that looks at once. */
  work<Data extends object>(
    queue: string,
    options: WorkOptions,
    handle: (jobs: readonly Job<Data>[]) => Promise<ReadonlyMap<string, Error>>,
  ): Promise<() => void>;
  /** Adds a job at each time of a cron expression (UTC), once whatever the number of processes. */
  schedule(queue: string, cron: string): Promise<void>;
  /** Moves dead jobs back to the queues they came from; answers how many. All, or one by its id. */
  revive(id: string | null): Promise<number>;
  /** Takes no more jobs, waits for those under way up to `withinMs`, gives back the rest. */
  stop(withinMs: number): Promise<void>;
}

/** What the queue stands on. */
export interface QueueParts {
  readonly database: Database;
  readonly logger: Logger;
  /** False for a look from outside: it does nothing by itself. */
  readonly works: boolean;
}

/**
 * Opens the queue. It makes no tables: they come with the migrations, and pg-boss refuses others than its own.
 * @throws when the tables are those of another version of pg-boss
 */
export async function openQueue({ database, logger, works }: QueueParts): Promise<JobQueue> {
  const boss = new PgBoss({
    db: bossDatabase(database),
    schema: JOBS_SCHEMA,
    backend: database.kind === 'embedded' ? 'pglite' : 'postgres',
    migrate: false,
    createSchema: false,
    supervise: works,
    schedule: works,
    // How soon the jobs of a dead process are noticed: see queues.ts.
    superviseIntervalSeconds: 5,
    monitorIntervalSeconds: 10,
    maintenanceIntervalSeconds: 60,
    // No job of ours waits for another.
    flowIntervalSeconds: 3_600,
  });
  boss.on(
    'error',
    sparing((error) => logger.error({ err: error, operation: 'jobs' }, 'the job queue failed')),
  );
  boss.on('warning', ({ message, data }) => logger.warn({ operation: 'jobs', data }, message));
  try {
    await boss.start();
    if (works) {
      await makeQueues(boss);
      // Of those who died before, without waiting for the first pass: processes may die faster than passes come.
      await boss.supervise();
    }
    return new BossQueue(boss, database);
  } catch (error) {
    await boss.stop({ graceful: false });
    throw error;
  }
}

/** While the database is away every look fails, some a second; one of them in half a minute tells enough. */
function sparing(tell: (error: Error) => void): (error: Error) => void {
  let quietUntil = 0;
  return (error) => {
    if (performance.now() < quietUntil) return;
    quietUntil = performance.now() + 30_000;
    tell(error);
  };
}

async function makeQueues(boss: PgBoss): Promise<void> {
  for (const { name, policy, ...options } of QUEUES) {
    await boss.createQueue(name, { ...options, ...(policy === undefined ? {} : { policy }) });
    await boss.updateQueue(name, options);
    // pg-boss reads a queue when it is used first, and must not do so within our transaction.
    await boss.insert(name, []);
  }
}

class BossQueue implements JobQueue {
  readonly #boss: PgBoss;
  readonly #database: Database;

  constructor(boss: PgBoss, database: Database) {
    this.#boss = boss;
    this.#database = database;
  }

  async add<Data extends object>(
    transaction: Transaction,
    queue: string,
    jobs: readonly NewJob<Data>[],
  ): Promise<void> {
    const rows = jobs.map(({ key, data }) => ({ data, singletonKey: key }));
    await this.#boss.insert(queue, rows, { db: bossTransaction(transaction) });
  }

  async work<Data extends object>(
    queue: string,
    { batch, everySeconds }: WorkOptions,
    handle: (jobs: readonly Job<Data>[]) => Promise<ReadonlyMap<string, Error>>,
  ): Promise<() => void> {
    const options = { batchSize: batch, pollingIntervalSeconds: everySeconds, perJobResults: true } as const;
    const worker = await this.#boss.work<Data, unknown, typeof options>(queue, options, async (jobs) => {
      const failed = await handle(jobs);
      return jobs.map(({ id }) => {
        const error = failed.get(id);
        return error === undefined
          ? { id, status: 'completed' as const }
          : { id, status: 'failed' as const, output: { message: error.message } };
      });
    });
    return () => this.#boss.notifyWorker(worker);
  }

  async schedule(queue: string, cron: string): Promise<void> {
    await this.#boss.schedule(queue, cron);
  }

  async revive(id: string | null): Promise<number> {
    if (id !== null) return this.#reviveOne(id);
    let total = 0;
    for (;;) {
      const count = await this.#boss.redrive(DEAD_QUEUE);
      total += count;
      if (count === 0) return total;
    }
  }

  async stop(withinMs: number): Promise<void> {
    await this.#boss.stop({ graceful: true, timeout: withinMs });
  }

  async #reviveOne(id: string): Promise<number> {
    const job = await this.#boss.getJobById<object>(DEAD_QUEUE, id);
    if (job === null || job.sourceName === null) return 0;
    const { sourceName, data, singletonKey } = job;
    return this.#database.transaction(async (transaction) => {
      const options = { db: bossTransaction(transaction) };
      const deleted = (await this.#boss.deleteJob(DEAD_QUEUE, id, options)) as { readonly affected: number };
      if (deleted.affected === 0) return 0;
      await this.#boss.insert(sourceName, [{ data, ...(singletonKey === null ? {} : { singletonKey }) }], options);
      return 1;
    });
  }
}
