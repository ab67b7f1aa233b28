import type { Catalog } from '../../engine/catalog.ts';
import type { PrismaClient, User } from '../../generated/prisma/client.ts';
import { Refusal } from '../../graphql/errors.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Database, Queryable, Transaction } from '../../platform/database.ts';
import type { Ids } from '../../platform/ids.ts';
import type { RandomNames } from '../../platform/random.ts';
import type { CatalogService } from '../catalog/service.ts';
import type { RankKeeper } from '../leaderboards/keeper.ts';
import { LostRaceError } from '../state/service.ts';
import { wholeTouchedRow } from '../state/touched.ts';
import {
  EmailTakenError,
  ExternalIdTakenError,
  InvalidUserError,
  UserNotFoundError,
  UsernameTakenError,
} from './errors.ts';
import {
  countUsers,
  type ImportedUser,
  insertImported,
  insertUnknown,
  insertUser,
  readUserPage,
  resolveRefs,
  type UserFields,
  type UserPage,
  updateUser,
} from './store.ts';
import { readUserRef, refKey, type UserRef, type UserRefInput } from './user-ref.ts';
import { readUserFields, type UserInput } from './validate.ts';

export type { UserFields } from './store.ts';
export type { UserInput } from './validate.ts';

/** An upsert as a client sends it. */
export interface UpsertInput extends UserInput {
  readonly user: UserRefInput;
}

/** Use cases of users. */
export interface UserService {
  /** For Pothos, which loads users by their global id. */
  readonly prisma: PrismaClient;
  /** A page of all users, oldest first. */
  list(page: UserPage): Promise<User[]>;
  /** How many users a search finds; all of them without one. */
  count(search: string | null): Promise<number>;
  /** Answers the new user's id. Throws InvalidUserError, UsernameTakenError, EmailTakenError, ExternalIdTakenError. */
  create(input: UserInput): Promise<string>;
  /** Creates or changes; absent fields stay. Throws the same, and UserNotFoundError for an id that nobody has. */
  upsert(input: UpsertInput): Promise<{ readonly userId: string; readonly created: boolean }>;
  /** Each by itself, in order: its answer or its refusal. Throws BAD_USER_INPUT, nothing written, for a malformed reference. */
  upsertMany(
    inputs: readonly UpsertInput[],
  ): Promise<({ readonly userId: string; readonly created: boolean } | Refusal)[]>;
}

/** What the use cases stand on. */
export interface UserServiceParts {
  readonly database: Database;
  readonly catalog: CatalogService;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly names: RandomNames;
  /** Told at once whom boards show from now on, or not any more. */
  readonly ranks: Pick<RankKeeper, 'refresh'>;
}

/** Made names are 8 letters of 31; a few tries are plenty. */
const MOST_TRIES = 5;

/** Makes the use cases of users. */
export function createUserService(parts: UserServiceParts): UserService {
  const { database, catalog } = parts;
  const fieldsOf = (input: UserInput): UserFields => readUserFields(input, catalog.live().catalog.users.attributes);

  const upsert = async (input: UpsertInput): Promise<{ userId: string; created: boolean }> => {
    const ref = readUserRef(input.user);
    const fields = fieldsOf(input);
    for (let attempt = 1; ; attempt += 1) {
      const userId = (await resolveRefs(database, [ref])).get(refKey(ref));
      if (userId !== undefined) {
        const change = { at: new Date(parts.clock.now()), touched: wholeTouchedRow(parts.ids, userId) };
        const isTouched = await refusingTaken(fields, () => updateUser(database, userId, fields, change));
        if (isTouched) await parts.ranks.refresh([userId]);
        return { userId, created: false };
      }
      if (ref.by === 'id') throw new UserNotFoundError(ref);
      try {
        return { userId: await insert(parts, fieldsOf(named(input, ref))), created: true };
      } catch (error) {
        // Somebody created the same user between the look and the insert: now it is there to be changed.
        const raced = error instanceof Refusal && (await resolveRefs(database, [ref])).size > 0;
        if (!raced || attempt === MOST_TRIES) throw error;
      }
    }
  };

  return {
    prisma: database.prisma,
    list: (page) => readUserPage(database.prisma, page),
    count: (search) => countUsers(database.prisma, search),
    create: (input) => insert(parts, fieldsOf(input)),
    upsert,
    async upsertMany(inputs) {
      for (const { user } of inputs) readUserRef(user);
      const results: ({ userId: string; created: boolean } | Refusal)[] = [];
      for (const input of inputs) {
        results.push(
          await upsert(input).catch((error: unknown) => {
            if (error instanceof Refusal) return error;
            throw error;
          }),
        );
      }
      return results;
    },
  };
}

/**
 * Reads what a file sets on a user, as the API would.
 * @throws InvalidUserError naming every fault
 */
export function readFields(input: UserInput, catalog: Catalog): UserFields {
  return readUserFields(input, catalog.users.attributes);
}

/** How users are made whom an event names first. */
export interface NewcomerOptions {
  readonly catalogVersion: number;
  readonly at: Date;
  readonly ids: Ids;
  readonly names: RandomNames;
}

/**
 * Makes users of externalIds, within a transaction. One that somebody else makes at the same moment, or whose made username is taken,
 * is left out: look who is there, and try again for the rest.
 */
export async function createUnknown(
  transaction: Transaction,
  externalIds: readonly string[],
  { catalogVersion, at, ids, names }: NewcomerOptions,
): Promise<void> {
  const users = externalIds.map((externalId) => ({
    id: ids.next(),
    externalId,
    username: madeName(names),
  }));
  await insertUnknown(transaction, users, catalogVersion, at);
}

/**
 * Makes users whose state the same transaction writes.
 * @throws LostRaceError when somebody else makes one of them at the same moment, or a made username is taken
 */
export async function createImported(
  transaction: Transaction,
  users: readonly Omit<ImportedUser, 'username'>[],
  { catalogVersion, at, names }: Omit<NewcomerOptions, 'ids'>,
): Promise<void> {
  const named = users.map((user) => ({ ...user, username: madeName(names) }));
  if ((await insertImported(transaction, named, catalogVersion, at)) !== users.length) throw new LostRaceError('users');
}

function madeName(names: RandomNames): string {
  return `player_${names.next(8)}`;
}

/** Ids of the users named, by refKey; who is absent is missing from the map. */
export async function resolveUserRefs(on: Queryable, refs: readonly UserRef[]): Promise<Map<string, string>> {
  return resolveRefs(on, refs);
}

/** The input for a new user who was named by `ref`. */
function named(input: UpsertInput, ref: UserRef): UserInput {
  const own = ref.by === 'externalId' ? input.externalId : input.username;
  if (own != null && own !== ref.value) {
    throw new InvalidUserError([
      { path: ref.by, message: `is not user.${ref.by}, and there is no such user to change` },
    ]);
  }
  return { ...input, [ref.by]: ref.value };
}

/** What making one user stands on. */
export type AddUserParts = Pick<UserServiceParts, 'catalog' | 'clock' | 'ids' | 'names'>;

/**
 * Makes a user as `create` would, within a transaction that is of no use after a refusal. Answers its id.
 * @throws InvalidUserError, UsernameTakenError (of a made name too), EmailTakenError, ExternalIdTakenError
 */
export async function addUser(parts: AddUserParts, transaction: Transaction, input: UserInput): Promise<string> {
  return insertOnce(parts, transaction, readFields(input, parts.catalog.live().catalog));
}

/** What changing one user stands on. */
export type ChangeUserParts = Pick<UserServiceParts, 'catalog' | 'clock' | 'ids'>;

/**
 * Sets what is not null on a user, within a transaction that is of no use after a refusal; nothing that moves it on boards.
 * @throws InvalidUserError, UsernameTakenError, EmailTakenError
 */
export async function changeUser(
  { catalog, clock, ids }: ChangeUserParts,
  transaction: Transaction,
  userId: string,
  input: Pick<UserInput, 'username' | 'email'>,
): Promise<void> {
  const fields = readFields(input, catalog.live().catalog);
  const change = { at: new Date(clock.now()), touched: wholeTouchedRow(ids, userId) };
  await refusingTaken(fields, () => updateUser(transaction, userId, fields, change));
}

async function insertOnce(
  { catalog, clock, ids, names }: AddUserParts,
  on: Queryable,
  fields: UserFields,
): Promise<string> {
  const user = { ...fields, id: ids.next(), username: fields.username ?? madeName(names) };
  await refusingTaken(user, () => insertUser(on, user, catalog.live().version, new Date(clock.now())));
  return user.id;
}

async function insert(parts: UserServiceParts, fields: UserFields): Promise<string> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await insertOnce(parts, parts.database, fields);
    } catch (error) {
      const ownName = fields.username !== null;
      if (!(error instanceof UsernameTakenError) || ownName || attempt === MOST_TRIES) throw error;
    }
  }
}

/** Runs a write; a unique violation becomes the refusal that names the field. */
async function refusingTaken<T>(fields: UserFields, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    const { code, constraint } = error as { code?: string; constraint?: string };
    if (code !== '23505') throw error;
    if (constraint === 'users_username_key') throw new UsernameTakenError(fields.username ?? '');
    if (constraint === 'users_email_key') throw new EmailTakenError(fields.email ?? '');
    if (constraint === 'users_external_id_key') throw new ExternalIdTakenError(fields.externalId ?? '');
    throw error;
  }
}

/**
 * The id of the user named, for the command line.
 * @throws UserNotFoundError
 */
export async function resolveUserId(on: Queryable, input: UserRefInput): Promise<string> {
  const ref = readUserRef(input);
  const userId = (await resolveRefs(on, [ref])).get(refKey(ref));
  if (userId === undefined) throw new UserNotFoundError(ref);
  return userId;
}
