import type { Queryable } from '../../platform/database.ts';
import { sql } from '../../platform/sql.ts';

/** A user's events of one type. */
export interface TypeTotalRow {
  readonly userId: string;
  readonly type: string;
  readonly count: number;
  readonly points: number;
  readonly firstAt: Date;
  readonly lastAt: Date;
}

/** Totals by event type, most points first. */
export async function readTypeTotals(on: Queryable, userIds: readonly string[]): Promise<TypeTotalRow[]> {
  return on.query<TypeTotalRow>(sql`/* stats.read_type_totals */
    select user_id as "userId", type, count, points, first_at as "firstAt", last_at as "lastAt"
    from event_type_totals where user_id = any(${userIds}::uuid[])
    order by user_id, points desc, type`);
}

/** A user's events of one local date. */
export interface DayRow {
  readonly userId: string;
  readonly date: string;
  readonly events: number;
  readonly points: number;
}

/** Active days among the `last` ones (today is one), newest first, each user's in the user's zone. */
export async function readDays(on: Queryable, userIds: readonly string[], last: number, now: Date): Promise<DayRow[]> {
  return on.query<DayRow>(sql`/* stats.read_days */
    select u.id as "userId", (e.occurred_at at time zone z.name)::date as date, count(*) as events,
      sum(e.points)::bigint as points
    from users u
    cross join lateral (select coalesce(u.timezone, 'UTC') as name) z
    cross join lateral (select
      (date_trunc('day', ${now}::timestamptz at time zone z.name) - make_interval(days => ${last - 1}::int)) at time zone z.name as since) d
    cross join lateral (
      select occurred_at, points from events where user_id = u.id and occurred_at >= d.since
      union all
      select e.occurred_at, e.points
      from event_archives a cross join lateral unnest(a.occurred_at, a.points) as e (occurred_at, points)
      where a.user_id = u.id and a.last_at >= d.since and e.occurred_at >= d.since
    ) e
    where u.id = any(${userIds}::uuid[])
    group by 1, 2
    order by 1, 2 desc`);
}
