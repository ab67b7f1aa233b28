import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readConfig } from '../src/config.ts';

const root = resolve(import.meta.dirname, '..');
const read = (file: string): string => readFileSync(join(root, file), 'utf8');

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
    const environment = {
      ...api?.environment,
      LAUREL_JWT_SECRET: 'x7Qm2-vB9rT4kL0pZ8sW3nY6dF1gH5jC',
      LAUREL_ALLOWED_ORIGINS: '',
      LAUREL_SINKS: '',
      LAUREL_RETAIN_EVENTS: '',
      LAUREL_RETAIN_NOTIFICATIONS: '',
      LAUREL_RETAIN_AUDIT: '',
      LOG_LEVEL: 'info',
    };
    expect(readConfig({ ...environment, DATABASE_URL: 'postgres://a:b@postgres:5432/laurel' })).toMatchObject({
      production: true,
      auth: 'on',
      host: '0.0.0.0',
    });
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
