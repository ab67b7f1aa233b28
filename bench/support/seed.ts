import { query } from './databases.ts';

/** Events of one statement: bounded, so that a long log is made in steps. */
const STEP = 250_000;

/**
 * Writes a log of so many events of the default catalog's types, dealt out evenly to the users, over the last 28 days. Only the log and its
 * totals by type are written; the rest of the state is what the first server makes of them.
 */
export async function seedLog(databaseUrl: string, events: number, signal: AbortSignal): Promise<void> {
  await query(databaseUrl, 'create table bench_numbers as select id, substr(external_id, 8)::int as number from users');
  await query(databaseUrl, 'create unique index on bench_numbers (number); analyze bench_numbers');
  for (let from = 0; from < events; from += STEP) {
    signal.throwIfAborted();
    await query(databaseUrl, INSERT, [from, Math.min(from + STEP, events) - 1, events]);
  }
  await query(databaseUrl, 'drop table bench_numbers');
  await query(
    databaseUrl,
    `insert into event_type_totals (user_id, type, count, points, first_at, last_at)
     select user_id, type, count(*), sum(points), min(occurred_at), max(occurred_at) from events group by user_id, type`,
  );
}

/** Ids are UUIDv7 of the time of the event: 48 bits of milliseconds, then bits of a hash. */
const INSERT = `/* bench.seed */
  insert into events (user_id, id, type, details, points, xp, occurred_at, recorded_at, idempotency_key, key_hash, payload_hash,
    catalog_version)
  select u.id,
    (lpad(to_hex((extract(epoch from e.at) * 1000)::bigint), 12, '0') || '7' || substr(e.hash, 1, 3) || '8' || substr(e.hash, 4, 15))::uuid,
    e.type, case e.type when 'find_secret' then '{"location": "cave"}'::jsonb end, e.points, e.points, e.at, e.at,
    'seed-' || e.n, substr(encode(sha256(('seed-' || e.n)::bytea), 'hex'), 1, 32)::uuid, sha256(e.type::bytea), 1
  from (
    select n, md5(n::text) as hash,
      date_trunc('milliseconds', now() - interval '28 days' * (1 - n / $3::float8)) as at,
      (array['login', 'complete_level', 'find_secret'])[1 + (n / c.users) % 3] as type,
      (array[5, 20, 50])[1 + (n / c.users) % 3] as points, n % c.users as number
    from generate_series($1::bigint, $2::bigint) as n, (select count(*) as users from bench_numbers) as c
  ) e
  join bench_numbers u on u.number = e.number
  order by e.n`;

/** Gives every user the place on the board `score` that his score is worth; when it was reached is random. */
export async function rankByScore(databaseUrl: string): Promise<void> {
  await query(
    databaseUrl,
    `insert into metric_values (user_id, metric, value, achieved_at, updated_at)
     select id, 'score', score, now() - random() * interval '30 days', now() from users`,
  );
  await query(databaseUrl, 'analyze');
}
