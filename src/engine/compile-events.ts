import type { EventType, Price } from './catalog.ts';
import { compileDetails } from './compile-details.ts';
import { compileExpressionAt } from './compile-expression.ts';
import {
  type CompileContext,
  type MapReader,
  openMap,
  readChoice,
  readDuration,
  readNumber,
  readString,
  report,
} from './compile-reader.ts';
import { keyInWords, readText } from './compile-texts.ts';
import type { ExpressionFields } from './expression.ts';
import type { DetailField } from './expression-types.ts';
import { CHOICES, KEYWORDS } from './keywords.ts';
import type { SourceNode } from './source.ts';
import { DAY_MS } from './zones.ts';

const MAX_POINTS = 1_000_000_000_000;
const DEFAULT_LATENESS_MS = 14 * DAY_MS;
const MAX_LATENESS_MS = 366 * DAY_MS;

/** Compiles `users`. */
export function compileUsers(context: CompileContext, node: SourceNode | undefined) {
  const reader = openMap(context, node, 'users', KEYWORDS.users);
  const attributes: Record<string, string> = {};
  const fields = new Map<string, DetailField>();
  const create =
    reader === null ? 'onFirstEvent' : readChoice(context, reader, 'create', CHOICES.create, 'onFirstEvent');
  const given = reader?.get('attributes');
  if (given !== undefined) {
    const details = compileDetails(context, given.value);
    for (const [name, field] of details.fields) {
      attributes[name] = `${field.type}${field.optional ? '?' : ''}`;
      // An attribute may be unknown when an event is recorded, whatever is declared.
      fields.set(name, { ...field, optional: true });
    }
  }
  return { users: { create, attributes } as const, fields };
}

/** Compiles `eventTypes`; each is a map, or just its points. */
export function compileEventTypes(
  context: CompileContext,
  node: SourceNode | undefined,
  userFields: ReadonlyMap<string, DetailField>,
): Map<string, EventType> {
  const types = new Map<string, EventType>();
  for (const entry of openMap(context, node, 'eventTypes')?.entries ?? []) {
    const isEmpty = entry.value.kind === 'scalar' && entry.value.value === null;
    const value: SourceNode = isEmpty ? { kind: 'map', place: entry.value.place, entries: [] } : entry.value;
    if (!/^[\w.-]{1,64}$/.test(entry.key)) {
      report(context, entry.keyPlace, 'outOfRange', 'An event type is named with letters, digits, _, - and .');
    }
    const reader = openMap(context, value, `The event type "${entry.key}"`, KEYWORDS.eventType);
    if (reader !== null) types.set(entry.key, compileEventType(context, entry.key, reader, userFields));
  }
  return types;
}

function compileEventType(
  context: CompileContext,
  key: string,
  reader: MapReader,
  userFields: ReadonlyMap<string, DetailField>,
): EventType {
  const { schema, fields } = compileDetails(context, reader.get('details')?.value);
  const names: ExpressionFields = { details: fields, user: userFields };
  const points = compilePrice(context, reader, 'points', names) ?? { kind: 'constant', amount: 0 };
  const xp = compilePrice(context, reader, 'xp', names);
  const pointsText = priceText(points);
  return {
    key,
    name: readText(context, reader, 'name', keyInWords(key)),
    description: readText(context, reader, 'description', ''),
    pointsText,
    xpText: xp === null ? pointsText : priceText(xp),
    points,
    xp,
    detailsSchema: schema,
    fields,
    from: readChoice(context, reader, 'from', CHOICES.from, 'server'),
    limit: compileLimit(context, reader),
    maxLatenessMs: readDuration(context, reader, 'maxLateness', MAX_LATENESS_MS) ?? DEFAULT_LATENESS_MS,
  };
}

function priceText(price: Price): string {
  return price.kind === 'constant' ? String(price.amount) : price.expression.text;
}

function compilePrice(
  context: CompileContext,
  reader: MapReader,
  key: 'points' | 'xp',
  fields: ExpressionFields,
): Price | null {
  const node = reader.get(key)?.value;
  if (node === undefined) return null;
  if (node.kind === 'scalar' && typeof node.value === 'string') {
    const expression = compileExpressionAt(context, node, fields, 'number');
    return expression === null ? null : { kind: 'expression', expression };
  }
  const amount = readNumber(context, reader, key, { least: 0, most: MAX_POINTS });
  return amount === undefined ? null : { kind: 'constant', amount };
}

function compileLimit(context: CompileContext, reader: MapReader): EventType['limit'] {
  const limit = openMap(context, reader.get('limit')?.value, 'limit', KEYWORDS.limit);
  if (limit === null) return null;
  const count = readNumber(context, limit, 'count', { least: 1, most: 1_000_000_000 });
  const hasPer = readString(context, limit, 'per') !== undefined;
  const per = readChoice(context, limit, 'per', CHOICES.limitPer, 'minute');
  if (count !== undefined && hasPer) return { per, count };
  if (!hasPer || limit.get('count') === undefined) {
    report(context, limit.place, 'missing', 'limit needs "per" and "count", such as { per: minute, count: 300 }');
  }
  return null;
}
