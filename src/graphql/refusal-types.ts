import { formatMessage, pickLocale } from '../platform/messages.ts';
import { builder } from './builder.ts';
import type { Context } from './context.ts';
import type { Refusal } from './errors.ts';

/** What every refusal shows. */
export const ErrorInterface = builder.interfaceRef<Refusal>('Error').implement({
  description: 'A refusal that a client can act on.',
  fields: (t) => ({
    code: t.exposeString('code', { description: 'The type name in capitals: USER_NOT_FOUND.' }),
    message: t.string({ description: "For people, in the caller's language.", resolve: messageOf }),
  }),
});

/** A refusal's message in the caller's language. */
export function messageOf(refusal: Refusal, _args: unknown, { locales }: Context): string {
  const locale = pickLocale(locales, ['en', ...Object.keys(refusal.texts)]);
  return formatMessage(refusal.texts[locale] ?? refusal.texts.en, locale, refusal.values);
}
