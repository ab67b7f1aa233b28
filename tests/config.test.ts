import { describe, expect, it } from 'vitest';
import { ConfigError, isLoopback, readConfig } from '../src/config.ts';

const SECRET = 'a secret of more than thirty-two bytes';
const PRODUCTION = { NODE_ENV: 'production', LAUREL_JWT_SECRET: SECRET };

function faultsOf(environment: Record<string, string | undefined>): readonly string[] {
  try {
    readConfig(environment);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
}

describe('the configuration', () => {
  const DEVELOPMENT = {
    production: false,
    port: 4000,
    host: '127.0.0.1',
    databaseUrl: null,
    redis: null,
    dataDirectory: './.laurel',
    catalogPath: 'catalogs/game.yaml',
    environment: 'development',
    migrate: 'auto',
    jobs: 'on',
    sinks: [],
    retainDays: { events: null, notifications: null, audit: null },
    auth: 'off',
    allowedOrigins: [],
    jwtSecret: null,
    telegramBotToken: null,
    gameTokens: null,
    trustedHops: 0,
    persistedOperations: null,
    persistedOnly: false,
    rates: { api: 100, events: 60, connects: 10, signIn: 5, refresh: 10 },
    logLevel: 'info',
  };

  it('of nothing is development on this machine alone', () => {
    expect(readConfig({})).toEqual(DEVELOPMENT);
  });

  it('takes an empty value for one that is not set', () => {
    const names = [
      'NODE_ENV',
      'PORT',
      'HOST',
      'DATABASE_URL',
      'REDIS_URL',
      'LAUREL_REDIS_CLUSTER',
      'LAUREL_DATA',
      'LAUREL_CATALOG',
      'LAUREL_ENVIRONMENT',
      'LAUREL_MIGRATE',
      'LAUREL_JOBS',
      'LAUREL_SINKS',
      'LAUREL_RETAIN_AUDIT',
      'LAUREL_RETAIN_EVENTS',
      'LAUREL_RETAIN_NOTIFICATIONS',
      'LAUREL_AUTH',
      'LAUREL_ALLOWED_ORIGINS',
      'LAUREL_JWT_SECRET',
      'LAUREL_TELEGRAM_BOT_TOKEN',
      'LAUREL_GAME_JWT_SECRET',
      'LAUREL_JWKS_URL',
      'LAUREL_GAME_JWT_ISSUER',
      'LAUREL_GAME_JWT_AUDIENCE',
      'LAUREL_TRUST_PROXY',
      'LAUREL_PERSISTED_OPERATIONS',
      'LAUREL_PERSISTED_ONLY',
      'LAUREL_RATE_API',
      'LAUREL_RATE_EVENTS',
      'LAUREL_RATE_CONNECTS',
      'LAUREL_RATE_SIGN_IN',
      'LAUREL_RATE_REFRESH',
      'LOG_LEVEL',
    ];
    expect(readConfig(Object.fromEntries(names.map((name) => [name, ''])))).toEqual(DEVELOPMENT);
  });

  it('in production listens to the world and wants credentials', () => {
    expect(readConfig(PRODUCTION)).toEqual({
      ...DEVELOPMENT,
      production: true,
      host: '0.0.0.0',
      environment: 'production',
      auth: 'on',
      jwtSecret: SECRET,
    });
  });

  it('takes what is set', () => {
    const config = readConfig({
      PORT: '0',
      HOST: '::1',
      DATABASE_URL: 'postgresql://laurel@db/laurel',
      REDIS_URL: 'rediss://cache:6380/1',
      LAUREL_DATA: '/data',
      LAUREL_CATALOG: 'my.yaml',
      LAUREL_ENVIRONMENT: 'staging',
      LAUREL_MIGRATE: 'off',
      LAUREL_JOBS: 'off',
      LAUREL_SINKS: ' log, log',
      LAUREL_RETAIN_EVENTS: '400d',
      LAUREL_RETAIN_AUDIT: '730d',
      LAUREL_RETAIN_NOTIFICATIONS: '90d',
      LAUREL_AUTH: 'key',
      LAUREL_ALLOWED_ORIGINS: 'https://a.example, http://localhost:5173,',
      LAUREL_JWT_SECRET: SECRET,
      LAUREL_TELEGRAM_BOT_TOKEN: '1234567890:AAF0exampleexampleexampleexample0AA',
      LAUREL_JWKS_URL: 'https://game.example/keys',
      LAUREL_GAME_JWT_ISSUER: 'https://game.example',
      LAUREL_GAME_JWT_AUDIENCE: 'achievements',
      LAUREL_TRUST_PROXY: '2',
      LAUREL_PERSISTED_OPERATIONS: 'operations.json',
      LAUREL_PERSISTED_ONLY: 'on',
      LAUREL_RATE_API: '1000',
      LAUREL_RATE_SIGN_IN: '0',
      LOG_LEVEL: 'debug',
      UNKNOWN: 'ignored',
    });
    expect(config).toEqual({
      production: false,
      port: 0,
      host: '::1',
      databaseUrl: 'postgresql://laurel@db/laurel',
      redis: { urls: ['rediss://cache:6380/1'], cluster: false },
      dataDirectory: '/data',
      catalogPath: 'my.yaml',
      environment: 'staging',
      migrate: 'off',
      jobs: 'off',
      sinks: ['log'],
      retainDays: { events: 400, notifications: 90, audit: 730 },
      auth: 'key',
      allowedOrigins: ['https://a.example', 'http://localhost:5173'],
      jwtSecret: SECRET,
      telegramBotToken: '1234567890:AAF0exampleexampleexampleexample0AA',
      gameTokens: {
        issuer: 'https://game.example',
        audience: 'achievements',
        secret: null,
        jwksUrl: 'https://game.example/keys',
      },
      trustedHops: 2,
      persistedOperations: 'operations.json',
      persistedOnly: true,
      rates: { api: 1000, events: 60, connects: 10, signIn: 0, refresh: 10 },
      logLevel: 'debug',
    });
    expect(Object.isFrozen(config)).toBe(true);
  });

  it.each<[Record<string, string>, string]>([
    [{ PORT: '65536' }, 'PORT'],
    [{ LAUREL_JOBS: 'yes' }, 'LAUREL_JOBS'],
    [{ LAUREL_SINKS: 'log, paper' }, 'LAUREL_SINKS.1'],
    [{ LAUREL_RETAIN_EVENTS: '1 year' }, 'LAUREL_RETAIN_EVENTS'],
    [{ LAUREL_RETAIN_EVENTS: '0d' }, 'LAUREL_RETAIN_EVENTS'],
    [{ LAUREL_RETAIN_EVENTS: '400' }, 'LAUREL_RETAIN_EVENTS'],
    [{ LAUREL_RETAIN_AUDIT: '2y' }, 'LAUREL_RETAIN_AUDIT'],
    [{ PORT: '-1' }, 'PORT'],
    [{ PORT: '80.5' }, 'PORT'],
    [{ PORT: 'http' }, 'PORT'],
    [{ DATABASE_URL: 'mysql://db/laurel' }, 'DATABASE_URL'],
    [{ DATABASE_URL: 'laurel' }, 'DATABASE_URL'],
    [{ REDIS_URL: 'http://cache' }, 'REDIS_URL.0'],
    [{ REDIS_URL: 'redis://a, redis://b' }, 'REDIS_URL'],
    [{ LAUREL_REDIS_CLUSTER: 'yes' }, 'LAUREL_REDIS_CLUSTER'],
    [{ LAUREL_REDIS_CLUSTER: 'on' }, 'LAUREL_REDIS_CLUSTER'],
    [{ LAUREL_REDIS_CLUSTER: 'on', REDIS_URL: 'redis://a,laurel' }, 'REDIS_URL.1'],
    [{ LAUREL_REDIS_CLUSTER: 'on', REDIS_URL: 'redis://a/1' }, 'REDIS_URL'],
    [{ LAUREL_REDIS_CLUSTER: 'on', REDIS_URL: 'redis://a,rediss://b' }, 'REDIS_URL'],
    [{ LAUREL_REDIS_CLUSTER: 'on', REDIS_URL: 'redis://:one@a,redis://:two@b' }, 'REDIS_URL'],
    [{ LAUREL_ENVIRONMENT: 'Staging 2' }, 'LAUREL_ENVIRONMENT'],
    [{ LAUREL_MIGRATE: 'no' }, 'LAUREL_MIGRATE'],
    [{ LAUREL_AUTH: 'yes' }, 'LAUREL_AUTH'],
    [{ LOG_LEVEL: 'loud' }, 'LOG_LEVEL'],
    [{ LAUREL_ALLOWED_ORIGINS: 'https://a.example/path' }, 'LAUREL_ALLOWED_ORIGINS'],
    [{ LAUREL_ALLOWED_ORIGINS: '*' }, 'LAUREL_ALLOWED_ORIGINS'],
    [{ LAUREL_JWT_SECRET: 'short' }, 'LAUREL_JWT_SECRET'],
    [{ LAUREL_JWT_SECRET: 'ab'.repeat(20) }, 'LAUREL_JWT_SECRET'],
    [{ LAUREL_TELEGRAM_BOT_TOKEN: 'short' }, 'LAUREL_TELEGRAM_BOT_TOKEN'],
    [{ LAUREL_TRUST_PROXY: 'yes' }, 'LAUREL_TRUST_PROXY'],
    [{ LAUREL_TRUST_PROXY: '11' }, 'LAUREL_TRUST_PROXY'],
    [{ LAUREL_PERSISTED_ONLY: 'on' }, 'LAUREL_PERSISTED_ONLY'],
    [{ LAUREL_PERSISTED_ONLY: 'yes' }, 'LAUREL_PERSISTED_ONLY'],
    [{ LAUREL_RATE_API: '-1' }, 'LAUREL_RATE_API'],
    [{ LAUREL_RATE_EVENTS: '1.5' }, 'LAUREL_RATE_EVENTS'],
    [{ LAUREL_RATE_CONNECTS: 'many' }, 'LAUREL_RATE_CONNECTS'],
    [{ LAUREL_GAME_JWT_SECRET: SECRET }, 'LAUREL_GAME_JWT_ISSUER'],
    [{ LAUREL_GAME_JWT_ISSUER: 'game' }, 'LAUREL_GAME_JWT_ISSUER'],
    [{ LAUREL_GAME_JWT_SECRET: SECRET, LAUREL_GAME_JWT_ISSUER: 'laurel' }, 'LAUREL_GAME_JWT_ISSUER'],
    [{ LAUREL_GAME_JWT_SECRET: 'short', LAUREL_GAME_JWT_ISSUER: 'game' }, 'LAUREL_GAME_JWT_SECRET'],
    [
      { LAUREL_GAME_JWT_SECRET: SECRET, LAUREL_JWT_SECRET: SECRET, LAUREL_GAME_JWT_ISSUER: 'game' },
      'LAUREL_GAME_JWT_SECRET',
    ],
    [
      { LAUREL_GAME_JWT_SECRET: SECRET, LAUREL_JWKS_URL: 'https://game.example', LAUREL_GAME_JWT_ISSUER: 'game' },
      'LAUREL_JWKS_URL',
    ],
    [{ LAUREL_JWKS_URL: 'http://game.example', LAUREL_GAME_JWT_ISSUER: 'game' }, 'LAUREL_JWKS_URL'],
    [{ LAUREL_JWKS_URL: 'nonsense', LAUREL_GAME_JWT_ISSUER: 'game' }, 'LAUREL_JWKS_URL'],
    [{ HOST: '0.0.0.0' }, 'HOST'],
    [{ HOST: 'example.com', LAUREL_AUTH: 'off' }, 'HOST'],
    [{ NODE_ENV: 'production' }, 'LAUREL_JWT_SECRET'],
    [{ ...PRODUCTION, LAUREL_AUTH: 'key' }, 'LAUREL_AUTH'],
  ])('refuses %j', (environment, name) => {
    const faults = faultsOf(environment);
    expect([faults.length, faults[0]?.split(':')[0]]).toEqual([1, name]);
  });

  it('takes some nodes of a Redis Cluster, or one address of it', () => {
    const redisOf = (REDIS_URL: string) => readConfig({ REDIS_URL, LAUREL_REDIS_CLUSTER: 'on' }).redis;
    expect(redisOf('redis://:hunter2@a:7000/0, redis://:hunter2@b,')).toEqual({
      urls: ['redis://:hunter2@a:7000/0', 'redis://:hunter2@b'],
      cluster: true,
    });
    expect(redisOf('rediss://cache')).toEqual({ urls: ['rediss://cache'], cluster: true });
  });

  it('refuses to be open to the world without credentials, twice over', () => {
    expect(faultsOf({ ...PRODUCTION, LAUREL_AUTH: 'off' })).toEqual([
      "LAUREL_AUTH: 'off' is refused with NODE_ENV=production",
      "HOST: '0.0.0.0' is reachable from outside and LAUREL_AUTH is off; set LAUREL_AUTH=key or on",
    ]);
  });

  it('names every fault at once, and never a secret', () => {
    const faults = faultsOf({ PORT: 'x', LAUREL_AUTH: 'x', LOG_LEVEL: 'x', DATABASE_URL: 'hunter2' });
    expect(faults.map((fault) => fault.split(':')[0])).toEqual(['PORT', 'DATABASE_URL', 'LAUREL_AUTH', 'LOG_LEVEL']);
    expect(faultsOf({ LAUREL_JWT_SECRET: 'hunter2' }).join()).not.toContain('hunter2');
    expect(faults.join()).not.toContain('hunter2');
    expect(() => readConfig({ PORT: 'x', LOG_LEVEL: 'x' })).toThrow(
      /^Configuration has 2 fault\(s\):\n {2}- PORT: .*\n {2}- LOG_LEVEL: /,
    );
  });
});

describe('loopback', () => {
  it.each(['localhost', '127.0.0.1', '127.1.2.3', '::1', '[::1]'])('is %s', (host) => {
    expect(isLoopback(host)).toBe(true);
  });

  it.each(['', '0.0.0.0', '::', '192.168.1.1', 'localhost.example.com', '127.0.0.1.example.com', '1127.0.0.1'])(
    'is not %j',
    (host) => {
      expect(isLoopback(host)).toBe(false);
    },
  );
});
