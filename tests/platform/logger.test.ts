import { expect, test } from 'vitest';
import { createLogger } from '../../src/platform/logger.ts';

function logged(level: string, log: (logger: ReturnType<typeof createLogger>) => void): Record<string, unknown>[] {
  const lines: string[] = [];
  log(createLogger({ level }, { write: (line) => void lines.push(line) }));
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

test('a line is JSON with its time, level, facts and sentence', () => {
  const [line] = logged('info', (logger) => logger.info({ batch: 3 }, 'committed'));
  expect(line).toEqual({ level: 30, time: expect.stringMatching(/^\d{4}-.*Z$/), batch: 3, msg: 'committed' });
});

test('lines below the level are not written', () => {
  expect(logged('warn', (logger) => logger.info('quiet'))).toEqual([]);
});

test('secrets and addresses of people do not reach the log, wherever they stand', () => {
  const secret = 'do-not-show';
  const fields = [
    'authorization',
    'cookie',
    'secret',
    'token',
    'accessToken',
    'refreshToken',
    'password',
    'email',
    'apiKey',
  ];
  const secrets = Object.fromEntries(fields.map((field) => [field, secret]));
  const nested = { ...secrets, headers: secrets, request: { headers: { ...secrets, deep: secrets } } };
  const lines = logged('info', (logger) => logger.info(nested, 'request'));
  expect(JSON.stringify(lines)).not.toContain(secret);
  expect(lines[0]).toMatchObject({ token: '[redacted]', headers: { authorization: '[redacted]' } });
});
