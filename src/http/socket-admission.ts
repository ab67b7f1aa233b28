import type { Principal } from '../features/auth/principal.ts';
import type { RatedCaller, Rates } from '../features/auth/rates.ts';
import type { Caller } from './caller.ts';
import { counted } from './counted.ts';
import type { GraphQLHandler } from './handler.ts';
import type { AskedOperation } from './persisted-operations.ts';
import type { CredentialParts } from './watch-credential.ts';

type CountedParts = { readonly rates: Pick<Rates, 'take'> };

/** Who connects, counted. Rejects with UNAUTHENTICATED and RATE_LIMITED. */
export async function connecting(
  { rates, authenticate }: CountedParts & Pick<CredentialParts, 'authenticate'>,
  { authorization, address }: Pick<Caller, 'authorization' | 'address'>,
): Promise<Principal> {
  const known = authenticate(authorization).then((principal) => ({ principal, address }));
  return (await counted(rates, { name: 'connects', address }, known)).principal;
}

/** The document that an operation over a socket asks for, counted. Rejects with RATE_LIMITED, BAD_USER_INPUT and FORBIDDEN. */
export async function askedDocument(
  { rates, handler }: CountedParts & { readonly handler: Pick<GraphQLHandler, 'persisted'> },
  asked: AskedOperation,
  caller: RatedCaller,
): Promise<string> {
  await rates.take('api', caller);
  const query = handler.persisted.documentOf(asked) ?? '';
  handler.persisted.check(query, caller.principal);
  return query;
}
