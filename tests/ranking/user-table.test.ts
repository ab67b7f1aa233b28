import { expect, test } from 'vitest';
import { UserTable } from '../../src/ranking/user-table.ts';
import { user } from './standings.ts';

test('users keep their numbers and ids while the table grows, and strangers have none', () => {
  const table = new UserTable();
  const ids = Array.from({ length: 30_000 }, (_, at) => user(at * 7919));
  expect(ids.map((id) => table.add(id))).toEqual(ids.map((_, number) => number));
  expect(ids.map((id) => table.add(id))).toEqual(ids.map((_, number) => number));
  expect(ids.map((id) => table.find(id))).toEqual(ids.map((_, number) => number));
  expect(ids.map((_, number) => table.id(number))).toEqual(ids);
  expect(table.size).toBe(ids.length);
  expect(table.find(user(1))).toBe(-1);
});

test('numbers are ordered as their ids are as texts', () => {
  const table = new UserTable();
  const ids = [0, 9, 10, 15, 16, 255, 2 ** 31, 2 ** 32, 2 ** 47].flatMap((number) => [
    user(number),
    `${number.toString(16).padStart(12, '0').slice(-8)}-0000-4000-8000-000000000000`,
  ]);
  for (const one of ids) {
    for (const two of ids) expect(table.isBefore(table.add(one), table.add(two))).toBe(one < two);
  }
});
