import { badUserInput } from '../../graphql/errors.ts';
import { uuidOf } from '../../graphql/global-id.ts';
import { unstorable } from '../../platform/storable.ts';

/** A user named in exactly one way. `id` is a bare UUID. */
export interface UserRef {
  readonly by: 'id' | 'externalId' | 'username';
  readonly value: string;
}

/** The input as a client sends it. */
export interface UserRefInput {
  readonly id?: string | null | undefined;
  readonly externalId?: string | null | undefined;
  readonly username?: string | null | undefined;
}

/** Most characters of an externalId. */
export const EXTERNAL_ID_LENGTH = 200;
/** Most characters of a username. */
export const USERNAME_LENGTH = 50;

/**
 * Reads a UserRef; null and "" count as unset, as some serialisers send every field.
 * @throws BAD_USER_INPUT when not exactly one field is set, or an id is malformed
 */
export function readUserRef(input: UserRefInput): UserRef {
  const set = (['id', 'externalId', 'username'] as const).flatMap((by) => {
    const value = input[by];
    return value ? [{ by, value }] : [];
  });
  const [ref, ...others] = set;
  if (ref === undefined || others.length > 0) {
    throw badUserInput('Name a user by exactly one of id, externalId, username');
  }
  if (ref.by === 'id') return { by: 'id', value: uuidOf('User', ref.value) };
  const longest = ref.by === 'externalId' ? EXTERNAL_ID_LENGTH : USERNAME_LENGTH;
  if (ref.value.length > longest) throw badUserInput(`${ref.by} has at most ${longest} characters`);
  const fault = unstorable(ref.value);
  if (fault !== null) throw badUserInput(`${ref.by} ${fault}`);
  return ref;
}

/** Same user named the same way, same key. */
export function refKey(ref: UserRef): string {
  return `${ref.by}:${ref.value}`;
}
