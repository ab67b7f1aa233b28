import { OPENING } from '../../engine/opening.ts';
import type { Queryable } from '../../platform/database.ts';
import { sql } from '../../platform/sql.ts';
import type { ImportedUnlock } from './imported-unlocks.ts';

/** An opening entry to write, with its user. */
export interface OpeningRow {
  readonly userId: string;
  readonly id: string;
  readonly details: object;
  readonly timezone: string | null;
  readonly points: number;
  readonly xp: number;
  readonly occurredAt: Date;
  readonly payloadHash: Uint8Array;
}

/** The users' fields that a file sets; null leaves what is there. Users must be locked. */
export interface ImportedUser {
  readonly userId: string;
  readonly displayName: string | null;
  readonly timezone: string | null;
  readonly locale: string | null;
  readonly attributes: string | null;
  readonly createdAt: Date;
}

/** The hash of the key that every opening has: a user has one opening at most. */
export const OPENING_KEY = '00000000-0000-0000-0000-00000000000a';

/** The users whom externalIds name, with the payload hashes of the openings they have; null: none. Who is absent is left out. */
export async function readOpenings(
  on: Queryable,
  externalIds: readonly string[],
): Promise<{ externalId: string; payloadHash: Uint8Array | null }[]> {
  return on.query(sql`/* moving.read_openings */
    select u.external_id as "externalId", e.payload_hash as "payloadHash"
    from unnest(${externalIds}::text[]) as n (external_id)
    join users u using (external_id)
    left join events e on e.user_id = u.id and e.key_hash = ${OPENING_KEY}::uuid`);
}

/** Sets what a file says of users. */
export async function updateImported(on: Queryable, users: readonly ImportedUser[], at: Date): Promise<void> {
  await on.query(sql`/* moving.update_users */
    update users u set display_name = coalesce(n.display_name, u.display_name), timezone = coalesce(n.timezone, u.timezone),
      locale = coalesce(n.locale, u.locale), attributes = coalesce(n.attributes::jsonb, u.attributes),
      created_at = least(u.created_at, n.created_at), row_version = u.row_version + 1, updated_at = ${at}::timestamptz
    from unnest(${users.map(({ userId }) => userId)}::uuid[], ${users.map(({ displayName }) => displayName)}::text[],
      ${users.map(({ timezone }) => timezone)}::text[], ${users.map(({ locale }) => locale)}::text[],
      ${users.map(({ attributes }) => attributes)}::text[], ${users.map(({ createdAt }) => createdAt)}::timestamptz[])
      as n (id, display_name, timezone, locale, attributes, created_at)
    where u.id = n.id`);
}

/**
 * Deletes the openings of locked users, with the unlocks that came with them and are still held so, and the ledger lines of these.
 * What the rules gave for an opening is a decision and stays; `renamed` finds what goes by another key since. Answers the ids of the
 * openings, by user.
 */
export async function dropOpenings(
  on: Queryable,
  userIds: readonly string[],
  renamed: ReadonlyMap<string, string>,
): Promise<Map<string, string>> {
  const rows = await on.query<{ userId: string; id: string }>(sql`/* moving.drop_openings */
    with gone as (
      delete from events e using unnest(${userIds}::uuid[]) as n (user_id)
      where e.user_id = n.user_id and e.key_hash = ${OPENING_KEY}::uuid
      returning e.user_id, e.id),
    lines as (
      select l.user_id, l.id, l.event_id, l.achievement, n.key, l.tier, l.period
      from ledger l join gone on l.user_id = gone.user_id and l.event_id = gone.id
      left join unnest(${[...renamed.keys()]}::text[], ${[...renamed.values()]}::text[]) as n (former, key)
        on n.former = l.achievement
      where l.source = 'opening'),
    unlocks as (
      delete from user_achievements a using lines l
      where (a.user_id, a.event_id, a.tier, a.period) = (l.user_id, l.event_id, l.tier, l.period)
        and a.achievement in (l.achievement, l.key) and a.source = 'rule' and a.revoked_at is null
      returning l.user_id, l.id),
    forgotten as (delete from ledger l using unlocks u where (l.user_id, l.id) = (u.user_id, u.id))
    select user_id as "userId", id from gone`);
  return new Map(rows.map(({ userId, id }) => [userId, id]));
}

/** Adds openings to the log, each before its user's first event: what was reached elsewhere was reached before all that happened here. */
export async function insertOpenings(
  on: Queryable,
  rows: readonly OpeningRow[],
  { at, catalogVersion }: { readonly at: Date; readonly catalogVersion: number },
): Promise<void> {
  await on.query(sql`/* moving.insert_openings */
    insert into events (user_id, id, type, details, timezone, points, xp, occurred_at, recorded_at, key_hash, payload_hash,
      catalog_version)
    select n.user_id, n.id, ${OPENING}, n.details::jsonb, n.timezone, n.points, n.xp,
      least(n.occurred_at, (select min(t.first_at) from event_type_totals t where t.user_id = n.user_id) - interval '1 ms'), ${at}::timestamptz, ${OPENING_KEY}::uuid,
      n.payload_hash, ${catalogVersion}::int
    from unnest(${rows.map(({ userId }) => userId)}::uuid[], ${rows.map(({ id }) => id)}::uuid[],
      ${rows.map(({ details }) => JSON.stringify(details))}::text[], ${rows.map(({ timezone }) => timezone)}::text[],
      ${rows.map(({ points }) => points)}::bigint[], ${rows.map(({ xp }) => xp)}::bigint[],
      ${rows.map(({ occurredAt }) => occurredAt)}::timestamptz[], ${rows.map(({ payloadHash }) => payloadHash)}::bytea[])
      as n (user_id, id, details, timezone, points, xp, occurred_at, payload_hash)`);
}

/** An imported unlock with its opening and the id of its line in the ledger. */
export type ImportedUnlockRow = ImportedUnlock & {
  readonly userId: string;
  readonly eventId: string;
  readonly lineId: string;
};

/** Adds unlocks that came with openings, each with its line of the ledger; what is held, or was revoked, already stays as it is. */
export async function insertImportedUnlocks(
  on: Queryable,
  rows: readonly ImportedUnlockRow[],
  { at, catalogVersion }: { readonly at: Date; readonly catalogVersion: number },
): Promise<void> {
  if (rows.length === 0) return;
  await on.query(sql`/* moving.insert_unlocks */
    with n as (
      select * from unnest(${rows.map(({ userId }) => userId)}::uuid[], ${rows.map(({ achievement }) => achievement)}::text[],
        ${rows.map(({ tier }) => tier)}::int[], ${rows.map(({ period }) => period)}::text[],
        ${rows.map(({ unlockedAt }) => new Date(unlockedAt))}::timestamptz[], ${rows.map(({ eventId }) => eventId)}::uuid[],
        ${rows.map(({ points }) => points)}::bigint[], ${rows.map(({ lineId }) => lineId)}::uuid[])
        as n (user_id, achievement, tier, period, unlocked_at, event_id, points, line_id)),
    made as (
      insert into user_achievements (user_id, achievement, tier, period, unlocked_at, recorded_at, version, source, event_id,
        points, xp)
      select user_id, achievement, tier, period, unlocked_at, ${at}::timestamptz, ${catalogVersion}::int, 'rule', event_id, points, 0
      from n
      on conflict do nothing
      returning user_id, achievement, tier, period)
    insert into ledger (user_id, id, source, achievement, tier, period, event_id, points, xp, recorded_at)
    select user_id, line_id, 'opening', achievement, tier, period, event_id, points, 0, ${at}::timestamptz
    from n join made using (user_id, achievement, tier, period)`);
}
