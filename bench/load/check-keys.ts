import { query } from '../support/databases.ts';
import type { KeyCheck } from './job.ts';

/**
 * Looks up every acknowledged key of a run in the log: each must be there exactly once. A key that was not acknowledged may be there
 * (its answer was on the way) but not twice.
 */
export async function checkKeys(databaseUrl: string, run: string, acknowledged: Uint8Array): Promise<KeyCheck> {
  const rows = await query<{ number: number; times: number }>(
    databaseUrl,
    `select substr(idempotency_key, length($1) + 1)::int as number, count(*)::int as times
     from event_log where starts_with(idempotency_key, $1) group by 1`,
    [`${run}-`],
  );
  const times = new Map(rows.map((row) => [row.number, row.times]));
  let checked = 0;
  let lost = 0;
  for (const [index, isAcknowledged] of acknowledged.entries()) {
    if (isAcknowledged === 0) continue;
    checked += 1;
    if (!times.has(index)) lost += 1;
  }
  return { checked, lost, doubled: rows.filter((row) => row.times > 1).length };
}
