import type { Queryable, Transaction } from '../../platform/database.ts';
import { sql } from '../../platform/sql.ts';

/** Why events are doubted: their source is trusted less than their type wants; they are more than its velocity allows. */
export type Cause = 'TRUST' | 'VELOCITY';
/** What a reviewer decides. */
export type Verdict = 'CLEAR' | 'QUARANTINE';

/** Events of one user that one batch recorded and that are doubted, of one type and for one cause, in the order they came. */
export interface Doubt {
  readonly userId: string;
  readonly cause: Cause;
  readonly eventType: string;
  readonly count: number;
  readonly firstEventId: string;
  readonly lastEventId: string;
}

/** A row of suspicions. */
export interface SuspicionRow extends Doubt {
  readonly id: string;
  /** When the first and the newest event were recorded. */
  readonly firstAt: Date;
  readonly lastAt: Date;
  /** Null, with what follows: nobody has decided. */
  readonly verdict: Verdict | null;
  readonly note: string | null;
  readonly decidedAt: Date | null;
  /** As the audit log names the actor. */
  readonly decidedBy: string | null;
}

const columns = sql`s.id, s.user_id as "userId", s.cause, s.event_type as "eventType", s.count, s.first_at as "firstAt", s.last_at as "lastAt",
      s.first_event_id as "firstEventId", s.last_event_id as "lastEventId", s.verdict, s.note, s.decided_at as "decidedAt",
      s.decided_by as "decidedBy"`;

/** What became of a doubt. */
export interface RaisedRow extends Pick<Doubt, 'userId' | 'cause' | 'eventType' | 'firstEventId'> {
  /** Of the open suspicion that took it in: the doubt's own where there was none. */
  readonly id: string;
  readonly isQuarantined: boolean;
  /** A reviewer has cleared the user of the same after `clearedSince`. */
  readonly isCleared: boolean;
}

/** Adds what is doubted of locked users to what is open of them, or opens it. */
export async function upsertSuspicions(
  transaction: Transaction,
  doubts: readonly (Doubt & { readonly id: string })[],
  { at, clearedSince }: { readonly at: Date; readonly clearedSince: Date },
): Promise<RaisedRow[]> {
  return transaction.query<RaisedRow>(sql`/* suspicions.upsert */
    insert into suspicions as s (id, user_id, cause, event_type, first_at, last_at, count, first_event_id, last_event_id)
    select id, user_id, cause, event_type, ${at}::timestamptz, ${at}::timestamptz, count, first_event_id, last_event_id
    from unnest(${doubts.map(({ id }) => id)}::uuid[], ${doubts.map(({ userId }) => userId)}::uuid[],
      ${doubts.map(({ cause }) => cause)}::text[], ${doubts.map(({ eventType }) => eventType)}::text[],
      ${doubts.map(({ count }) => count)}::bigint[], ${doubts.map(({ firstEventId }) => firstEventId)}::uuid[],
      ${doubts.map(({ lastEventId }) => lastEventId)}::uuid[])
      as n (id, user_id, cause, event_type, count, first_event_id, last_event_id)
    on conflict (user_id, cause, event_type) where verdict is null do update
    set last_at = greatest(s.last_at, excluded.last_at), count = s.count + excluded.count,
      last_event_id = excluded.last_event_id
    returning s.id, s.user_id as "userId", s.cause, s.event_type as "eventType", s.first_event_id as "firstEventId",
      exists (select from users u where u.id = s.user_id and u.quarantined_at is not null) as "isQuarantined",
      exists (
        select from suspicions c
        where (c.user_id, c.cause, c.event_type) = (s.user_id, s.cause, s.event_type)
          and c.verdict = 'CLEAR' and c.decided_at > ${clearedSince}::timestamptz) as "isCleared"`);
}

/** A page in the order in which they were opened. */
export interface SuspicionPage {
  /** Those that nobody has decided, or the others. */
  readonly isOpen: boolean;
  /** Ids. */
  readonly after: string | null;
  readonly before: string | null;
  readonly limit: number;
  readonly backwards: boolean;
}

/** A page of the list, longest waiting first; read from the end when `backwards`. */
export async function readSuspicions(
  on: Queryable,
  { isOpen, after, before, limit, backwards }: SuspicionPage,
): Promise<SuspicionRow[]> {
  const rows = await on.query<SuspicionRow>(sql`/* suspicions.page */
    select ${columns} from suspicions s join users u on u.id = s.user_id
    where ${isOpen ? sql`s.verdict is null` : sql`s.verdict is not null`}
      and (${after}::uuid is null or s.id > ${after}::uuid) and (${before}::uuid is null or s.id < ${before}::uuid)
    order by ${backwards ? sql`s.id desc` : sql`s.id`} limit ${limit}::int`);
  return backwards ? rows.reverse() : rows;
}

/** A suspicion with how its user stands. */
export interface StandingSuspicion extends SuspicionRow {
  readonly isQuarantined: boolean;
  readonly quarantineReason: string | null;
}

/** A suspicion; null where absent. To be decided it is read again once its user is locked. */
export async function readSuspicion(on: Queryable, id: string): Promise<StandingSuspicion | null> {
  const [row] = await on.query<StandingSuspicion>(sql`/* suspicions.read */
    select ${columns}, u.quarantined_at is not null as "isQuarantined", u.quarantine_reason as "quarantineReason"
    from suspicions s join users u on u.id = s.user_id
    where s.id = ${id}::uuid`);
  return row ?? null;
}

/** What is written of a suspicion of a locked user. */
export type DecisionOf = Required<Pick<SuspicionRow, 'id' | 'note'>> & {
  readonly verdict: Verdict;
  readonly at: Date;
  readonly by: string;
};

/** Closes a suspicion; answers it. */
export async function updateDecided(transaction: Transaction, decision: DecisionOf): Promise<SuspicionRow | null> {
  const { id, verdict, note, at, by } = decision;
  const [row] = await transaction.query<SuspicionRow>(sql`/* suspicions.decide */
    update suspicions s set verdict = ${verdict}, note = ${note}, decided_at = ${at}::timestamptz, decided_by = ${by}
    where s.id = ${id}::uuid and s.verdict is null
    returning ${columns}`);
  return row ?? null;
}

/**
 * Deletes suspicions that were decided before a moment, as many as `most`, and those of users whom a server of an older version has
 * erased, which knows of none. Answers how many.
 */
export async function deleteOld(on: Queryable, before: Date | null, most: number): Promise<number> {
  const rows = await on.query(sql`/* suspicions.delete_old */
    delete from suspicions where id in (
      select s.id from suspicions s
      where s.decided_at < ${before}::timestamptz or not exists (select from users u where u.id = s.user_id)
      order by s.id limit ${most}::int
      for update skip locked)
    returning id`);
  return rows.length;
}
