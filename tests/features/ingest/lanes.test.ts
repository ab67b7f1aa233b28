import { setImmediate as next } from 'node:timers/promises';
import { expect, it, onTestFinished, vi } from 'vitest';
import { createLanes } from '../../../src/features/ingest/lanes.ts';

/** Lanes whose batches end when the test says so. */
function held(count: number, size: number) {
  const batches: { jobs: readonly string[]; end: () => void }[] = [];
  const lanes = createLanes<string>({
    count,
    size,
    run: (jobs) => new Promise((resolve) => batches.push({ jobs, end: resolve })),
  });
  return { lanes, batches, taken: () => batches.map(({ jobs }) => jobs) };
}

/** A batch is taken a turn of the event loop after its lane is free. */
async function turn(): Promise<void> {
  await next();
  await next();
}

it('takes what came together as one batch, and all that came meanwhile as the next', async () => {
  const { lanes, batches, taken } = held(1, 10);
  lanes.add(0, 'a');
  lanes.add(0, 'b');
  await turn();
  expect(taken()).toEqual([['a', 'b']]);
  for (const job of ['c', 'd', 'e']) lanes.add(0, job);
  await turn();
  expect(taken()).toHaveLength(1);
  expect(lanes.waiting()).toBe(3);
  batches[0]?.end();
  await turn();
  expect(taken()).toEqual([
    ['a', 'b'],
    ['c', 'd', 'e'],
  ]);
  expect(lanes.waiting()).toBe(0);
});

it('takes no more than the size at once, in the order of arrival', async () => {
  const { lanes, batches, taken } = held(1, 2);
  for (const job of ['a', 'b', 'c', 'd', 'e']) lanes.add(0, job);
  for (let batch = 0; batch < 3; batch += 1) {
    await turn();
    batches[batch]?.end();
  }
  await turn();
  expect(taken()).toEqual([['a', 'b'], ['c', 'd'], ['e']]);
});

it('lets lanes work side by side; a busy one holds nobody else up', async () => {
  const { lanes, taken } = held(2, 10);
  lanes.add(0, 'a');
  lanes.add(3, 'b');
  await turn();
  lanes.add(2, 'c');
  await turn();
  expect(taken()).toEqual([['a'], ['b']]);
  expect(lanes.waiting()).toBe(1);
});

it('begins again after it ran dry', async () => {
  const { lanes, batches, taken } = held(1, 10);
  lanes.add(0, 'a');
  await turn();
  batches[0]?.end();
  await turn();
  lanes.add(0, 'b');
  await turn();
  expect(taken()).toEqual([['a'], ['b']]);
});

it('tells how long the backlog will take from the pace of the batches', async () => {
  const now = vi.spyOn(performance, 'now').mockReturnValue(1_000);
  onTestFinished(() => now.mockRestore());
  const { lanes, batches } = held(1, 1);
  expect(lanes.backlogMs()).toBe(0);
  for (let job = 0; job < 101; job += 1) lanes.add(0, `${job}`);
  await turn();
  now.mockReturnValue(1_030);
  batches[0]?.end();
  await turn();
  // A job of 30 ms, a fifth of which counts at first; 99 wait behind the second.
  expect(lanes.backlogMs()).toBe(99 * 6);
});
