import type { PrismaClient, User } from '../../generated/prisma/client.ts';
import type { Queryable } from '../../platform/database.ts';
import { sql } from '../../platform/sql.ts';
import type { NewOutboxRow } from '../state/service.ts';
import type { UserRef } from './user-ref.ts';
import { refKey } from './user-ref.ts';

/** What may be set on a user; null leaves it as it is (or takes the default on creation). */
export interface UserFields {
  readonly externalId: string | null;
  readonly username: string | null;
  readonly email: string | null;
  readonly displayName: string | null;
  readonly avatar: string | null;
  readonly timezone: string | null;
  readonly locale: string | null;
  readonly attributes: string | null;
  readonly test: boolean | null;
  readonly showOnLeaderboards: boolean | null;
}

/** A user to insert; `username` is never null here. */
export interface NewUser extends UserFields {
  readonly id: string;
  readonly username: string;
}

/** A page of all users, or of those whose username or displayName begins with `search`, whatever the case. */
export interface UserPage {
  readonly search: string | null;
  /** Ids. */
  readonly after: string | null;
  readonly before: string | null;
  readonly limit: number;
  readonly backwards: boolean;
}

/** The users of a page in the order of their ids, which is that of their creation; the last `limit` when `backwards`. */
export async function readUserPage(prisma: PrismaClient, page: UserPage): Promise<User[]> {
  const { search, after, before, limit, backwards } = page;
  const id = { ...(after !== null && { gt: after }), ...(before !== null && { lt: before }) };
  const users = await prisma.user.findMany({
    where: { ...searchBy(search), id },
    orderBy: { id: backwards ? 'desc' : 'asc' },
    take: limit,
  });
  return backwards ? users.reverse() : users;
}

/** How many users a search finds; all of them without one. */
export async function countUsers(prisma: PrismaClient, search: string | null): Promise<number> {
  return prisma.user.count({ where: searchBy(search) });
}

function searchBy(search: string | null) {
  if (!search) return {};
  // Prisma hands the text to ILIKE as it stands.
  const text = search.replace(/[\\%_]/g, (character) => `\\${character}`);
  return {
    OR: [
      { username: { startsWith: text, mode: 'insensitive' as const } },
      { displayName: { startsWith: text, mode: 'insensitive' as const } },
    ],
  };
}

/** The users with these ids, in no order, as Prisma would read them: nearly every screen asks for some. */
export async function readUsers(on: Queryable, ids: readonly string[]): Promise<User[]> {
  const rows = await on.query<Row>(sql`/* users.read */
    select id, external_id as "externalId", username, email, display_name as "displayName", avatar, timezone, locale, attributes,
      test, created_at as "createdAt", updated_at as "updatedAt", catalog_version as "catalogVersion", score,
      achievement_points as "achievementPoints", xp, last_activity_at as "lastActivityAt", last_seq as "lastSeq",
      row_version as "rowVersion", archived_to as "archivedTo", show_on_leaderboards as "showOnLeaderboards",
      hidden_on_leaderboards as "hiddenOnLeaderboards", blocked_until as "blockedUntil", blocked_reason as "blockedReason",
      quarantined_at as "quarantinedAt", quarantine_reason as "quarantineReason", role
    from users where id = any(${ids}::uuid[])`);
  return rows.map((row) => ({
    ...row,
    score: BigInt(row.score),
    achievementPoints: BigInt(row.achievementPoints),
    xp: BigInt(row.xp),
    lastSeq: BigInt(row.lastSeq),
    rowVersion: BigInt(row.rowVersion),
  }));
}

type Big = 'score' | 'achievementPoints' | 'xp' | 'lastSeq' | 'rowVersion';
/** Integers that fit a double come as numbers. */
type Row = Omit<User, Big> & Readonly<Record<Big, number>>;

/** Ids of the users named, by refKey; who is absent is missing from the map. One statement. */
export async function resolveRefs(on: Queryable, refs: readonly UserRef[]): Promise<Map<string, string>> {
  const values = (by: UserRef['by']): string[] => refs.flatMap((ref) => (ref.by === by ? [ref.value] : []));
  // Only the database folds names: its rule and JavaScript's differ (İ, Σ), and the unique key follows the database's.
  const rows = await on.query<{ by: UserRef['by']; value: string; id: string }>(sql`/* users.resolve */
    select 'id' as by, id::text as value, id from users where id = any(${values('id')}::uuid[])
    union all
    select 'externalId', external_id, id from users where external_id = any(${values('externalId')}::text[])
    union all
    select 'username', n.name, u.id from unnest(${values('username')}::text[]) as n (name)
    join users u on lower(u.username) = lower(n.name)`);
  return new Map(rows.map(({ by, value, id }) => [refKey({ by, value }), id]));
}

/** Inserts one user. Rejects with the unique violation (23505) of the database. */
export async function insertUser(on: Queryable, user: NewUser, catalogVersion: number, at: Date): Promise<void> {
  await on.query(sql`/* users.insert */
    insert into users (id, external_id, username, email, display_name, avatar, timezone, locale, attributes, test,
      show_on_leaderboards, created_at, updated_at, catalog_version)
    values (${user.id}::uuid, ${user.externalId}, ${user.username}, ${user.email}, ${user.displayName ?? user.username},
      ${user.avatar}, ${user.timezone}, ${user.locale}, ${user.attributes ?? '{}'}::jsonb, ${user.test ?? false},
      ${user.showOnLeaderboards ?? true}, ${at}::timestamptz, ${at}::timestamptz, ${catalogVersion}::int)`);
}

/**
 * Sets what is not null. Answers whether boards may have to show the user from now on, or not any more; then `touched` is written to
 * the outbox, so that every keeper of ranks hears of it. Rejects with the unique violation (23505) of the database.
 */
export async function updateUser(
  on: Queryable,
  id: string,
  fields: UserFields,
  { at, touched }: { readonly at: Date; readonly touched: NewOutboxRow },
): Promise<boolean> {
  const rows = await on.query(sql`/* users.update */
    with old as (select id, test, show_on_leaderboards from users where id = ${id}::uuid for update),
    updated as (update users u set
      external_id = coalesce(${fields.externalId}::text, external_id),
      username = coalesce(${fields.username}::text, username),
      email = coalesce(${fields.email}::text, email),
      display_name = coalesce(${fields.displayName}::text, display_name),
      avatar = coalesce(${fields.avatar}::text, avatar),
      timezone = coalesce(${fields.timezone}::text, timezone),
      locale = coalesce(${fields.locale}::text, locale),
      attributes = coalesce(${fields.attributes}::jsonb, attributes),
      test = coalesce(${fields.test}::boolean, old.test),
      show_on_leaderboards = coalesce(${fields.showOnLeaderboards}::boolean, old.show_on_leaderboards),
      row_version = row_version + (coalesce(${fields.test}::boolean, old.test) <> old.test
        or coalesce(${fields.showOnLeaderboards}::boolean, old.show_on_leaderboards) <> old.show_on_leaderboards)::int,
      updated_at = ${at}::timestamptz
    from old where u.id = old.id
    returning u.test <> old.test or u.show_on_leaderboards <> old.show_on_leaderboards as moved)
    insert into outbox (id, kind, payload, created_at)
    select ${touched.id}::uuid, ${touched.kind}::text, ${JSON.stringify(touched.payload)}::jsonb, ${at}::timestamptz
    from updated where moved
    returning 1 as written`);
  return rows.length > 0;
}

/**
 * Creates users for externalIds that nobody has yet, in sorted order so that two batches cannot deadlock; who came first stays.
 */
export async function insertUnknown(
  on: Queryable,
  users: readonly { readonly id: string; readonly externalId: string; readonly username: string }[],
  catalogVersion: number,
  at: Date,
): Promise<void> {
  const sorted = users.toSorted((a, b) => (a.externalId < b.externalId ? -1 : 1));
  await on.query(sql`/* users.insert_unknown */
    insert into users (id, external_id, username, display_name, created_at, updated_at, catalog_version)
    select id, external_id, username, username, ${at}::timestamptz, ${at}::timestamptz, ${catalogVersion}::int
    from unnest(${sorted.map(({ id }) => id)}::uuid[], ${sorted.map(({ externalId }) => externalId)}::text[],
      ${sorted.map(({ username }) => username)}::text[]) as new (id, external_id, username)
    on conflict do nothing`);
}

/** A user who comes with all that was reached elsewhere. */
export interface ImportedUser extends Pick<UserFields, 'displayName' | 'timezone' | 'locale' | 'attributes'> {
  readonly id: string;
  readonly externalId: string;
  readonly username: string;
  readonly createdAt: Date;
  readonly score: number;
  readonly achievementPoints: number;
  readonly xp: number;
}

/** Inserts users whose state the same transaction writes, in sorted order. Answers how many; who came first stays. */
export async function insertImported(
  on: Queryable,
  users: readonly ImportedUser[],
  catalogVersion: number,
  at: Date,
): Promise<number> {
  const sorted = users.toSorted((a, b) => (a.externalId < b.externalId ? -1 : 1));
  const [row] = await on.query<{ inserted: number }>(sql`/* users.insert_imported */
    with inserted as (
    insert into users (id, external_id, username, display_name, timezone, locale, attributes, created_at, updated_at, score,
      achievement_points, xp, row_version, catalog_version)
    select id, external_id, username, coalesce(display_name, username), timezone, locale, coalesce(attributes, '{}')::jsonb,
      created_at, ${at}::timestamptz, score, achievement_points, xp, 1, ${catalogVersion}::int
    from unnest(${sorted.map(({ id }) => id)}::uuid[], ${sorted.map(({ externalId }) => externalId)}::text[],
      ${sorted.map(({ username }) => username)}::text[], ${sorted.map(({ displayName }) => displayName)}::text[],
      ${sorted.map(({ timezone }) => timezone)}::text[], ${sorted.map(({ locale }) => locale)}::text[],
      ${sorted.map(({ attributes }) => attributes)}::text[], ${sorted.map(({ createdAt }) => createdAt)}::timestamptz[],
      ${sorted.map(({ score }) => score)}::bigint[], ${sorted.map(({ achievementPoints }) => achievementPoints)}::bigint[],
      ${sorted.map(({ xp }) => xp)}::bigint[])
      as new (id, external_id, username, display_name, timezone, locale, attributes, created_at, score, achievement_points, xp)
    on conflict do nothing
    returning 1)
    select count(*)::int as inserted from inserted`);
  return row?.inserted ?? 0;
}
