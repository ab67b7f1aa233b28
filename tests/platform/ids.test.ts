import { expect, test } from 'vitest';
import { createIds, isUuid } from '../../src/platform/ids.ts';

test('ids carry the time they were made and sort by it', () => {
  let now = Date.UTC(2026, 10, 21);
  const ids = createIds({ now: () => now });
  const made = Array.from({ length: 2_000 }, (_, index) => {
    now += index % 3 === 0 ? 1 : 0;
    return ids.next();
  });
  expect(made).toEqual([...made].sort());
  expect(new Set(made).size).toBe(2_000);
  expect(made.every((id) => isUuid(id) && id[14] === '7')).toBe(true);
  expect(Number.parseInt(ids.next().replace('-', '').slice(0, 12), 16)).toBe(now);
});

test('a clock that goes back a little does not break the order', () => {
  let now = Date.UTC(2026, 10, 21);
  const ids = createIds({ now: () => now });
  const before = ids.next();
  now -= 9_000;
  expect(ids.next() > before).toBe(true);
});

test('a UUID is told from what only looks like one', () => {
  const id = createIds().next();
  expect([id, id.toUpperCase()].every(isUuid)).toBe(true);
  expect(['', 'x', `${id}0`, `{${id}}`, id.replaceAll('-', ''), `${id}\n`, id.replace('-', 'g')].some(isUuid)).toBe(
    false,
  );
});
