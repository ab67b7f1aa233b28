import type { Mark } from './catalog.ts';

/** Names a watched value: a metric (of a key, of any key, `*`: of each key), or `@level`, `@streak:key`. */
export function watchKey(name: string, key: string | null): string {
  return key === null ? name : `${name}\u0000${key}`;
}

/** The index of the first mark beyond a value. Binary search. */
export function firstAbove(marks: readonly Mark[], value: number): number {
  let low = 0;
  let high = marks.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((marks[middle]?.at ?? 0) > value) high = middle;
    else low = middle + 1;
  }
  return low;
}
