import { expect, test } from 'vitest';
import { NumberHash, spread } from '../../src/ranking/number-hash.ts';

/** Whom a walk for a hash meets, until a free slot. */
function met(hash: NumberHash, sought: number): number[] {
  const part = hash.partOf(sought);
  const numbers: number[] = [];
  for (let slot = part.first(sought); part.at(slot) >= 0; slot = part.next(sought, slot)) numbers.push(part.at(slot));
  return numbers;
}

test.each([
  ['spread', spread],
  ['in one corner, so that parts are split unevenly', (number: number) => spread(number) >>> 2],
])('numbers are found while the table grows and its parts are split: hashes %s', (_name, hashOf) => {
  const hash = new NumberHash();
  const count = 70_000;
  const missed: number[] = [];
  const look = (number: number): void => {
    if (!met(hash, hashOf(number)).includes(number)) missed.push(number);
  };
  for (let number = 0; number < count; number += 1) {
    hash.add(number, hashOf);
    look(number - (number % 101));
  }
  for (let number = 0; number < count; number += 1) look(number);
  expect(missed).toEqual([]);
  expect(met(hash, hashOf(count)).filter((number) => hashOf(number) === hashOf(count))).toEqual([]);
});

test('no number that is put in has more than a part of the others put anew', () => {
  const hash = new NumberHash();
  let asked = 0;
  let most = 0;
  const hashOf = (number: number): number => {
    asked += 1;
    return spread(number);
  };
  for (let number = 0; number < 200_000; number += 1) {
    asked = 0;
    hash.add(number, hashOf);
    most = Math.max(most, asked);
  }
  expect(most).toBeLessThan(18_000);
});
