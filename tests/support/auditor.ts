import { expect } from 'vitest';
import type { Database } from '../../src/platform/database.ts';
import { sql } from '../../src/platform/sql.ts';

/**
 * The books must balance after every test: totals equal the log and the ledger, every unlock has its ledger line, its message and
 * its outbox row, and the places of messages have no gap. Each query answers the rows that are wrong.
 */
export async function audit(on: Database): Promise<void> {
  const wrong = {
    score: await on.query(sql`
      select u.id, u.score, coalesce(sum(e.points), 0)::bigint as points from users u left join events e on e.user_id = u.id
      group by u.id, u.score having u.score <> coalesce(sum(e.points), 0)`),
    achievementPoints: await on.query(sql`
      select u.id, u.achievement_points, coalesce(sum(l.points), 0)::bigint as points from users u left join ledger l on l.user_id = u.id
      group by u.id, u.achievement_points having u.achievement_points <> coalesce(sum(l.points), 0)`),
    xp: await on.query(sql`
      select u.id, u.xp from users u
      where u.xp <> coalesce((select sum(xp) from events where user_id = u.id), 0)
        + coalesce((select sum(xp) from ledger where user_id = u.id), 0)`),
    totals: await on.query(sql`
      select coalesce(t.user_id, e.user_id) as "userId", coalesce(t.type, e.type) as type, t.count, e.count as logged
      from event_type_totals t
      full join (select user_id, type, count(*) as count, sum(points) as points, min(occurred_at) as first_at, max(occurred_at) as last_at
        from events group by user_id, type) e on e.user_id = t.user_id and e.type = t.type
      where (t.count, t.points, t.first_at, t.last_at) is distinct from (e.count, e.points, e.first_at, e.last_at)`),
    unlocksWithoutLedger: await on.query(sql`
      select a.user_id, a.achievement, a.tier from user_achievements a
      where a.points + a.xp <> 0 and a.revoked_at is null and (select count(*) from ledger l where l.user_id = a.user_id
        and l.achievement = a.achievement and l.tier = a.tier and l.period = a.period) <> 1`),
    unlocksWithoutMessage: await on.query(sql`
      select a.user_id, a.achievement, a.tier from user_achievements a
      where a.source = 'rule' and (select count(*) from notifications n where n.user_id = a.user_id and n.kind = 'ACHIEVEMENT_UNLOCKED'
        and n.data->>'achievement' = a.achievement and (n.data->>'tier')::int = a.tier and n.data->>'period' = a.period) <> 1`),
    messagesWithoutOutbox: await on.query(sql`
      select user_id, kind, data from notifications
      except all select user_id, kind, payload from outbox where user_id is not null`),
    places: await on.query(sql`
      select u.id, u.last_seq from users u left join notifications n on n.user_id = u.id
      group by u.id, u.last_seq having count(n.seq) <> u.last_seq or coalesce(max(n.seq), 0) <> u.last_seq`),
    lastActivity: await on.query(sql`
      select u.id from users u where u.last_activity_at is distinct from (select max(occurred_at) from events where user_id = u.id)`),
  };
  expect(wrong).toEqual(Object.fromEntries(Object.keys(wrong).map((name) => [name, []])));
}
