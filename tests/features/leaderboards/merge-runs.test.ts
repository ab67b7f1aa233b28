import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mergeRuns } from '../../../src/features/leaderboards/merge-runs.ts';

describe('merged runs', () => {
  it('give every item of every run, in order', () => {
    const byValue = (one: number, other: number): number => one - other;
    fc.assert(
      fc.property(fc.array(fc.array(fc.integer({ min: -9, max: 9 }))), (runs) => {
        const sorted = runs.map((run) => run.toSorted(byValue));
        expect([...mergeRuns(sorted, byValue)]).toEqual(runs.flat().toSorted(byValue));
      }),
    );
  });
});
