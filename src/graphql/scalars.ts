import { GraphQLError, Kind, type ValueNode } from 'graphql';
import type { Json } from '../engine/state.ts';
import type { SchemaBuilderOf } from './schema-shape.ts';

const HOURS = '(?:[01]\\d|2[0-3]):[0-5]\\d';
const DATE_TIME = new RegExp(`^\\d{4}-\\d{2}-\\d{2}[Tt]${HOURS}:[0-5]\\d(?:\\.\\d+)?(?:[Zz]|[+-]${HOURS})$`);
const DATE = /^\d{4}-\d{2}-\d{2}$/;

function refuse(type: string, value: unknown): never {
  const shown = JSON.stringify(value)?.slice(0, 80);
  throw new GraphQLError(`${type} cannot represent ${shown}`, { extensions: { code: 'BAD_USER_INPUT' } });
}

function parseDateTime(value: unknown): Date {
  if (typeof value !== 'string' || !DATE_TIME.test(value) || !isCalendarDate(value.slice(0, 10))) {
    return refuse('DateTime (RFC 3339)', value);
  }
  const date = new Date(value.toUpperCase());
  return Number.isNaN(date.getTime()) ? refuse('DateTime (RFC 3339)', value) : date;
}

function parseDate(value: unknown): string {
  return typeof value === 'string' && DATE.test(value) && isCalendarDate(value)
    ? value
    : refuse('Date (YYYY-MM-DD)', value);
}

/** Refuses 2026-02-30, which JavaScript would take for the 2nd of March. */
function isCalendarDate(text: string): boolean {
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}

function parseSafeInt(value: unknown): number {
  const number = typeof value === 'bigint' ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) ? number : refuse('SafeInt', String(value));
}

/** Deepest nesting of a JSON value: all that walks one afterwards may be recursive. */
const DEEPEST = 64;

/** Refuses what has no JSON form (1e400 reads as Infinity) and what is too deep to walk. */
function parseJson(value: unknown): Json {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > DEEPEST) throw badJson(`is nested more than ${DEEPEST} levels deep`);
    if (level.some((item) => typeof item === 'number' && !Number.isFinite(item)))
      throw badJson('holds a number that is too large');
    level = level.flatMap((item) => (typeof item === 'object' && item !== null ? Object.values(item) : []));
  }
  return value as Json;
}

function badJson(fault: string): GraphQLError {
  return new GraphQLError(`JSON ${fault}`, { extensions: { code: 'BAD_USER_INPUT' } });
}

/** Names the scalars of the API. */
export function addScalars(builder: SchemaBuilderOf): void {
  builder.scalarType('DateTime', {
    description: 'An instant, RFC 3339. Answers are in UTC with milliseconds: `2026-11-20T08:15:30.000Z`.',
    specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc3339',
    parseValue: parseDateTime,
    serialize: (value) => (value instanceof Date ? value : parseDateTime(value)).toISOString(),
  });
  builder.scalarType('Date', {
    description: 'A calendar date: `2026-11-20`.',
    parseValue: parseDate,
    serialize: (value) => parseDate(value),
  });
  builder.scalarType('SafeInt', {
    description: 'An integer n with |n| <= 2^53-1, which every JSON reader keeps exact.',
    parseValue: parseSafeInt,
    serialize: parseSafeInt,
  });
  builder.scalarType('JSON', {
    description: 'Any JSON value.',
    parseValue: parseJson,
    serialize: (value) => value,
    parseLiteral: (node, variables) => parseJson(literalToJson(node, variables ?? {})),
  });
}

function literalToJson(node: ValueNode, variables: Readonly<Record<string, unknown>>): Json {
  switch (node.kind) {
    case Kind.NULL:
      return null;
    case Kind.INT:
    case Kind.FLOAT:
      return Number(node.value);
    case Kind.STRING:
    case Kind.BOOLEAN:
    case Kind.ENUM:
      return node.value;
    case Kind.LIST:
      return node.values.map((item) => literalToJson(item, variables));
    case Kind.OBJECT:
      return Object.fromEntries(node.fields.map((field) => [field.name.value, literalToJson(field.value, variables)]));
    case Kind.VARIABLE:
      return (variables[node.name.value] ?? null) as Json;
  }
}
