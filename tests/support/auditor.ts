import { expect } from 'vitest';
import type { Database } from '../../src/platform/database.ts';
import { sql } from '../../src/platform/sql.ts';

/**
 * The books must balance after every test: totals equal the log and the ledger; every unlock has a line in the ledger and every
 * revoke one that takes it back, each with its outbox row, and an unlock with its message unless it was silent; the places of
 * messages have no gap but what a reset deleted. What came with an opening is not announced. The ledger tells unlocks by the key that
 * an achievement had: keys that were ever renamed to each other are one. Each query answers the rows that are wrong.
 */
export async function audit(on: Database): Promise<void> {
  const names = await namesOf(on);
  const wrong = {
    score: await on.query(sql`
      select u.id, u.score, coalesce(sum(e.points), 0)::bigint as points from users u left join event_log e on e.user_id = u.id
      group by u.id, u.score having u.score <> coalesce(sum(e.points), 0)`),
    achievementPoints: await on.query(sql`
      select u.id, u.achievement_points, coalesce(sum(l.points), 0)::bigint as points from users u left join ledger l on l.user_id = u.id
      group by u.id, u.achievement_points having u.achievement_points <> coalesce(sum(l.points), 0)`),
    xp: await on.query(sql`
      select u.id, u.xp from users u
      where u.xp <> coalesce((select sum(xp) from event_log where user_id = u.id), 0)
        + coalesce((select sum(xp) from ledger where user_id = u.id), 0)`),
    totals: await on.query(sql`
      select coalesce(t.user_id, e.user_id) as "userId", coalesce(t.type, e.type) as type, t.count, e.count as logged
      from event_type_totals t
      full join (select user_id, type, count(*) as count, sum(points) as points, min(occurred_at) as first_at, max(occurred_at) as last_at
        from event_log where type <> '@opening' group by user_id, type) e on e.user_id = t.user_id and e.type = t.type
      where (t.count, t.points, t.first_at, t.last_at) is distinct from (e.count, e.points, e.first_at, e.last_at)`),
    unlocksWithoutLedger: await on.query(sql`
      with names as (select * from unnest(${[...names.keys()]}::text[], ${[...names.values()]}::text[]) as n (key, name)),
      lines as (
        select user_id, coalesce(name, achievement) as achievement, tier, period, sum(points) as points, sum(xp) as xp,
          sum(case source when 'revoke' then -1 else 1 end) as held
        from ledger left join names on key = achievement where achievement is not null group by 1, 2, 3, 4),
      unlocks as (
        select user_id, coalesce(name, achievement) as achievement, tier, period,
          coalesce(sum(points) filter (where revoked_at is null), 0) as points,
          coalesce(sum(xp) filter (where revoked_at is null), 0) as xp, count(*) filter (where revoked_at is null) as held
        from user_achievements left join names on key = achievement group by 1, 2, 3, 4)
      select user_id, achievement, tier, period, a.points as given, a.held, l.points, l.xp, l.held as "ledgerHeld"
      from unlocks a full join lines l using (user_id, achievement, tier, period)
      where a.user_id is null or (l.points, l.xp, l.held) is distinct from (a.points, a.xp, a.held)`),
    announcements: await on.query(sql`
      with resets as (select distinct on (user_id) user_id, id from outbox where kind = 'USER_RESET' order by user_id, id desc),
      lines as (
        select user_id, achievement, tier, period, source = 'revoke' as revoke, count(*) as count from ledger
        where achievement is not null and source <> 'opening' group by 1, 2, 3, 4, 5),
      announced as (
        select o.user_id, payload->>'achievement' as achievement, (payload->>'tier')::int as tier, payload->>'period' as period,
          kind = 'ACHIEVEMENT_REVOKED' as revoke, count(*) as count
        from outbox o left join resets r on r.user_id = o.user_id
        where kind in ('ACHIEVEMENT_UNLOCKED', 'ACHIEVEMENT_REVOKED') and (r.id is null or o.id > r.id) group by 1, 2, 3, 4, 5)
      select user_id, achievement, tier, period, revoke, l.count as lines, a.count as announced
      from lines l full join announced a using (user_id, achievement, tier, period, revoke)
      where l.count is distinct from a.count`),
    unlocksWithoutMessage: await on.query(sql`
      with resets as (select distinct on (user_id) user_id, id from outbox where kind = 'USER_RESET' order by user_id, id desc),
      told as (select o.user_id, o.kind, o.payload as data, count(*) as count from outbox o left join resets r on r.user_id = o.user_id
        where kind in ('ACHIEVEMENT_UNLOCKED', 'LEVEL_UP') and (r.id is null or o.id > r.id)
          and not coalesce((payload->>'silent')::boolean, false) group by 1, 2, 3),
      stored as (select user_id, kind, data, count(*) as count from notifications where kind in ('ACHIEVEMENT_UNLOCKED', 'LEVEL_UP')
        group by 1, 2, 3)
      select user_id, kind, data, t.count as told, s.count as stored
      from told t full join stored s using (user_id, kind, data) where t.count is distinct from s.count`),
    messagesWithoutOutbox: await on.query(sql`
      select user_id, kind, data from notifications
      except all select user_id, kind, payload from outbox where user_id is not null`),
    places: await on.query(sql`
      with resets as (select user_id, max((payload->>'lastSeq')::bigint) as seq from outbox where kind = 'USER_RESET' group by 1)
      select u.id, u.last_seq, r.seq as reset from users u
      left join resets r on r.user_id = u.id left join notifications n on n.user_id = u.id
      group by u.id, u.last_seq, r.seq
      having count(n.seq) <> u.last_seq - coalesce(r.seq, 0) or coalesce(max(n.seq), r.seq, 0) <> u.last_seq`),
    lastActivity: await on.query(sql`
      select u.id from users u where u.last_activity_at is distinct from (select max(occurred_at) from event_log where user_id = u.id and type <> '@opening')`),
  };
  expect(wrong).toEqual(Object.fromEntries(Object.keys(wrong).map((name) => [name, []])));
}

/** One name for each line of keys that were renamed to each other. */
async function namesOf(on: Database): Promise<Map<string, string>> {
  const rows = await on.query<{ renames: { from: string; to: string[] }[] }>(
    sql`select renames from catalog_versions order by version`,
  );
  const names = new Map<string, string>();
  for (const { from, to } of rows.flatMap(({ renames }) => renames)) {
    for (const key of to) {
      const [one, other] = [names.get(from) ?? from, names.get(key) ?? key];
      for (const [known, name] of names) if (name === other) names.set(known, one);
      names.set(from, one).set(key, one);
    }
  }
  return names;
}
