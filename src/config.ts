import { z } from 'zod';

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/;

/** True for names and addresses of this machine only. */
export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host);
}

/** An environment value; unset and empty are the same. */
const optionalText = z.preprocess((value) => (value === '' ? undefined : value), z.string().optional());
/** A comma-separated list. */
const listOf = <Item extends z.ZodType>(item: Item) =>
  z.preprocess(
    (value) => (typeof value === 'string' ? value : '').split(',').flatMap((part) => part.trim() || []),
    z.array(item),
  );
/** How many a minute; 0: any number. */
const rate = (perMinute: number) =>
  z.preprocess((value) => value || perMinute, z.coerce.number().int().min(0).max(1_000_000));
/** An age in days, such as 400d. */
const days = optionalText.pipe(
  z
    .string()
    .regex(/^[1-9]\d{0,4}d$/, 'must be an age in days, such as 400d')
    .transform((text) => Number.parseInt(text, 10))
    .optional(),
);
const port = z.coerce.number().int().min(0).max(65_535);

const variables = z.object({
  NODE_ENV: optionalText,
  PORT: z.preprocess((value) => value || 4000, port),
  HOST: optionalText,
  DATABASE_URL: optionalText.pipe(z.url({ protocol: /^postgres(ql)?$/ }).optional()),
  REDIS_URL: listOf(z.url({ protocol: /^rediss?$/ })),
  LAUREL_REDIS_CLUSTER: z.preprocess((value) => value || 'off', z.enum(['on', 'off'])),
  LAUREL_DATA: z.preprocess((value) => value || './.laurel', z.string()),
  LAUREL_CATALOG: z.preprocess((value) => value || 'catalogs/game.yaml', z.string()),
  LAUREL_ENVIRONMENT: optionalText.pipe(
    z
      .string()
      .regex(/^[a-z0-9]{1,20}$/, 'must be 1 to 20 small letters or digits')
      .optional(),
  ),
  LAUREL_MIGRATE: z.preprocess((value) => value || 'auto', z.enum(['auto', 'off'])),
  LAUREL_JOBS: z.preprocess((value) => value || 'on', z.enum(['on', 'off'])),
  LAUREL_SINKS: listOf(z.enum(['log'])),
  LAUREL_RETAIN_EVENTS: days,
  LAUREL_RETAIN_NOTIFICATIONS: days,
  LAUREL_RETAIN_AUDIT: days,
  LAUREL_AUTH: optionalText.pipe(z.enum(['off', 'key', 'on']).optional()),
  LAUREL_ALLOWED_ORIGINS: optionalText,
  LAUREL_JWT_SECRET: optionalText,
  LAUREL_TELEGRAM_BOT_TOKEN: optionalText.pipe(
    z
      .string()
      .regex(/^\d{1,20}:[\w-]{30,100}$/, 'has not the form that @BotFather gives')
      .optional(),
  ),
  LAUREL_GAME_JWT_SECRET: optionalText,
  LAUREL_JWKS_URL: optionalText.pipe(z.url({ protocol: /^https?$/ }).optional()),
  LAUREL_GAME_JWT_ISSUER: optionalText,
  LAUREL_GAME_JWT_AUDIENCE: optionalText,
  LAUREL_TRUST_PROXY: z.preprocess((value) => value || 0, z.coerce.number().int().min(0).max(10)),
  LAUREL_PERSISTED_OPERATIONS: optionalText,
  LAUREL_PERSISTED_ONLY: z.preprocess((value) => value || 'off', z.enum(['on', 'off'])),
  LAUREL_RATE_API: rate(100),
  LAUREL_RATE_EVENTS: rate(60),
  LAUREL_RATE_CONNECTS: rate(10),
  LAUREL_RATE_SIGN_IN: rate(5),
  LAUREL_RATE_REFRESH: rate(10),
  LOG_LEVEL: z.preprocess(
    (value) => value || 'info',
    z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']),
  ),
});

/** How callers prove who they are: see `LAUREL_AUTH` in .env.example. */
export type AuthMode = 'off' | 'key' | 'on';

/** How many days what is stored stays; null: for good. */
export interface RetainDays {
  /** Months of the log that are older move into the archive. */
  readonly events: number | null;
  /** Messages to users are deleted. */
  readonly notifications: number | null;
  /** Rows of the audit log are deleted. */
  readonly audit: number | null;
}

/** Everything that can be set from outside, checked and frozen. */
export interface Config {
  readonly production: boolean;
  readonly port: number;
  readonly host: string;
  /** Null: the embedded database under `dataDirectory`. */
  readonly databaseUrl: string | null;
  /** One server, or some nodes of a cluster; null: no Redis. */
  readonly redis: { readonly urls: readonly [string, ...string[]]; readonly cluster: boolean } | null;
  readonly dataDirectory: string;
  readonly catalogPath: string;
  /** Part of server keys: `lk_<environment>_...`. */
  readonly environment: string;
  readonly migrate: 'auto' | 'off';
  /** Whether the server runs the jobs itself; a worker runs them always. */
  readonly jobs: 'on' | 'off';
  /** Where domain events go beside the feed. */
  readonly sinks: readonly 'log'[];
  readonly retainDays: RetainDays;
  readonly auth: AuthMode;
  readonly allowedOrigins: readonly string[];
  /** Null in development: one is made and kept in the data directory. */
  readonly jwtSecret: string | null;
  /** Null: nobody signs in with Telegram. */
  readonly telegramBotToken: string | null;
  /** Null: the game has no tokens of its own. */
  readonly gameTokens: GameTokenSettings | null;
  /** Proxies in front whose X-Forwarded-For is believed; 0: none. */
  readonly trustedHops: number;
  readonly rates: RateSettings;
  /** File of the operations that the game was built with; null: there is none. */
  readonly persistedOperations: string | null;
  /** Whether others are refused to players and anonymous callers. */
  readonly persistedOnly: boolean;
  readonly logLevel: string;
}

/** How many a player, or an address without a credential, has in a minute; 0: any number. */
export type RateSettings = Readonly<Record<'api' | 'events' | 'connects' | 'signIn' | 'refresh', number>>;

/** How tokens that the game signs itself are verified: by exactly one of `secret` and `jwksUrl`. */
export interface GameTokenSettings {
  readonly issuer: string;
  readonly audience: string;
  /** HS256. */
  readonly secret: string | null;
  /** RS256, ES256, EdDSA. */
  readonly jwksUrl: string | null;
}

/** The environment does not make a working configuration; `faults` names every fault at once. */
export class ConfigError extends Error {
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(`Configuration has ${faults.length} fault(s):\n${faults.map((fault) => `  - ${fault}`).join('\n')}`);
    this.name = 'ConfigError';
    this.faults = faults;
  }
}

/**
 * Reads the configuration; the only reader of the environment.
 * @throws ConfigError naming every fault
 */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const parsed = variables.safeParse(environment);
  const malformed = (parsed.error?.issues ?? []).map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  const settings = settingsOf(environment);
  const faults = [...malformed, ...faultsTogether(settings)];
  if (!parsed.success || faults.length > 0) throw new ConfigError(faults);
  const values = parsed.data;
  const { production, host, auth, origins } = settings;
  return Object.freeze({
    production,
    port: values.PORT,
    host,
    databaseUrl: values.DATABASE_URL ?? null,
    redis: redisOf(values.REDIS_URL, values.LAUREL_REDIS_CLUSTER === 'on'),
    dataDirectory: values.LAUREL_DATA,
    catalogPath: values.LAUREL_CATALOG,
    environment: values.LAUREL_ENVIRONMENT ?? (production ? 'production' : 'development'),
    migrate: values.LAUREL_MIGRATE,
    jobs: values.LAUREL_JOBS,
    sinks: [...new Set(values.LAUREL_SINKS)],
    retainDays: {
      events: values.LAUREL_RETAIN_EVENTS ?? null,
      notifications: values.LAUREL_RETAIN_NOTIFICATIONS ?? null,
      audit: values.LAUREL_RETAIN_AUDIT ?? null,
    },
    auth: auth as AuthMode,
    allowedOrigins: origins,
    jwtSecret: values.LAUREL_JWT_SECRET ?? null,
    telegramBotToken: values.LAUREL_TELEGRAM_BOT_TOKEN ?? null,
    gameTokens: gameTokensOf(values),
    trustedHops: values.LAUREL_TRUST_PROXY,
    persistedOperations: values.LAUREL_PERSISTED_OPERATIONS ?? null,
    persistedOnly: values.LAUREL_PERSISTED_ONLY === 'on',
    rates: {
      api: values.LAUREL_RATE_API,
      events: values.LAUREL_RATE_EVENTS,
      connects: values.LAUREL_RATE_CONNECTS,
      signIn: values.LAUREL_RATE_SIGN_IN,
      refresh: values.LAUREL_RATE_REFRESH,
    },
    logLevel: values.LOG_LEVEL,
  });
}

function gameTokensOf(values: z.infer<typeof variables>): GameTokenSettings | null {
  const { LAUREL_GAME_JWT_ISSUER: issuer, LAUREL_GAME_JWT_AUDIENCE: audience } = values;
  if (issuer === undefined) return null;
  const [secret, jwksUrl] = [values.LAUREL_GAME_JWT_SECRET ?? null, values.LAUREL_JWKS_URL ?? null];
  return { issuer, audience: audience ?? 'laurel', secret, jwksUrl };
}

/** What decides together; as it was given, for other faults may stand beside theirs. */
interface Settings {
  readonly production: boolean;
  readonly auth: string;
  readonly host: string;
  readonly origins: readonly string[];
  readonly secret: string | undefined;
  /** Only operations of a manifest are answered, and there is none. */
  readonly lacksManifest: boolean;
  readonly game: Readonly<Record<'secret' | 'jwksUrl' | 'issuer', string | undefined>>;
  readonly redisUrls: readonly string[];
  readonly redisCluster: boolean;
}

function settingsOf(environment: Readonly<Record<string, string | undefined>>): Settings {
  const production = environment['NODE_ENV'] === 'production';
  return {
    production,
    auth: environment['LAUREL_AUTH'] || (production ? 'on' : 'off'),
    host: environment['HOST'] || (production ? '0.0.0.0' : '127.0.0.1'),
    origins: (environment['LAUREL_ALLOWED_ORIGINS'] ?? '').split(',').flatMap((origin) => origin.trim() || []),
    secret: environment['LAUREL_JWT_SECRET'] || undefined,
    lacksManifest: environment['LAUREL_PERSISTED_ONLY'] === 'on' && !environment['LAUREL_PERSISTED_OPERATIONS'],
    game: {
      secret: environment['LAUREL_GAME_JWT_SECRET'] || undefined,
      jwksUrl: environment['LAUREL_JWKS_URL'] || undefined,
      issuer: environment['LAUREL_GAME_JWT_ISSUER'] || undefined,
    },
    redisUrls: (environment['REDIS_URL'] ?? '').split(',').flatMap((url) => url.trim() || []),
    redisCluster: environment['LAUREL_REDIS_CLUSTER'] === 'on',
  };
}

function faultsTogether(settings: Settings): string[] {
  const { production, auth, host, origins, secret, game, lacksManifest } = settings;
  return [
    ...(production && (auth === 'off' || auth === 'key')
      ? [`LAUREL_AUTH: '${auth}' is refused with NODE_ENV=production`]
      : []),
    ...(auth === 'off' && !isLoopback(host)
      ? [`HOST: '${host}' is reachable from outside and LAUREL_AUTH is off; set LAUREL_AUTH=key or on`]
      : []),
    ...(secret === undefined && production
      ? ['LAUREL_JWT_SECRET: required with NODE_ENV=production (at least 32 bytes)']
      : []),
    ...secretFaults('LAUREL_JWT_SECRET', secret),
    ...gameFaults(game, secret),
    ...(lacksManifest ? ['LAUREL_PERSISTED_ONLY: set LAUREL_PERSISTED_OPERATIONS with it'] : []),
    ...redisFaults(settings),
    ...origins
      .filter((origin) => !isOrigin(origin))
      .map((origin) => `LAUREL_ALLOWED_ORIGINS: '${origin}' is no origin`),
  ];
}

function redisFaults({ redisUrls, redisCluster }: Settings): string[] {
  if (!redisCluster)
    return redisUrls.length > 1 ? ['REDIS_URL: several nodes are those of a cluster; set LAUREL_REDIS_CLUSTER=on'] : [];
  if (redisUrls.length === 0) return ['LAUREL_REDIS_CLUSTER: needs REDIS_URL, some nodes of the cluster'];
  const urls = redisUrls.filter((url) => URL.canParse(url)).map((url) => new URL(url));
  const accesses = new Set(urls.map(({ protocol, username, password }) => `${protocol}${username}:${password}`));
  return [
    ...(urls.some(({ pathname }) => !['', '/', '/0'].includes(pathname))
      ? ['REDIS_URL: a cluster has no database numbers']
      : []),
    ...(accesses.size > 1 ? ['REDIS_URL: the nodes of a cluster have one protocol and one credential'] : []),
  ];
}

function redisOf([first, ...more]: readonly string[], cluster: boolean): Config['redis'] {
  return first === undefined ? null : { urls: [first, ...more], cluster };
}

function secretFaults(name: string, secret: string | undefined): string[] {
  if (secret === undefined) return [];
  if (Buffer.byteLength(secret) < 32) return [`${name}: shorter than 32 bytes`];
  if (new Set(secret).size < 10) return [`${name}: too few different characters to be random`];
  return [];
}

function gameFaults({ secret, jwksUrl, issuer }: Settings['game'], own: string | undefined): string[] {
  const isSet = secret !== undefined || jwksUrl !== undefined;
  const url = jwksUrl !== undefined && URL.canParse(jwksUrl) ? new URL(jwksUrl) : null;
  return [
    ...secretFaults('LAUREL_GAME_JWT_SECRET', secret),
    ...(secret !== undefined && jwksUrl !== undefined
      ? ['LAUREL_JWKS_URL: set this or LAUREL_GAME_JWT_SECRET, not both']
      : []),
    ...(secret !== undefined && secret === own
      ? ['LAUREL_GAME_JWT_SECRET: is LAUREL_JWT_SECRET; give the game its own']
      : []),
    ...(url?.protocol === 'http:' && !isLoopback(url.hostname) ? ['LAUREL_JWKS_URL: must be https'] : []),
    ...(isSet && issuer === undefined ? ["LAUREL_GAME_JWT_ISSUER: required with the game's own tokens"] : []),
    ...(!isSet && issuer !== undefined
      ? ['LAUREL_GAME_JWT_ISSUER: set LAUREL_GAME_JWT_SECRET or LAUREL_JWKS_URL with it']
      : []),
    ...(issuer === 'laurel' ? ["LAUREL_GAME_JWT_ISSUER: 'laurel' is that of Laurel itself"] : []),
  ];
}

function isOrigin(text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === text;
}
