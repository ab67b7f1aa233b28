import { expect, test } from 'vitest';
import { isConnectionLost, isRetryable, sqlState } from '../../src/platform/database-errors.ts';

function errorWith(code: unknown, message = 'x'): Error {
  return Object.assign(new Error(message), { code });
}

test('an SQLSTATE is told from the codes of Node.js and of Prisma', () => {
  const states = ['23505', '0A000', 'P0001', '08006'];
  expect(states.map((code) => sqlState({ code }))).toEqual(states);
  const others = [
    errorWith('EPIPE'),
    errorWith('P2002'),
    errorWith('ECONNRESET'),
    errorWith(23505),
    new Error('x'),
    null,
    'x',
  ];
  expect(others.map(sqlState).filter((state) => state !== undefined)).toEqual([]);
});

test('serialization failures and deadlocks are worth another try, nothing else is', () => {
  const codes = ['40001', '40P01', 'P2034', '23505', '40002', 'P2002'];
  expect(codes.filter((code) => isRetryable(errorWith(code)))).toEqual(['40001', '40P01', 'P2034']);
});

test('a lost connection is told from a refused statement', () => {
  const lost = [
    '08006',
    '53300',
    'P2037',
    '57P01',
    '57P02',
    '57P03',
    'ECONNREFUSED',
    'ECONNRESET',
    'EPIPE',
    'ETIMEDOUT',
    'ENOTFOUND',
    'P1001',
    'P1017',
  ];
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
  const wrapped = (state: string): Error =>
    errorWith(
      'P2039',
      `Invalid \`prisma.user.findMany()\` invocation:\n\nDatabase error. Code: \`${state}\`. Message: \`gone\``,
    );
  expect(['57P01', '08006', '23505'].map((state) => isConnectionLost(wrapped(state)))).toEqual([true, true, false]);
});
