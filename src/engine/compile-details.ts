import type { EventType } from './catalog.ts';
import { type CompileContext, report } from './compile-reader.ts';
import type { DetailField } from './expression-types.ts';
import { nearest } from './format-fault.ts';
import { entryOf, plainValue, type SourceMap, type SourceNode } from './source.ts';
import type { Json } from './state.ts';

const SHORT_TYPES = ['string', 'integer', 'number', 'boolean'] as const;
const MAX_FIELDS = 100;

interface Details {
  readonly schema: EventType['detailsSchema'];
  readonly fields: ReadonlyMap<string, DetailField>;
}

/** Compiles `details`: fields with short types (`string?`), or a JSON Schema object. Without it no field is allowed. */
export function compileDetails(context: CompileContext, node: SourceNode | undefined): Details {
  const closed = { type: 'object', properties: {}, additionalProperties: false };
  if (node === undefined || (node.kind === 'scalar' && node.value === null))
    return { schema: closed, fields: new Map() };
  if (node.kind !== 'map') {
    report(context, node.place, 'wrongType', 'The fields must be a map such as { track: string, assists: boolean? }');
    return { schema: closed, fields: new Map() };
  }
  if (node.entries.length > MAX_FIELDS) report(context, node.place, 'tooLarge', `At most ${MAX_FIELDS} fields`);
  return isJsonSchema(node) ? fromJsonSchema(context, node) : fromShortTypes(context, node);
}

function isJsonSchema(map: SourceMap): boolean {
  const type = entryOf(map, 'type')?.value;
  return type?.kind === 'scalar' && type.value === 'object' && entryOf(map, 'properties')?.value.kind === 'map';
}

function fromShortTypes(context: CompileContext, map: SourceMap): Details {
  const fields = new Map<string, DetailField>();
  const properties: Record<string, Json> = {};
  for (const { key, value } of map.entries) {
    const text = value.kind === 'scalar' && typeof value.value === 'string' ? value.value : '';
    const optional = text.endsWith('?');
    const word = optional ? text.slice(0, -1) : text;
    const type = SHORT_TYPES.find((known) => known === word);
    if (type === undefined) {
      const message = `The type of "${key}" must be one of ${SHORT_TYPES.join(', ')}, with ? when it may be absent`;
      report(context, value.place, 'wrongType', message, nearest(word, SHORT_TYPES));
      continue;
    }
    fields.set(key, { type, optional });
    properties[key] = { type };
  }
  const required = [...fields].filter(([, field]) => !field.optional).map(([key]) => key);
  return { schema: { type: 'object', properties, required, additionalProperties: false }, fields };
}

function fromJsonSchema(context: CompileContext, map: SourceMap): Details {
  const fields = new Map<string, DetailField>();
  const plain = plainValue(map) as { readonly [key: string]: Json };
  if (JSON.stringify(plain).includes('"$ref"')) {
    report(context, map.place, 'notSupported', 'A schema of details may not use $ref');
  }
  const required = new Set(Array.isArray(plain['required']) ? plain['required'].map(String) : []);
  const properties = entryOf(map, 'properties')?.value;
  for (const { key, value } of properties?.kind === 'map' ? properties.entries : []) {
    const type = value.kind === 'map' ? entryOf(value, 'type')?.value : undefined;
    const word = type?.kind === 'scalar' ? String(type.value) : '';
    const known = SHORT_TYPES.find((short) => short === word);
    fields.set(key, { type: known ?? (word === 'array' ? 'list' : 'other'), optional: !required.has(key) });
  }
  return { schema: { additionalProperties: false, ...plain }, fields };
}
