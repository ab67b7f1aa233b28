import type { Catalog } from '../../engine/catalog.ts';
import { type EventView, type Explanation, explain, explainNeeds, type RuleView } from '../../engine/explain.ts';
import type { User } from '../../generated/prisma/client.ts';
import { blankStateOf, type StateLoader } from '../state/service.ts';

export type { EventView, Explanation, GateView, RuleView } from '../../engine/explain.ts';

/** What an explanation is read from. */
export interface ExplainParts {
  readonly catalog: Catalog;
  readonly states: StateLoader;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** Why a user has an achievement, or why not yet; null when the catalog declares no such achievement. Sees everything. */
export async function explainAchievement(
  { catalog, states, now }: ExplainParts,
  user: User,
  key: string,
): Promise<Explanation | null> {
  if (!catalog.achievements.has(key)) return null;
  const reader = { timezone: user.timezone };
  const needs = explainNeeds(catalog, key, reader, now);
  const state = await states.load({ state: blankStateOf(user), needs });
  return explain(catalog, key, state, reader, now);
}

/** An explanation as it may be shown: without the rule of what is hidden, and with nothing that names what is secret. */
export interface ShownExplanation extends Omit<Explanation, 'rule'> {
  readonly rule: RuleView | null;
}

/** The same without all that tells how to earn it. */
export function withoutRule(explanation: Explanation): ShownExplanation {
  return { ...explanation, gates: [], rule: null, lastMatching: null, lastNearly: null };
}

/** Stands for an achievement that the reader may not know of. */
const UNKNOWN = '?';

/** The same with `?` for the achievements that the reader may not know of, in the rule and in the gates. */
export function withoutNames(explanation: Explanation, unknown: readonly string[]): Explanation {
  if (unknown.length === 0) return explanation;
  // The longest first, for one key may begin another; keys hold no character that means anything in a pattern but these.
  const keys = unknown.toSorted((one, two) => two.length - one.length).map((key) => key.replace(/[^\w]/g, '\\$&'));
  const named = new RegExp(`\\bachievement (${keys.join('|')})(?![\\w-])`, 'g');
  const view = (rule: RuleView): RuleView => ({
    ...rule,
    text: rule.text.replace(named, `achievement ${UNKNOWN}`),
    of: rule.of.map(view),
  });
  return {
    ...explanation,
    rule: view(explanation.rule),
    gates: explanation.gates.map((gate) =>
      gate.kind === 'requires' && unknown.includes(gate.what) ? { ...gate, what: UNKNOWN } : gate,
    ),
  };
}

/** An event of an explanation with its user, as the log names it. */
export interface OwnedEventView extends EventView {
  readonly userId: string;
}
