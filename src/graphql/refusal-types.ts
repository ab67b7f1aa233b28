import { formatMessage, pickLocale } from '../platform/messages.ts';
import { builder } from './builder.ts';
import type { Context } from './context.ts';
import type { Refusal } from './errors.ts';
import { wantedLocales } from './locale.ts';

/** What every refusal shows. */
export const ErrorInterface = builder.interfaceRef<Refusal>('Error').implement({
  description: 'A refusal that a client can act on.',
  fields: (t) => ({
    code: t.exposeString('code', { description: 'The type name in capitals: USER_NOT_FOUND.' }),
    message: t.string({ description: "For people, in the caller's language.", resolve: messageOf }),
  }),
});

/** A refusal's message in the language of the request, else the player's who calls, else the catalog's. */
async function messageOf(refusal: Refusal, _args: unknown, context: Context): Promise<string> {
  const { principal, loaders, services } = context;
  const viewer = principal.kind === 'player' ? await loaders.users.byId.load(principal.userId) : null;
  const wanted = [...wantedLocales(context, viewer?.locale), ...services.catalog.live().catalog.locales];
  const locale = pickLocale(wanted, ['en', ...Object.keys(refusal.texts)]);
  return formatMessage(refusal.texts[locale] ?? refusal.texts.en, locale, refusal.values);
}
