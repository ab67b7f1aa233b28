import type { EventType, Price, WindowCount } from './catalog.ts';
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
  const from = readChoice(context, reader, 'from', CHOICES.from, 'server');
  const limit = compileWindow(context, reader, 'limit');
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
    from,
    limit,
    maxLatenessMs: readDuration(context, reader, 'maxLateness', MAX_LATENESS_MS) ?? DEFAULT_LATENESS_MS,
    trust: readChoice(context, reader, 'trust', CHOICES.trust, from === 'player' ? 'low' : 'normal'),
    velocity: compileVelocity(context, reader, limit),
    onDoubt: readChoice(context, reader, 'onDoubt', CHOICES.onDoubt, 'review'),
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

function compileVelocity(context: CompileContext, reader: MapReader, limit: WindowCount | null): WindowCount | null {
  const velocity = compileWindow(context, reader, 'velocity');
  if (velocity === null || limit?.per !== velocity.per || velocity.count < limit.count) return velocity;
  const place = reader.get('velocity')?.value.place ?? reader.place;
  const message = `velocity is never passed: limit refuses what comes after ${limit.count} a ${limit.per}`;
  report(context, place, 'outOfRange', message);
  return null;
}

function compileWindow(context: CompileContext, reader: MapReader, key: 'limit' | 'velocity'): WindowCount | null {
  const window = openMap(context, reader.get(key)?.value, key, KEYWORDS[key]);
  if (window === null) return null;
  const count = readNumber(context, window, 'count', { least: 1, most: 1_000_000_000 });
  const hasPer = readString(context, window, 'per') !== undefined;
  const per = readChoice(context, window, 'per', CHOICES.limitPer, 'minute');
  if (count !== undefined && hasPer) return { per, count };
  if (!hasPer || window.get('count') === undefined) {
    report(context, window.place, 'missing', `${key} needs "per" and "count", such as { per: minute, count: 300 }`);
  }
  return null;
}
