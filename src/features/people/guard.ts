import { forbidden } from '../../graphql/errors.ts';
import type { Queryable } from '../../platform/database.ts';
import type { Author } from '../audit/service.ts';
import { readRole } from './store.ts';

/**
 * Only admins decide over persons with a role: a moderator or a key of a game server could keep its own admins out.
 * @throws FORBIDDEN
 */
export async function refuseOverPerson(on: Queryable, { isAdmin }: Author, userId: string): Promise<void> {
  if (!isAdmin && (await readRole(on, userId)) !== null) throw forbidden('Only admins decide over persons with a role');
}
