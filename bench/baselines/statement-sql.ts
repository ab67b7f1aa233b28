import { POINTS } from '../load/events.ts';
import { RULES } from './rules.ts';

/** Events of a statement at most, as many as there are callers. */
export const BATCH = 256;

const rules = RULES.map(({ key, type, atLeast, points }) => `('${key}', '${type}', ${atLeast}, ${points})`);
const prices = Object.entries(POINTS).map(([type, points]) => `('${type}', ${points})`);

/** The prototype's own tables and so many users. Bare: the log has one index, the one that dedupes; Laurel's has three. */
export function statementTables(users: number): string {
  return `
    create table bench_users (id uuid primary key, number int not null, score bigint not null default 0, points bigint not null default 0)
      with (fillfactor = 75);
    create table events (user_id uuid not null, id uuid not null, key_hash uuid not null, idempotency_key text not null, type text not null,
      points int not null, at timestamptz not null, primary key (user_id, key_hash));
    create view event_log as select * from events;
    create table bench_counters (user_id uuid not null, type text not null, value bigint not null, primary key (user_id, type))
      with (fillfactor = 75);
    create table bench_unlocks (user_id uuid not null, achievement text not null, at timestamptz not null,
      primary key (user_id, achievement));
    create table bench_board (user_id uuid primary key, score bigint not null) with (fillfactor = 75);
    create table bench_outbox (id bigint generated always as identity primary key, user_id uuid not null, achievement text not null,
      at timestamptz not null);
    create table bench_rules (key text primary key, type text not null, at_least int not null, points int not null);
    create table bench_prices (type text primary key, points int not null);
    insert into bench_rules values ${rules.join(', ')};
    insert into bench_prices values ${prices.join(', ')};
    insert into bench_users (id, number) select gen_random_uuid(), n from generate_series(0, ${users - 1}) as n;
    insert into bench_board select id, 0 from bench_users`;
}

/**
 * Dedupe, counters, unlocks, points, board and outbox of a batch: $1 users, $2 ids, $3 hashes of the keys, $4 keys, $5 types. Answers
 * the events that are new, each with what its counter unlocked.
 */
export const RECORD = `/* bench.record */
  with given as (
    select n.*, p.points
    from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[]) as n (user_id, id, key_hash, idempotency_key, type)
    join bench_prices p using (type)
  ), fresh as (
    insert into events (user_id, id, key_hash, idempotency_key, type, points, at)
    select user_id, id, key_hash, idempotency_key, type, points, now() from given
    on conflict do nothing
    returning user_id, id, type, points
  ), grown as (
    select user_id, type, count(*) as by, sum(points) as points from fresh group by user_id, type
  ), counted as (
    insert into bench_counters as c (user_id, type, value)
    select user_id, type, by from grown order by user_id, type
    on conflict (user_id, type) do update set value = c.value + excluded.value
    returning c.user_id, c.type, c.value
  ), unlocked as (
    insert into bench_unlocks (user_id, achievement, at)
    select c.user_id, r.key, now()
    from counted c join grown g using (user_id, type) join bench_rules r using (type)
    where c.value >= r.at_least and c.value - g.by < r.at_least
    on conflict do nothing
    returning user_id, achievement
  ), earned as (
    select user_id, sum(score) as score, sum(points) as points
    from (select user_id, points as score, 0 as points from grown
      union all select u.user_id, 0, r.points from unlocked u join bench_rules r on r.key = u.achievement) as parts
    group by user_id
  ), paid as (
    update bench_users u set score = u.score + e.score, points = u.points + e.points from earned e where u.id = e.user_id
  ), ranked as (
    update bench_board b set score = b.score + e.score from earned e where b.user_id = e.user_id
  ), told as (
    insert into bench_outbox (user_id, achievement, at) select user_id, achievement, now() from unlocked
  )
  select f.id, n.achievements as unlocked
  from fresh f
  left join (
    select u.user_id, r.type, array_agg(u.achievement) as achievements
    from unlocked u join bench_rules r on r.key = u.achievement group by u.user_id, r.type
  ) n using (user_id, type)`;
