import { type GraphQLSchema, isInterfaceType, isObjectType } from 'graphql';
import { badUserInput } from './errors.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** `User` and a UUID become `user_0192...`. */
export function encodeId(typename: string, id: string): string {
  return `${typename.charAt(0).toLowerCase()}${typename.slice(1)}_${id}`;
}

/**
 * The type and the own id in a global id.
 * @throws BAD_USER_INPUT when it has no such form
 */
export function decodeId(globalId: string): { typename: string; id: string } {
  const at = globalId.indexOf('_');
  if (at < 1 || at === globalId.length - 1 || globalId.length > 300)
    throw badUserInput(`'${shorten(globalId)}' is no id`);
  return { typename: globalId.charAt(0).toUpperCase() + globalId.slice(1, at), id: globalId.slice(at + 1) };
}

/**
 * The own id where the type is known: a global id of that type, or (for types whose id is one UUID) the bare UUID.
 * @throws BAD_USER_INPUT when it is neither
 */
export function idOf(typename: string, given: string): string {
  if (UUID.test(given)) return given.toLowerCase();
  const decoded = decodeId(given);
  if (decoded.typename !== typename) throw badUserInput(`'${shorten(given)}' is no id of a ${typename}`);
  return decoded.id;
}

/** The same, where the own id must be one UUID. */
export function uuidOf(typename: string, given: string): string {
  const id = idOf(typename, given);
  if (!UUID.test(id)) throw badUserInput(`'${shorten(given)}' is no id of a ${typename}`);
  return id.toLowerCase();
}

/** Two UUIDs in one own id, as an Event carries its user's and its own. */
export function pairOf(typename: string, given: string): [string, string] {
  const id = idOf(typename, given);
  const [first = '', second = '', ...rest] = id.split('.');
  if (!UUID.test(first) || !UUID.test(second) || rest.length > 0)
    throw badUserInput(`'${shorten(given)}' is no id of a ${typename}`);
  return [first.toLowerCase(), second.toLowerCase()];
}

/**
 * Checks that a decoded id names a type one can fetch by id.
 * @throws BAD_USER_INPUT for any other
 */
export function checkNodeType(
  schema: GraphQLSchema,
  { typename, id }: { readonly typename: string; readonly id: string },
): void {
  const [node, type] = [schema.getType('Node'), schema.getType(typename)];
  if (isInterfaceType(node) && isObjectType(type) && schema.isSubType(node, type)) return;
  throw badUserInput(`'${shorten(encodeId(typename, id))}' is no id`);
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}...` : text;
}
