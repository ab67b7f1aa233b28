import type { CatalogPlan, PlannedAchievement } from '../../features/versions/plan.ts';
import { count } from './load.ts';

/** A plan as a designer reads it. */
export function planText(plan: CatalogPlan): string {
  const { from, definitions, metricsToFill, achievements, users, points, xp, allowRevoke } = plan;
  const changes = definitions.map(({ section, key, kind, fields, formerly }) => {
    const what = kind === 'changed' ? `: ${fields.join(', ')}` : '';
    return `  ${section} ${key} ${kind}${formerly === null ? '' : ` (was ${formerly})`}${what}`;
  });
  const { losers, pointsTaken, xpTaken } = plan;
  return [
    `Compared with version ${from}:`,
    ...(changes.length === 0 ? ['  nothing is defined otherwise'] : changes),
    ...(metricsToFill.length === 0 ? [] : [`Metrics to fill from the log: ${metricsToFill.join(', ')}`]),
    `Users who would unlock something: ${users} (${points} points, ${xp} XP)`,
    ...(allowRevoke ? [`Users who would lose something: ${losers} (${pointsTaken} points, ${xpTaken} XP)`] : []),
    ...achievements.map((one) => holdersText(one, allowRevoke)),
  ].join('\n');
}

function holdersText(
  { key, unlocks, points, holdersWhoWouldNot, revocable, holdersWhoWouldLose, pointsTaken }: PlannedAchievement,
  allowRevoke: boolean,
): string {
  const parts = [`${unlocks} unlocks, ${points} points`];
  const keep = revocable ? 'keep it unless applied with --allow-revoke' : 'keep it';
  if (holdersWhoWouldNot > 0 && !(allowRevoke && revocable))
    parts.push(`${count(holdersWhoWouldNot, 'holder')} would not earn it now and ${keep}`);
  if (holdersWhoWouldLose > 0)
    parts.push(`${count(holdersWhoWouldLose, 'holder')} would lose it, ${pointsTaken} points`);
  return `  ${key}: ${parts.join('; ')}`;
}

/** What is said of the holders of achievements with another rule, after what is live; empty where there are none. */
export function appliedText({
  revokes,
  kept,
}: {
  readonly revokes: readonly string[];
  readonly kept: readonly string[];
}) {
  if (revokes.length > 0) return `\nTaken from holders who would not earn them by the new rule: ${revokes.join(', ')}.`;
  if (kept.length > 0)
    return `\nNobody loses anything: ${kept.join(', ')} would be taken from holders who would not earn it now only with --allow-revoke.`;
  return '';
}
