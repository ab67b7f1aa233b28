import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readConfig } from '../src/config.ts';

const root = resolve(import.meta.dirname, '..');
const read = (file: string): string => readFileSync(join(root, file), 'utf8');

/** Settings that the composed API does not take from outside, and why. */
const FIXED: Readonly<Record<string, string>> = {
  NODE_ENV: 'it is a production server',
  PORT: 'inside it is 4000; this is the port of the host, under `ports`',
  HOST: 'a container that listens on one address is reached by nobody',
  DATABASE_URL: 'the service postgres',
  REDIS_URL: 'the service redis',
  LAUREL_REDIS_CLUSTER: 'the service redis is one server',
  LAUREL_DATA: 'the volume of the image',
  LAUREL_AUTH: 'a production server has no other',
  LAUREL_JOBS: 'the service worker does them',
};
/** Settings whose values must be of a form. */
const SAMPLES: Readonly<Record<string, string>> = {
  LAUREL_JWT_SECRET: 'x7Qm2-vB9rT4kL0pZ8sW3nY6dF1gH5jC',
  LAUREL_CATALOG: 'catalogs/students.yaml',
  LAUREL_ENVIRONMENT: 'staging',
  LAUREL_MIGRATE: 'off',
  LAUREL_SINKS: 'log',
  LAUREL_RETAIN_EVENTS: '400d',
  LAUREL_RETAIN_NOTIFICATIONS: '90d',
  LAUREL_RETAIN_AUDIT: '730d',
  LAUREL_TELEGRAM_BOT_TOKEN: `12345:${'a'.repeat(35)}`,
  LAUREL_GAME_JWT_SECRET: 'another secret of more than thirty-two bytes',
  LAUREL_JWKS_URL: 'https://game.example/keys',
  LAUREL_GAME_JWT_ISSUER: 'game',
  LAUREL_GAME_JWT_AUDIENCE: 'players',
  LAUREL_TRUST_PROXY: '1',
  LAUREL_ALLOWED_ORIGINS: 'https://game.example',
  LAUREL_PERSISTED_OPERATIONS: 'operations.json',
  LAUREL_PERSISTED_ONLY: 'on',
  LAUREL_RATE_API: '0',
  LAUREL_RATE_EVENTS: '1',
  LAUREL_RATE_CONNECTS: '2',
  LAUREL_RATE_SIGN_IN: '3',
  LAUREL_RATE_REFRESH: '4',
  LOG_LEVEL: 'debug',
};

/** What Compose makes of the environment of a service: ${NAME:-default} and ${NAME:?refusal}. */
function composed(
  environment: Readonly<Record<string, string>>,
  from: Readonly<Record<string, string>>,
): Record<string, string> {
  const filled = Object.entries(environment).map(([name, text]) => {
    const value = text.replace(/\$\{(\w+):([-?])([^}]*)\}/g, (_all, asked: string, sign: string, rest: string) => {
      if (sign === '?' && !from[asked]) throw new Error(rest);
      return from[asked] || rest;
    });
    return [name, value] as const;
  });
  return Object.fromEntries(filled);
}

/** Names of settings in .env.example. */
const documented = [...read('.env.example').matchAll(/^([A-Z_]+)=/gm)].map((match) => match[1] ?? '');

describe('what is deployed', () => {
  it('documents every setting that the configuration reads, and no other', () => {
    const known = [...read('src/config.ts').matchAll(/^ {2}([A-Z_]+):/gm)].map((match) => match[1] ?? '');
    expect(known.length).toBeGreaterThan(8);
    expect(documented.toSorted()).toEqual(known.toSorted());
  });

  it('starts with the defaults of .env.example', () => {
    const defaults = Object.fromEntries(
      [...read('.env.example').matchAll(/^([A-Z_]+)=(.*)$/gm)].map(([, name, value]) => [name ?? '', value ?? '']),
    );
    expect(readConfig(defaults)).toEqual(readConfig({}));
  });

  it('gives the composed API only settings that exist, a secret, and services that are healthy first', () => {
    const { services } = parse(read('docker-compose.yml')) as {
      services: Record<
        string,
        {
          environment?: Record<string, string>;
          healthcheck?: object;
          depends_on?: Record<string, { condition: string }>;
        }
      >;
    };
    const api = services['api'];
    expect(Object.keys(services)).toEqual(['postgres', 'redis', 'api', 'worker']);
    expect(services['worker']).toMatchObject({ environment: api?.environment, depends_on: api?.depends_on });
    expect(Object.keys(api?.environment ?? {}).filter((name) => !documented.includes(name))).toEqual([]);
    expect(api?.environment?.['LAUREL_JWT_SECRET']).toMatch(/^\$\{LAUREL_JWT_SECRET:\?/);
    expect(api?.depends_on).toEqual({
      postgres: { condition: 'service_healthy' },
      redis: { condition: 'service_healthy' },
    });
    expect([services['postgres'], services['redis']].every((service) => service?.healthcheck !== undefined)).toBe(true);
    const { LAUREL_JWT_SECRET = '' } = SAMPLES;
    expect(readConfig(composed(api?.environment ?? {}, { LAUREL_JWT_SECRET }))).toMatchObject({
      production: true,
      auth: 'on',
      host: '0.0.0.0',
    });
  });

  it('hands every setting to the composed API, but those that are fixed there', () => {
    const { services } = parse(read('docker-compose.yml')) as {
      services: { api: { environment: Record<string, string>; ports: string[] } };
    };
    const { environment, ports } = services.api;
    expect(ports).toEqual([expect.stringMatching(/^\$\{PORT:-4000\}:4000$/)]);
    expect(Object.keys(FIXED).filter((name) => !documented.includes(name))).toEqual([]);
    for (const name of documented) {
      const handed = environment[name] ?? '';
      if (name in FIXED) expect(handed).not.toContain(`\${${name}`);
      else expect(handed).toMatch(new RegExp(`^\\$\\{${name}:(-|\\?[^}]+)\\}$`));
    }
    expect(Object.keys(SAMPLES).toSorted()).toEqual(documented.filter((name) => !(name in FIXED)).toSorted());
    const fixed = composed(Object.fromEntries(Object.entries(environment).filter(([name]) => name in FIXED)), {});
    const { LAUREL_JWT_SECRET = '' } = SAMPLES;
    // The game signs by one of two.
    for (const other of [{ LAUREL_JWKS_URL: '' }, { LAUREL_GAME_JWT_SECRET: '' }]) {
      for (const from of [{ LAUREL_JWT_SECRET }, { ...SAMPLES, ...other }])
        expect(readConfig(composed(environment, from))).toEqual(readConfig({ ...fixed, ...from }));
    }
    expect(() => composed(environment, {})).toThrow('at least 32 random bytes');
  });

  it('takes an empty setting for one that is not set', () => {
    const empty = Object.fromEntries(documented.map((name) => [name, '']));
    expect(readConfig(empty)).toEqual(readConfig({}));
    for (const name of documented) expect(readConfig({ [name]: '' })).toEqual(readConfig({}));
  });

  it('copies into the image what is there, and runs as nobody special', () => {
    const dockerfile = read('Dockerfile');
    const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap((match) =>
      (match[1] ?? '').split(' '),
    );
    expect(copied.length).toBeGreaterThan(5);
    expect(copied.filter((path) => !existsSync(join(root, path)))).toEqual([]);
    expect(dockerfile).toMatch(/^USER node$/m);
  });
});
