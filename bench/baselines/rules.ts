import type { POINTS } from '../load/events.ts';

/** An achievement of the default catalog: so many events of a type. */
export interface Rule {
  readonly key: string;
  readonly type: keyof typeof POINTS;
  readonly atLeast: number;
  readonly points: number;
}

/** The ten achievements of the default catalog, as a program without a catalog would have them. */
export const RULES: readonly Rule[] = [
  { key: 'newcomer', type: 'login', atLeast: 1, points: 5 },
  { key: 'regular', type: 'login', atLeast: 5, points: 25 },
  { key: 'veteran', type: 'login', atLeast: 10, points: 50 },
  { key: 'explorer', type: 'find_secret', atLeast: 3, points: 30 },
  { key: 'treasure_hunter', type: 'find_secret', atLeast: 10, points: 100 },
  { key: 'secret_master', type: 'find_secret', atLeast: 25, points: 250 },
  { key: 'beginner', type: 'complete_level', atLeast: 1, points: 10 },
  { key: 'achiever', type: 'complete_level', atLeast: 5, points: 75 },
  { key: 'master', type: 'complete_level', atLeast: 10, points: 200 },
  { key: 'champion', type: 'complete_level', atLeast: 25, points: 500 },
];
