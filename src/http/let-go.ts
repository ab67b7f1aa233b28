import { setTimeout as wait } from 'node:timers/promises';

/** So few are let go at once: a developer's Ctrl-C waits for nothing. */
const FEW = 32;
/** From one step to the next, milliseconds. */
const STEP_MS = 25;

/**
 * Calls all of them evenly over `overMs`, the first at once, so that clients who come back do not come back all together; at once where
 * they are 32 or fewer. Resolves after the last call.
 */
export async function letGoEvenly(all: readonly (() => void)[], overMs: number): Promise<void> {
  const startedAt = performance.now();
  for (let gone = 0; gone < all.length; ) {
    const share = all.length <= FEW ? 1 : Math.min(1, (performance.now() - startedAt) / overMs);
    const due = 1 + Math.floor((all.length - 1) * share);
    for (const letGo of all.slice(gone, due)) letGo();
    gone = due;
    if (gone < all.length) await wait(STEP_MS);
  }
}
