import type { CatalogPlan } from '../../features/versions/plan.ts';

/** A plan as a designer reads it. */
export function planText({ from, definitions, metricsToFill, achievements, users, points, xp }: CatalogPlan): string {
  const changes = definitions.map(({ section, key, kind, fields, formerly }) => {
    const what = kind === 'changed' ? `: ${fields.join(', ')}` : '';
    return `  ${section} ${key} ${kind}${formerly === null ? '' : ` (was ${formerly})`}${what}`;
  });
  const holders = achievements.map(({ key, unlocks, holdersWhoWouldNot, points: own }) => {
    const kept = holdersWhoWouldNot === 0 ? '' : `; ${holdersWhoWouldNot} holders would not earn it now and keep it`;
    return `  ${key}: ${unlocks} unlocks, ${own} points${kept}`;
  });
  return [
    `Compared with version ${from}:`,
    ...(changes.length === 0 ? ['  nothing is defined otherwise'] : changes),
    ...(metricsToFill.length === 0 ? [] : [`Metrics to fill from the log: ${metricsToFill.join(', ')}`]),
    `Users who would unlock something: ${users} (${points} points, ${xp} XP)`,
    ...holders,
  ].join('\n');
}
