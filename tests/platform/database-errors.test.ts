import { expect, test } from 'vitest';
import { isConnectionLost, isRetryable, sqlState } from '../../src/platform/database-errors.ts';

function errorWith(code: unknown, message = 'x'): Error {
  return Object.assign(new Error(message), { code });
}

test('an SQLSTATE is told from the codes of Node.js', () => {
  expect(sqlState(errorWith('23505'))).toBe('23505');
  expect(sqlState({ code: '0A000' })).toBe('0A000');
  for (const other of [
    errorWith('EPIPE'),
    errorWith('ECONNRESET'),
    errorWith(23505),
    new Error('x'),
    null,
    undefined,
    'x',
  ]) {
    expect(sqlState(other)).toBeUndefined();
  }
});

test('serialization failures and deadlocks are worth another try, nothing else is', () => {
  expect(['40001', '40P01', '23505', '40002'].map((code) => isRetryable(errorWith(code)))).toEqual([
    true,
    true,
    false,
    false,
  ]);
});

test('a lost connection is told from a refused statement', () => {
  const lost = ['08006', '57P01', '57P02', '57P03', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND'];
  expect(lost.filter((code) => !isConnectionLost(errorWith(code)))).toEqual([]);
  const messages = ['Connection terminated unexpectedly', 'timeout exceeded when trying to connect'];
  expect(messages.filter((message) => !isConnectionLost(new Error(message)))).toEqual([]);
  const others = [
    errorWith('23505'),
    errorWith('57014'),
    errorWith('40P01'),
    new Error('no'),
    errorWith('ENOENT'),
    'Connection terminated',
  ];
  expect(others.filter(isConnectionLost)).toEqual([]);
});
