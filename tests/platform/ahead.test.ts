import { expect, it } from 'vitest';
import { mapAhead } from '../../src/platform/ahead.ts';

async function* numbers(count: number) {
  for (let index = 0; index < count; index += 1) yield index;
}

it('answers in the order of the source and never works on more at once than allowed', async () => {
  let working = 0;
  let most = 0;
  const seen: number[] = [];
  const doubled = mapAhead(numbers(20), 3, async (number) => {
    working += 1;
    most = Math.max(most, working);
    // Later items are ready sooner.
    for (let turn = 20 - number; turn > 0; turn -= 1) await Promise.resolve();
    working -= 1;
    return number * 2;
  });
  for await (const number of doubled) seen.push(number);
  expect(seen).toEqual(Array.from({ length: 20 }, (_, index) => index * 2));
  expect(most).toBe(3);
});

it('rejects with an error of the work, leaving nothing unhandled, and ends early when asked to', async () => {
  const failing = mapAhead(numbers(10), 3, async (number) => {
    if (number >= 2) throw new Error(`no ${number}`);
    return number;
  });
  const seen: number[] = [];
  const all = async () => {
    for await (const number of failing) seen.push(number);
  };
  await expect(all()).rejects.toThrow('no 2');
  expect(seen).toEqual([0, 1]);
  for await (const number of mapAhead(numbers(10), 3, async (own) => own)) if (number === 1) break;
});
