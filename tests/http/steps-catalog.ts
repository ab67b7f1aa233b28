import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Achievements of the catalog below: the nth event of type `step` unlocks the nth. */
export const STEPS = 24;

/** Key of the achievement that the nth step unlocks. */
export function stepKey(nth: number): string {
  return `step_${String(nth).padStart(2, '0')}`;
}

/** Writes a catalog in which every event unlocks something, to a folder of its own. */
export async function writeStepsCatalog(): Promise<{ readonly path: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'laurel-steps-'));
  const path = join(folder, 'steps.yaml');
  const achievements = Array.from({ length: STEPS }, (_, index) => {
    const nth = index + 1;
    const texts = `name: { en: Step ${nth} }, description: { en: Take ${nth} steps }`;
    return `  ${stepKey(nth)}: { ${texts}, rarity: common, points: 1, when: { metric: steps, atLeast: ${nth} } }`;
  });
  const lines = [
    'laurel: 1',
    'name: Steps',
    'locales: [en]',
    'eventTypes:',
    '  step: { name: { en: Step }, points: 1 }',
    'metrics:',
    '  steps: { name: { en: Steps }, count: step }',
    'achievements:',
    ...achievements,
  ];
  await writeFile(path, `${lines.join('\n')}\n`);
  return { path, remove: () => rm(folder, { recursive: true }) };
}
