import { builder } from '../../graphql/builder.ts';
import type { HandDecision } from '../decisions/service.ts';
import { EventObject } from '../ingest/schema.ts';
import type { GateView, OwnedEventView, RuleView } from './service.ts';

const RuleKindEnum = builder.enumType('RuleKind', {
  description: 'What a part of a rule looks at. More kinds may come.',
  values: {
    ALL: { value: 'all', description: 'Every part must hold.' },
    ANY: { value: 'any', description: 'One part must hold.' },
    AT_LEAST: { value: 'atLeast', description: 'So many parts must hold.' },
    NOT: { value: 'not', description: 'Its part must not hold.' },
    METRIC: { value: 'metric', description: 'A threshold on a metric.' },
    STREAK: { value: 'streak', description: 'A threshold on the longest run of a streak.' },
    LEVEL: { value: 'level', description: 'A level.' },
    ACHIEVEMENT: { value: 'achievement', description: 'Another achievement.' },
    ACHIEVEMENTS: { value: 'achievements', description: 'So many other achievements.' },
    MANUAL: { value: 'manual', description: 'Given by hand only.' },
  } as const,
});

/** A part of a rule as it stands. */
export const RuleType = builder.objectRef<RuleView>('RuleView');
RuleType.implement({
  description: 'A part of a rule as it stands now.',
  fields: (t) => ({
    kind: t.field({ type: RuleKindEnum, description: 'What it looks at.', resolve: ({ kind }) => kind }),
    text: t.exposeString('text', {
      description: 'The rule in words, as `laurel catalog show` prints it: in English, by keys of the catalog.',
    }),
    holds: t.exposeBoolean('holds', { description: 'It holds now.' }),
    current: t.exposeFloat('current', {
      nullable: true,
      description: 'The value so far; null where the part compares nothing, or has no value yet.',
    }),
    target: t.exposeFloat('target', {
      nullable: true,
      description: 'The value wanted; null where the part compares nothing.',
    }),
    of: t.field({ type: [RuleType], description: 'Its parts; empty for a leaf.', resolve: ({ of }) => of }),
  }),
});

const GateKindEnum = builder.enumType('GateKind', {
  description: 'What must be open besides the rule. More kinds may come.',
  values: {
    STATUS: { value: 'status', description: 'A draft is for test users, a locked one for nobody.' },
    STARTS_AT: { value: 'startsAt', description: 'Not before this instant.' },
    ENDS_AT: { value: 'endsAt', description: 'Not from this instant on.' },
    SEASON: { value: 'season', description: 'Only in this season.' },
    REQUIRES: { value: 'requires', description: 'Only with this other achievement.' },
    BLOCKED: { value: 'blocked', description: 'It was taken away: a rule does not give it again.' },
  } as const,
});

/** Something besides the rule that must be open. */
export const GateType = builder.objectRef<GateView>('GateView').implement({
  description: 'Something besides the rule that must be open.',
  fields: (t) => ({
    kind: t.field({ type: GateKindEnum, description: 'What it is.', resolve: ({ kind }) => kind }),
    what: t.exposeString('what', {
      description:
        'Key of the achievement or season, the status, or the instant; `?` for what the caller may not know of.',
    }),
    open: t.exposeBoolean('isOpen', { description: 'It is open now.' }),
  }),
});

/** An event that counted, or that a condition refused. */
export const ExplainedEventType = builder.objectRef<OwnedEventView>('ExplainedEvent').implement({
  description: 'An event that counted for a rule, or the one that nearly did.',
  fields: (t) => ({
    event: t.field({
      type: EventObject,
      nullable: true,
      description: 'The event.',
      resolve: ({ userId, eventId }, _args, { loaders }) => loaders.events.byRef.load({ userId, id: eventId }),
    }),
    refusedBy: t.exposeString('refusedBy', {
      nullable: true,
      description: "The condition that refused it, in the catalog's own words; null when it counted.",
    }),
  }),
});

const DecisionKindEnum = builder.enumType('DecisionKind', {
  description: 'What was decided by hand.',
  values: {
    GRANT: { value: 'grant', description: 'Given.' },
    REVOKE: { value: 'revoke', description: 'Taken away.' },
  } as const,
});

/** A grant or a revoke by hand. */
export const DecisionType = builder.objectRef<HandDecision>('HandDecision').implement({
  description: 'A grant or a revoke by hand, as the ledger keeps it.',
  fields: (t) => ({
    kind: t.field({ type: DecisionKindEnum, description: 'Which.', resolve: ({ kind }) => kind }),
    at: t.expose('at', { type: 'DateTime', description: 'When.' }),
    tier: t.exposeInt('tier', { description: 'The tier; 0 without tiers.' }),
    reason: t.exposeString('reason', { nullable: true, description: 'Why, as it was given.' }),
    actor: t.exposeString('actor', { nullable: true, description: 'Who.' }),
  }),
});
