import { CHOICES, KEYWORDS } from './keywords.ts';
import type { Json } from './state.ts';

type Schema = { readonly [key: string]: Json };

const ref = (name: string): Schema => ({ $ref: `#/$defs/${name}` });
const integer = (least = 0): Schema => ({ type: 'integer', minimum: least });
const oneOf = (words: readonly string[]): Schema => ({ enum: [...words] });
const mapOf = (value: Schema): Schema => ({ type: 'object', additionalProperties: value });
const anyOf = (...schemas: readonly Schema[]): Schema => ({ anyOf: [...schemas] });
const STRING: Schema = { type: 'string' };
const NUMBER: Schema = { type: 'number' };
const ANYTHING: Schema = {};
const WORDS = anyOf(STRING, { type: 'array', items: STRING });
const DURATION: Schema = { type: 'string', pattern: '^(\\d+(\\.\\d+)?(ms|min|[smhdw]))+$' };
const TEXT = ref('text');

/** A closed object: exactly these keywords. A keyword without a schema of its own takes anything. */
function closed(
  keywords: readonly string[],
  schemas: { readonly [key: string]: Schema },
  required: readonly string[] = [],
): Schema {
  const properties = Object.fromEntries(keywords.map((key) => [key, schemas[key] ?? ANYTHING]));
  return { type: 'object', properties, required: [...required], additionalProperties: false };
}

function comparisons(): { [key: string]: Schema } {
  return Object.fromEntries(KEYWORDS.comparisons.map((word) => [word, NUMBER]));
}

const metricSchemas: { readonly [key: string]: Schema } = {
  name: TEXT,
  count: WORDS,
  run: WORDS,
  of: WORDS,
  brokenBy: WORDS,
  sum: ref('field'),
  min: ref('field'),
  max: ref('field'),
  latest: ref('field'),
  distinct: ref('field'),
  by: ref('field'),
  where: ref('where'),
  maxKeys: integer(1),
  keep: DURATION,
  decimals: { type: 'integer', minimum: 0, maximum: 6 },
  unit: STRING,
  per: oneOf(CHOICES.per),
  timezone: STRING,
  within: DURATION,
};

function metric(): Schema {
  return closed(['name', ...KEYWORDS.metricKinds, ...KEYWORDS.metricOptions], metricSchemas);
}

function rule(): Schema {
  const rules: Schema = { type: 'array', items: ref('rule'), minItems: 1 };
  const words = [
    ...KEYWORDS.criteria,
    ...KEYWORDS.metricKinds,
    ...KEYWORDS.metricOptions,
    ...KEYWORDS.comparisons,
    'key',
    'keys',
    'tier',
  ];
  const schemas = {
    ...metricSchemas,
    ...comparisons(),
    metric: STRING,
    streak: STRING,
    level: integer(1),
    points: integer(),
    achievement: STRING,
    tier: integer(1),
    achievements: anyOf({ const: 'all' }, closed(['rarity'], { rarity: oneOf(CHOICES.rarity) }, ['rarity'])),
    all: rules,
    any: rules,
    not: ref('rule'),
    of: anyOf(WORDS, rules),
    key: anyOf(STRING, NUMBER),
    keys: integer(1),
  };
  return anyOf({ const: 'manual' }, closed([...new Set<string>(words)], schemas));
}

function eventType(): Schema {
  const price = anyOf(integer(), STRING);
  return closed(KEYWORDS.eventType, {
    name: TEXT,
    description: TEXT,
    points: price,
    xp: price,
    details: { type: 'object' },
    from: oneOf(CHOICES.from),
    limit: closed(KEYWORDS.limit, { per: oneOf(CHOICES.limitPer), count: integer(1) }, KEYWORDS.limit),
    maxLateness: DURATION,
    trust: oneOf(CHOICES.trust),
    velocity: closed(KEYWORDS.velocity, { per: oneOf(CHOICES.limitPer), count: integer(1) }, KEYWORDS.velocity),
    onDoubt: oneOf(CHOICES.onDoubt),
  });
}

function achievement(): Schema {
  const tier = closed(KEYWORDS.tier, { at: NUMBER, points: integer(), xp: integer() }, ['at']);
  const schemas = {
    name: TEXT,
    description: TEXT,
    category: STRING,
    order: integer(),
    icon: STRING,
    iconLocked: STRING,
    rarity: oneOf(CHOICES.rarity),
    points: integer(),
    xp: integer(),
    platforms: mapOf(STRING),
    visibility: oneOf(CHOICES.visibility),
    status: oneOf(CHOICES.status),
    progress: closed(KEYWORDS.progress, {
      notifyAt: { type: 'array', items: { type: 'string', pattern: '^\\d+(\\.\\d+)?%$' } },
    }),
    tiers: { type: 'array', items: tier, minItems: 1 },
    when: ref('rule'),
    requires: WORDS,
    startsAt: STRING,
    endsAt: STRING,
    season: STRING,
    repeat: oneOf(CHOICES.repeat),
    retroactive: oneOf(CHOICES.retroactive),
    onChange: oneOf(CHOICES.onChange),
    formerly: WORDS,
  };
  return closed(KEYWORDS.achievement, schemas, ['when']);
}

function leaderboard(): Schema {
  const reward = closed(KEYWORDS.boardReward, {
    ranks: anyOf(STRING, integer(1)),
    percent: NUMBER,
    points: integer(),
    xp: integer(),
  });
  return closed(
    KEYWORDS.leaderboard,
    {
      name: TEXT,
      metric: STRING,
      order: oneOf(CHOICES.order),
      ties: oneOf(CHOICES.ties),
      per: oneOf(CHOICES.per),
      timezone: STRING,
      rewards: { type: 'array', items: reward },
      finalAfter: DURATION,
      notifyOvertaken: { type: 'boolean' },
    },
    ['metric'],
  );
}

function levels(): Schema {
  return closed(KEYWORDS.levels, {
    base: integer(1),
    multiplier: { type: 'number', minimum: 1 },
    max: integer(1),
    thresholds: { type: 'array', items: integer(), minItems: 1 },
    titles: mapOf(TEXT),
    rewards: mapOf(closed(KEYWORDS.levelReward, {})),
  });
}

function streak(): Schema {
  const freezes = closed(KEYWORDS.freezes, { start: integer(), earnEvery: integer(1), max: integer() });
  return closed(KEYWORDS.streak, { name: TEXT, of: WORDS, per: oneOf(CHOICES.streakPer), freezes }, ['of']);
}

function test(): Schema {
  const expect = closed(KEYWORDS.expect, {});
  const given: Schema = { type: 'array', items: anyOf(STRING, { type: 'object' }) };
  return closed(KEYWORDS.test, { name: STRING, user: { type: 'object' }, given, expect }, ['given', 'expect']);
}

/** The JSON Schema (draft 2020-12) of a catalog file, for editors. Made from the keywords the compiler reads. */
export function catalogJsonSchema(): Schema {
  const season = closed(KEYWORDS.season, { name: TEXT, startsAt: STRING, endsAt: STRING, timezone: STRING }, [
    'startsAt',
    'endsAt',
  ]);
  const root = closed(
    KEYWORDS.root,
    {
      laurel: { const: 1 },
      name: STRING,
      locales: { type: 'array', items: STRING, minItems: 1 },
      include: WORDS,
      users: closed(KEYWORDS.users, { create: oneOf(CHOICES.create), attributes: mapOf(STRING) }),
      eventTypes: mapOf(anyOf({ type: 'null' }, eventType())),
      metrics: mapOf(metric()),
      seasons: mapOf(season),
      levels: levels(),
      streaks: mapOf(streak()),
      categories: mapOf(closed(KEYWORDS.category, { name: TEXT, order: integer() })),
      achievements: mapOf(achievement()),
      leaderboards: mapOf(leaderboard()),
      tests: { type: 'array', items: test() },
    },
    ['laurel'],
  );
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Laurel catalog',
    ...root,
    $defs: {
      text: anyOf(STRING, mapOf(STRING)),
      field: { type: 'string', pattern: '^(details|user)\\..+$' },
      where: anyOf(STRING, { type: 'object' }),
      rule: rule(),
    },
  };
}
