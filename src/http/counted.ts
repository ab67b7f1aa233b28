import { ANONYMOUS } from '../features/auth/principal.ts';
import type { RatedCaller, RateName, Rates } from '../features/auth/rates.ts';
import { ApiError } from '../graphql/errors.ts';

/**
 * Counts a call for whoever makes it, once that is known; one whose credential does not verify for the address it comes from. Answers
 * who it is.
 * @throws RATE_LIMITED, and what `known` rejects with
 */
export async function counted<Known extends RatedCaller>(
  rates: Pick<Rates, 'take'>,
  { name, address }: { readonly name: RateName; readonly address: string },
  known: Promise<Known>,
): Promise<Known> {
  const caller = await known.catch(async (error: unknown) => {
    if (error instanceof ApiError) await rates.take(name, { principal: ANONYMOUS, address });
    throw error;
  });
  await rates.take(name, caller);
  return caller;
}
