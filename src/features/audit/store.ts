import type { Queryable, Transaction } from '../../platform/database.ts';
import { sql } from '../../platform/sql.ts';

/** A row of audit_log. */
export interface AuditRow {
  readonly id: string;
  readonly at: Date;
  readonly actor: string;
  readonly action: string;
  /** Global id of what it was done to. */
  readonly subject: string;
  readonly requestId: string | null;
  readonly before: unknown;
  readonly after: unknown;
}

/** Which rows, newest first. */
export interface AuditPage {
  readonly actor: string | null;
  readonly action: string | null;
  readonly after: string | null;
  readonly before: string | null;
  readonly limit: number;
  readonly backwards: boolean;
}

/** Adds rows, in the transaction of what they tell of. */
export async function insertAudit(transaction: Transaction, rows: readonly AuditRow[]): Promise<void> {
  await transaction.query(sql`/* audit.insert */
    insert into audit_log (id, at, actor, action, subject, request_id, before, after)
    select id, at, actor, action, subject, request_id, before::jsonb, after::jsonb
    from unnest(${rows.map(({ id }) => id)}::uuid[], ${rows.map(({ at }) => at)}::timestamptz[],
      ${rows.map(({ actor }) => actor)}::text[], ${rows.map(({ action }) => action)}::text[],
      ${rows.map(({ subject }) => subject)}::text[], ${rows.map(({ requestId }) => requestId)}::text[],
      ${rows.map(({ before }) => jsonOf(before))}::text[], ${rows.map(({ after }) => jsonOf(after))}::text[])
      as n (id, at, actor, action, subject, request_id, before, after)`);
}

/** A page of the log in list order: newest first. */
export async function readAudit(on: Queryable, page: AuditPage): Promise<AuditRow[]> {
  const { actor, action, after, before, limit, backwards } = page;
  const rows = await on.query<AuditRow>(sql`/* audit.page */
    select id, at, actor, action, subject, request_id as "requestId", before, after from audit_log
    where (${actor}::text is null or actor = ${actor}::text) and (${action}::text is null or action = ${action}::text)
      and (${after}::uuid is null or id < ${after}::uuid) and (${before}::uuid is null or id > ${before}::uuid)
    order by ${backwards ? sql`id` : sql`id desc`} limit ${limit}::int`);
  return backwards ? rows.reverse() : rows;
}

/** Deletes rows from before a moment, as many as `most`. Answers how many. */
export async function deleteAudit(on: Queryable, before: Date, most: number): Promise<number> {
  const rows = await on.query(sql`/* audit.delete_old */
    delete from audit_log where id in (
      select id from audit_log where at < ${before}::timestamptz order by id limit ${most}::int for update skip locked)
    returning id`);
  return rows.length;
}

function jsonOf(value: unknown): string | null {
  return value === null ? null : JSON.stringify(value);
}
