import {
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLNamedType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
  isUnionType,
} from 'graphql';

/** A source of numbers in 0..1 that repeats itself for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** An operation to post. */
export interface RandomOperation {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** Makes operations of a schema. Texts come from `words`, which the test fills with ids and cursors that answers showed. */
export interface OperationMaker {
  query(): RandomOperation;
  mutation(): RandomOperation;
}

const DEEPEST = 6;
const HOSTILE = [
  '',
  ' ',
  '\u0000',
  'a\u0000b',
  '\ud800',
  '%',
  '_',
  '\\',
  "'; drop table users",
  '__proto__',
  'constructor',
  '\u202e',
  'x'.repeat(201),
  '-1',
  '{}',
];
const NUMBERS = [100, 101, -1, 2_147_483_647];
const UUID = '01890a5d-ac96-774b-bcce-b302099a8057';
const CURSORS = [UUID, `0.${UUID}`, 'newcomer', '\u0000'].map((place) => Buffer.from(place).toString('base64url'));
const IDS = ['user', 'event', 'notification', 'userAchievement', 'achievement', 'page'].flatMap((type) =>
  [UUID, `${UUID}.${UUID}`, `${UUID}.1`, `${'-'.repeat(36)}.1`, `${UUID}.newcomer`, 'newcomer', '\u0000'].map(
    (id) => `${type}_${id}`,
  ),
);
const TIMES = [
  new Date().toISOString(),
  '2026-01-01T00:00:00Z',
  '1969-12-31T23:59:59.999Z',
  '0000-01-01T00:00:00Z',
  '9999-12-31T23:59:59Z',
  'yesterday',
  '',
];
const JSONS: readonly unknown[] = [
  null,
  {},
  [],
  1,
  'text',
  { level_id: 1 },
  { item_id: 'a' },
  { item_id: '\u0000' },
  JSON.parse('{"__proto__":{"a":1}}'),
  { constructor: 1 },
  { toString: {} },
  { location: 'x'.repeat(1_100) },
  { a: { b: { c: [[[[1]]]] } } },
  { level_id: 1.5e300 },
];

/** Makes a maker; the same seed and the same words give the same operations. */
export function operationsOf(schema: GraphQLSchema, random: () => number, words: readonly string[]): OperationMaker {
  const below = (limit: number): number => Math.floor(random() * limit);
  const pick = <Item>(items: readonly Item[]): Item => items[below(items.length)] as Item;

  const operation = (kind: 'query' | 'mutation', root: GraphQLNamedType | null | undefined): RandomOperation => {
    if (!isObjectType(root)) throw new Error(`the schema has no ${kind}`);
    const variables: Record<string, unknown> = {};
    const declared: string[] = [];
    const call = (field: GraphQLField<unknown, unknown>): string => {
      const given = field.args.filter(({ type }) => isNonNullType(type) || random() < 0.4);
      if (given.length === 0) return field.name;
      const parts = given.map(({ name, type }) => {
        const variable = `v${declared.length}`;
        declared.push(`$${variable}: ${type}`);
        variables[variable] = value(type, 0);
        return `${name}: $${variable}`;
      });
      return `${field.name}(${parts.join(', ')})`;
    };
    const selection = (type: GraphQLOutputType, depth: number): string | null => {
      const named = getNamedType(type);
      if (isUnionType(named)) {
        const members = named
          .getTypes()
          .map((member) => `... on ${member.name} ${selection(member, depth) ?? '{ __typename }'}`);
        return `{ __typename ${members.join(' ')} }`;
      }
      if (!isObjectType(named)) return 'getFields' in named ? '{ __typename id }' : null;
      const fields = Object.values(named.getFields()).filter(() => random() < 0.5);
      const parts = fields.flatMap((field, index) => {
        if (depth >= DEEPEST && 'getFields' in getNamedType(field.type)) return [];
        const inner = selection(field.type, depth + 1);
        // Members of a union may have the same field with other arguments, so each call has a name of its own.
        return [
          `f${depth}_${index}_${declared.length}_${below(1e9)}: ${call(field)}${inner === null ? '' : ` ${inner}`}`,
        ];
      });
      return `{ __typename ${parts.join(' ')} }`;
    };
    const field = pick(Object.values(root.getFields()));
    const body = `${call(field)} ${selection(field.type, 1) ?? ''}`;
    return { query: `${kind}${declared.length > 0 ? ` (${declared.join(', ')})` : ''} { ${body} }`, variables };
  };

  const value = (type: GraphQLInputType, depth: number): unknown => {
    if (isNonNullType(type)) return present(type.ofType, depth);
    return random() < 0.05 ? null : present(type, depth);
  };

  const present = (type: GraphQLInputType, depth: number): unknown => {
    if (isListType(type)) return Array.from({ length: below(4) }, () => value(type.ofType, depth + 1));
    const named = type as GraphQLNamedType;
    if (isEnumType(named)) return pick(named.getValues()).name;
    if (isInputObjectType(named)) {
      const wanted = Object.values(named.getFields()).filter((field) => isNonNullType(field.type) || random() < 0.3);
      const fields = named.name === 'UserRef' && random() < 0.9 ? [pick(Object.values(named.getFields()))] : wanted;
      return Object.fromEntries(fields.map((field) => [field.name, value(field.type, depth + 1)]));
    }
    return scalar(named.name);
  };

  const scalar = (name: string): unknown => {
    switch (name) {
      case 'Int':
      case 'SafeInt':
        return random() < 0.8 ? below(12) : pick(NUMBERS);
      case 'Boolean':
        return random() < 0.5;
      case 'DateTime':
        return pick(TIMES);
      case 'JSON':
        return pick(JSONS);
      default:
        return random() < 0.8 ? pick(words) : pick(pick([HOSTILE, CURSORS, IDS]));
    }
  };

  return {
    query: () => operation('query', schema.getQueryType()),
    mutation: () => operation('mutation', schema.getMutationType()),
  };
}
