import { builder } from '../../graphql/builder.ts';
import type { RateState } from './rates.ts';

const RateLimitType = builder.objectRef<RateState>('RateLimit').implement({
  description: 'How many operations the caller has in a minute.',
  fields: (t) => ({
    limit: t.exposeInt('limit', { description: 'How many there are in all.' }),
    remaining: t.exposeInt('remaining', { description: 'How many are left; this one is counted.' }),
    resetAt: t.expose('resetAt', { type: 'DateTime', description: 'When all of them are there again.' }),
  }),
});

builder.queryField('rateLimit', (t) =>
  t.field({
    type: RateLimitType,
    nullable: true,
    description: 'What the caller has left; null for who is not counted, as server keys.',
    resolve: (_root, _args, context) => context.services.rates.read('api', context),
  }),
);
