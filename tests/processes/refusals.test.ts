import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Environment, type Folder, makeFolder, runLaurel } from '../support/processes.ts';

let folder: Folder;
beforeEach(async () => {
  folder = await makeFolder();
});
afterEach(() => folder.remove());

const serve = (environment: Environment) =>
  runLaurel(['serve'], { LAUREL_DATA: join(folder.path, 'data'), LOG_LEVEL: 'warn', ...environment });
const refused = (faults: readonly string[]) => ({
  ending: 1,
  stdout: '',
  stderr: `Configuration has ${faults.length} fault(s):\n${faults.map((fault) => `  - ${fault}\n`).join('')}`,
});

it('does not start on a bad environment, and names every fault at once', async () => {
  const outcome = await serve({
    PORT: '70000',
    DATABASE_URL: 'mysql://somewhere',
    REDIS_URL: 'nowhere',
    LAUREL_ENVIRONMENT: 'Not Allowed',
    LAUREL_MIGRATE: 'maybe',
    LOG_LEVEL: 'loud',
    HOST: '0.0.0.0',
    LAUREL_JWT_SECRET: 'short',
    LAUREL_ALLOWED_ORIGINS: 'https://good.example,https://bad.example/path,nothing',
  });
  expect(outcome).toMatchObject({ ending: 1, stdout: '' });
  const lines = outcome.stderr.trim().split('\n');
  expect(lines.shift()).toBe('Configuration has 10 fault(s):');
  expect(lines.map((line) => /^ {2}- ([\w.]+): \S/.exec(line)?.[1])).toEqual([
    'PORT',
    'DATABASE_URL',
    'REDIS_URL.0',
    'LAUREL_ENVIRONMENT',
    'LAUREL_MIGRATE',
    'LOG_LEVEL',
    'HOST',
    'LAUREL_JWT_SECRET',
    'LAUREL_ALLOWED_ORIGINS',
    'LAUREL_ALLOWED_ORIGINS',
  ]);
});

it('does not let everybody in from outside', async () => {
  expect(await serve({ LAUREL_AUTH: 'off', HOST: '0.0.0.0' })).toEqual(
    refused(["HOST: '0.0.0.0' is reachable from outside and LAUREL_AUTH is off; set LAUREL_AUTH=key or on"]),
  );
});

it('does not go into production without a secret, with a weak one, or open', async () => {
  expect(await serve({ NODE_ENV: 'production', HOST: '127.0.0.1' })).toEqual(
    refused(['LAUREL_JWT_SECRET: required with NODE_ENV=production (at least 32 bytes)']),
  );
  const weak = { NODE_ENV: 'production', HOST: '127.0.0.1', LAUREL_AUTH: 'off', LAUREL_JWT_SECRET: 'a'.repeat(40) };
  expect(await serve(weak)).toEqual(
    refused([
      "LAUREL_AUTH: 'off' is refused with NODE_ENV=production",
      'LAUREL_JWT_SECRET: too few different characters to be random',
    ]),
  );
});

it('does not start on a catalog with faults, and names each with file, line and column', {
  timeout: 60_000,
}, async () => {
  const path = join(folder.path, 'game.yaml');
  const lines = [
    'laurel: 1',
    'name: Broken',
    'locales: [en]',
    'eventTypes:',
    '  login: { name: { en: Login }, points: 5 }',
    'metrics:',
    '  logins: { name: { en: Logins }, count: logn }',
    'achievements:',
    '  first:',
    '    name: { en: First }',
    '    description: { en: First }',
    '    rarity: common',
    '    colour: red',
    '    points: 5',
    '    when: { metric: nothing, atLeast: 1 }',
  ];
  await writeFile(path, `${lines.join('\n')}\n`);
  const outcome = await serve({ LAUREL_CATALOG: path });
  expect(outcome).toMatchObject({ ending: 1, stdout: '' });
  for (const [place, word] of [
    ['7:42', 'logn'],
    ['13:5', 'colour'],
    ['15:21', 'nothing'],
  ]) {
    expect(outcome.stderr).toMatch(new RegExp(`^game\\.yaml:${place}: .*${word}`, 'm'));
  }
});
