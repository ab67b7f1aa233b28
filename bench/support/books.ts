import { query } from './databases.ts';

/** Each answers how many rows are wrong. */
const BOOKS = {
  'scores that are not the sum of their events': `
    select count(*)::int as wrong from users u
    left join (select user_id, sum(points) as points from event_log group by user_id) e on e.user_id = u.id
    where u.score <> coalesce(e.points, 0)`,
  'achievement points that are not the sum of the ledger': `
    select count(*)::int as wrong from users u
    left join (select user_id, sum(points) as points from ledger group by user_id) l on l.user_id = u.id
    where u.achievement_points <> coalesce(l.points, 0)`,
  'unlocks without exactly one line of the ledger and one row of the outbox': `
    select count(*)::int as wrong from user_achievements a
    full join (select user_id, achievement, tier, count(*) as lines from ledger group by 1, 2, 3) l using (user_id, achievement, tier)
    full join (select user_id, payload->>'achievement' as achievement, (payload->>'tier')::int as tier, count(*) as rows from outbox
      where kind = 'ACHIEVEMENT_UNLOCKED' group by 1, 2, 3) o using (user_id, achievement, tier)
    where a.user_id is null or l.lines is distinct from 1 or o.rows is distinct from 1`,
  'unlocks that were not told exactly once': `
    select count(*)::int as wrong from (select user_id, payload as data, count(*) as announced from outbox
      where kind = 'ACHIEVEMENT_UNLOCKED' and not coalesce((payload->>'silent')::boolean, false) group by 1, 2) o
    full join (select user_id, data, count(*) as told from notifications where kind = 'ACHIEVEMENT_UNLOCKED' group by 1, 2) n
      using (user_id, data)
    where o.announced is distinct from 1 or n.told is distinct from 1`,
  'idempotency keys in the log twice': `
    select count(*)::int as wrong from (select 1 from event_log where idempotency_key is not null
      group by user_id, idempotency_key having count(*) > 1) as twice`,
} as const;

/**
 * Balances the books of a Laurel's database after load; answers that in words.
 * @throws naming what does not balance
 */
export async function checkBooks(databaseUrl: string): Promise<string> {
  const faults: string[] = [];
  for (const [what, text] of Object.entries(BOOKS)) {
    const [row] = await query<{ wrong: number }>(databaseUrl, text);
    if (row?.wrong !== 0) faults.push(`${row?.wrong} ${what}`);
  }
  if (faults.length > 0) throw new Error(`the books do not balance: ${faults.join('; ')}`);
  const [counts] = await query<{ events: number; unlocks: number }>(
    databaseUrl,
    'select (select count(*)::int from event_log) as events, (select count(*)::int from user_achievements) as unlocks',
  );
  return (
    `Books after ${(counts?.events ?? 0).toLocaleString('en')} events: scores are the sums of their events, and each of ` +
    `${(counts?.unlocks ?? 0).toLocaleString('en')} unlocks has one line of the ledger, one row of the outbox and one message.`
  );
}
