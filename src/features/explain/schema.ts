import { currentKey, formerKeys } from '../../engine/renames.ts';
import { builder } from '../../graphql/builder.ts';
import type { Context } from '../../graphql/context.ts';
import { AchievementType } from '../achievements/schema.ts';
import { isListed } from '../achievements/service.ts';
import { definitionOf, type SeenAchievement } from '../achievements/texts.ts';
import type { UnlockRow } from '../achievements/unlock-row.ts';
import { userAchievement } from '../achievements/user-achievement.ts';
import { AchievementUnlockType, UserAchievementType } from '../achievements/user-achievements.ts';
import { readsUsers, seesPrivate } from '../auth/principal.ts';
import type { HandDecision } from '../decisions/service.ts';
import { UserRefInputType } from '../users/schema.ts';
import { readUserRef } from '../users/user-ref.ts';
import {
  explainAchievement,
  type GateView,
  type OwnedEventView,
  type ShownExplanation,
  withoutNames,
  withoutRule,
} from './service.ts';
import { DecisionType, ExplainedEventType, GateType, RuleType } from './views-schema.ts';

const StateEnum = builder.enumType('ExplanationState', {
  description: 'Where the user stands.',
  values: {
    UNLOCKED: { value: 'unlocked', description: 'The user has it.' },
    REVOKED: { value: 'revoked', description: 'The user had it, and it was taken away.' },
    LOCKED: { value: 'locked', description: 'The user has not had it yet.' },
  } as const,
});

interface ExplanationShape extends Pick<ShownExplanation, 'state' | 'gates' | 'rule' | 'lastMatching' | 'lastNearly'> {
  readonly userId: string;
  readonly seen: SeenAchievement;
  readonly unlock: UnlockRow | null;
  readonly decision: HandDecision | null;
}

const ExplanationType = builder.objectRef<ExplanationShape>('Explanation').implement({
  description: 'Why a user has an achievement, or why not yet.',
  fields: (t) => ({
    achievement: t.field({ type: AchievementType, description: 'The definition.', resolve: ({ seen }) => seen }),
    userAchievement: t.field({
      type: UserAchievementType,
      description: "The user's way to it.",
      resolve: ({ userId, seen }, _args, context) => userAchievement(context, userId, seen.definition.key),
    }),
    state: t.field({ type: StateEnum, description: 'Where the user stands.', resolve: ({ state }) => state }),
    unlock: t.field({
      type: AchievementUnlockType,
      nullable: true,
      description: 'The latest unlock, with the event that decided it as its evidence.',
      resolve: ({ unlock }) => unlock,
    }),
    decision: t.field({
      type: DecisionType,
      nullable: true,
      description: 'The latest grant or revoke by hand; null without one, and to players.',
      resolve: ({ decision }) => decision,
    }),
    gates: t.field({
      type: [GateType],
      description: 'What must be open besides the rule; empty while hidden.',
      resolve: ({ gates }): readonly GateView[] => gates,
    }),
    rule: t.field({
      type: RuleType,
      nullable: true,
      description: 'The rule as it stands now; null while hidden, and for one that the catalog no longer declares.',
      resolve: ({ rule }) => rule,
    }),
    lastMatching: t.field({
      type: ExplainedEventType,
      nullable: true,
      description: 'The newest event of the last 90 days that counted; null while hidden.',
      resolve: ({ userId, lastMatching }) => owned(userId, lastMatching),
    }),
    lastNearly: t.field({
      type: ExplainedEventType,
      nullable: true,
      description: 'The newest event of the last 90 days that a condition refused; null while hidden.',
      resolve: ({ userId, lastNearly }) => owned(userId, lastNearly),
    }),
  }),
});

builder.queryField('explain', (t) =>
  t.field({
    type: ExplanationType,
    nullable: true,
    description: 'Why a user has an achievement, or why not yet; null when absent or not visible.',
    args: {
      user: t.arg({ type: UserRefInputType, required: true, description: 'Who.' }),
      achievement: t.arg.string({ required: true, description: 'Key of the achievement, or one it had before.' }),
    },
    resolve: (_root, { user, achievement }, context) => explainTo(context, readUserRef(user), achievement),
  }),
);

/** What the caller may see: keys and admins all, players their own. */
async function explainTo(
  context: Context,
  ref: ReturnType<typeof readUserRef>,
  asked: string,
): Promise<ExplanationShape | null> {
  const { loaders, principal, services } = context;
  const user = await loaders.users.byRef.load(ref);
  if (user === null || !seesPrivate(principal, user.id)) return null;
  const live = services.catalog.live();
  const { catalog } = live;
  const key = currentKey(live, asked);
  const held = await loaders.achievements.unlocks.load(user.id);
  const unlocks = held.get(key) ?? [];
  const definition = definitionOf(catalog.achievements, key);
  const isDeclared = catalog.achievements.has(key);
  const seesAll = readsUsers(principal);
  const reader = (other: string) => ({ unlocked: held.has(other), test: user.test });
  const declared = catalog.achievements.get(key);
  if (declared === undefined ? unlocks.length === 0 : !seesAll && !isListed(declared, reader(key))) return null;
  const decision =
    seesAll && isDeclared ? await services.decisions.latest(user.id, [key, ...formerKeys(live, key)]) : null;
  const isRevealed = seesAll || unlocks.length > 0 || definition.visibility === 'public';
  const seen: SeenAchievement = { definition, revealed: isRevealed, locale: user.locale };
  const common = { userId: user.id, seen, unlock: latestOf(unlocks), decision };
  const full = await explainAchievement({ catalog, states: loaders.states, now: services.clock.now() }, user, key);
  if (full === null)
    return { ...common, state: 'unlocked', gates: [], rule: null, lastMatching: null, lastNearly: null };
  if (!isRevealed) return { ...withoutRule(full), ...common };
  const unknown = seesAll
    ? []
    : [...catalog.achievements.values()].filter((other) => !isListed(other, reader(other.key)));
  return {
    ...withoutNames(
      full,
      unknown.map((other) => other.key),
    ),
    ...common,
  };
}

function latestOf(unlocks: readonly UnlockRow[]): UnlockRow | null {
  const sorted = unlocks.toSorted(
    (one, two) => two.unlockedAt.getTime() - one.unlockedAt.getTime() || two.tier - one.tier,
  );
  return sorted[0] ?? null;
}

function owned(userId: string, view: ShownExplanation['lastMatching']): OwnedEventView | null {
  return view === null ? null : { ...view, userId };
}
