import { type Command, InvalidArgumentError } from 'commander';
import { currentKey } from '../engine/renames.ts';
import { type EventView, type Explanation, explainAchievement, type RuleView } from '../features/explain/service.ts';
import { createStateLoader } from '../features/state/service.ts';
import { createUserLoaders, createUserReader } from '../features/users/loaders.ts';
import type { UserRef } from '../features/users/user-ref.ts';
import { isUuid } from '../platform/ids.ts';
import { EXIT, type ProgramParts } from './program-parts.ts';
import type { Workbench } from './workbench.ts';

const HELP = `
USER is one of
  0192...            the id, with or without user_
  external:ID        the game's own id
  username:NAME      the username, whatever the case

The rule is printed as a tree, [x] what holds and [ ] what does not, with the value so far and the value wanted; then the gates
in the way, the newest event that counted and the newest one that a condition refused.`;

/** Adds `laurel explain USER KEY`. `exit` sets the exit status; without it all was fine. */
export function addExplainCommand(
  program: Command,
  parts: Pick<ProgramParts, 'withWorkbench' | 'output'>,
  exit: (code: number) => void,
): void {
  program
    .command('explain')
    .description('why a user has an achievement, or why not yet')
    .argument('<user>', 'who: an id, external:ID or username:NAME', readUser)
    .argument('<achievement>', 'key of the achievement')
    .option('--json', 'for machines')
    .addHelpText('after', HELP)
    .exitOverride()
    .configureOutput({ writeOut: parts.output.stdout, writeErr: parts.output.stderr })
    .action((ref: UserRef, key: string, { json = false }: { json?: boolean }) =>
      parts.withWorkbench(async (bench) => {
        const found = await explainTo(bench, ref, key);
        if (typeof found === 'string') {
          parts.output.stderr(`${found}\n`);
          exit(EXIT.faults);
          return;
        }
        parts.output.stdout(`${json ? JSON.stringify(jsonOf(found), null, 2) : textOf(found)}\n`);
      }),
    );
}

/** Reads USER. */
function readUser(text: string): UserRef {
  const id = text.replace(/^user_/, '');
  if (isUuid(id)) return { by: 'id', value: id.toLowerCase() };
  const [, prefix, value = ''] = /^(external|username):(.+)$/s.exec(text) ?? [];
  if (prefix === undefined || value.includes('\u0000'))
    throw new InvalidArgumentError('an id, external:ID or username:NAME is wanted');
  return { by: prefix === 'external' ? 'externalId' : 'username', value };
}

/** The explanation, or why there is none. */
async function explainTo(
  { database, clock, live }: Workbench,
  ref: UserRef,
  key: string,
): Promise<Explanation | string> {
  const user = await createUserLoaders(database, createUserReader(database)).byRef.load(ref);
  if (user === null) return `There is no user with the ${ref.by} ${ref.value}.`;
  const current = (await live()).catalog.live();
  const parts = { catalog: current.catalog, states: createStateLoader(database), now: clock.now() };
  const explanation = await explainAchievement(parts, user, currentKey(current, key));
  return explanation ?? `The live catalog declares no achievement ${key}.`;
}

function jsonOf({ unlock, lastMatching, lastNearly, ...rest }: Explanation): object {
  const dated = (view: EventView | null) => view && { ...view, occurredAt: iso(view.occurredAt) };
  const unlocked = unlock && { ...unlock, unlockedAt: iso(unlock.unlockedAt) };
  return { ...rest, unlock: unlocked, lastMatching: dated(lastMatching), lastNearly: dated(lastNearly) };
}

function textOf({ achievement, state, unlock, gates, rule, lastMatching, lastNearly }: Explanation): string {
  const tier = unlock !== null && unlock.tier > 0 ? ` at tier ${unlock.tier}` : '';
  const by = unlock?.eventId === null ? ' by hand' : ` by event ${unlock?.eventId}`;
  const since = unlock === null ? '' : `${tier} since ${iso(unlock.unlockedAt)}${by}`;
  const eventText = ({ type, eventId, occurredAt }: EventView): string => `${type} ${eventId} of ${iso(occurredAt)}`;
  return [
    `${achievement}: ${state}${since}`,
    'Rule',
    ...ruleLines(rule, '  '),
    ...(gates.length === 0 ? [] : ['Gates']),
    ...gates.map(({ kind, what, isOpen }) => `  ${box(isOpen)} ${kind} ${what}`),
    ...(lastMatching === null ? [] : [`Last event that counted: ${eventText(lastMatching)}`]),
    ...(lastNearly === null
      ? []
      : [`Last event that nearly did: ${eventText(lastNearly)}, refused by ${lastNearly.refusedBy}`]),
  ].join('\n');
}

const COMBINED: Readonly<Record<string, string>> = { all: 'all of', any: 'any of', not: 'not' };

function ruleLines({ kind, text, holds, current, target, of }: RuleView, indent: string): string[] {
  const counted = target === null ? '' : `: ${current ?? 'no value'} of ${target}`;
  const shown = kind === 'atLeast' ? text.replace(/ of: .*$/s, ' of') : (COMBINED[kind] ?? text);
  return [`${indent}${box(holds)} ${shown}${counted}`, ...of.flatMap((part) => ruleLines(part, `${indent}  `))];
}

function box(isTrue: boolean): string {
  return isTrue ? '[x]' : '[ ]';
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
