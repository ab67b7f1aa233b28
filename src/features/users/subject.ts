import type { Context } from '../../graphql/context.ts';
import { badUserInput, forbidden } from '../../graphql/errors.ts';
import { seesPrivate } from '../auth/principal.ts';
import { readUserRef, type UserRefInput } from './user-ref.ts';

/**
 * The user a private operation is about: the one named, else the viewer. Null when a caller who may see everybody names nobody.
 * A player who names somebody else is told the same whether that user exists or not.
 * @throws BAD_USER_INPUT when no user is named and there is no viewer
 * @throws FORBIDDEN for somebody else's
 */
export async function subjectOf(context: Context, ref: UserRefInput | null | undefined): Promise<string | null> {
  const { principal, loaders } = context;
  if (ref == null) {
    if (principal.kind !== 'player') throw badUserInput('Name a user: this caller is none');
    return principal.userId;
  }
  const user = await loaders.users.byRef.load(readUserRef(ref));
  const visible = user === null ? seesPrivate(principal, '') : seesPrivate(principal, user.id);
  if (!visible) throw forbidden();
  return user?.id ?? null;
}
