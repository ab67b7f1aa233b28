import type { Queryable } from '../platform/database.ts';
import { sql } from '../platform/sql.ts';
import { DEAD_QUEUE } from './queues.ts';

/** How much a queue holds at this moment. */
export interface QueueDepth {
  readonly queue: string;
  /** Jobs to be done, those that wait to be tried again too. */
  readonly waiting: number;
  readonly active: number;
  /** Age of the oldest job that is not done, in seconds; null without one. */
  readonly oldestSeconds: number | null;
}

/** A job that failed for good. */
export interface DeadJob {
  readonly id: string;
  /** The queue that it failed in. */
  readonly queue: string;
  readonly key: string | null;
  readonly data: unknown;
  /** What the last try ended with. */
  readonly reason: string | null;
  readonly createdAt: Date;
  readonly diedAt: Date;
}

/** The depth of every queue but that of dead jobs and pg-boss's own, by name. */
export async function readDepths(on: Queryable): Promise<QueueDepth[]> {
  return on.query<QueueDepth>(sql`/* jobs.depths */
    select q.name as queue,
      count(j.id) filter (where j.state < 'active') as waiting,
      count(j.id) filter (where j.state = 'active') as active,
      extract(epoch from now() - min(j.created_on) filter (where j.state <= 'active'))::float8 as "oldestSeconds"
    from jobs.queue q left join jobs.job j on j.name = q.name
    where q.name <> ${DEAD_QUEUE} and q.name not like '\\_\\_%'
    group by q.name
    order by q.name`);
}

/** How many jobs are dead. */
export async function countDead(on: Queryable): Promise<number> {
  const [row] = await on.query<{ count: number }>(sql`/* jobs.count_dead */
    select count(*) as count from jobs.job where name = ${DEAD_QUEUE} and state < 'active'`);
  return row?.count ?? 0;
}

/** The jobs that died last, newest first. */
export async function readDead(on: Queryable, limit: number): Promise<DeadJob[]> {
  return on.query<DeadJob>(sql`/* jobs.read_dead */
    select id, source_name as queue, singleton_key as key, data,
      coalesce(output->>'message', output->'value'->>'message') as reason,
      coalesce(source_created_on, created_on) as "createdAt", created_on as "diedAt"
    from jobs.job
    where name = ${DEAD_QUEUE} and state < 'active'
    order by created_on desc, id
    limit ${limit}::int`);
}
