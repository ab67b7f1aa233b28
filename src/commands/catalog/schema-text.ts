import { catalogJsonSchema } from '../../engine/json-schema.ts';
import type { Json } from '../../engine/state.ts';

const LINE_WIDTH = 120;

/** The JSON Schema of a catalog for editors, as `catalogs/catalog.schema.json` holds it: in the format the linter wants. */
export function catalogSchemaText(): string {
  return `${jsonText(catalogJsonSchema(), '', 0)}\n`;
}

/** JSON with an indent of 2; a list of words stands on one line where there is room. */
function jsonText(value: Json, indent: string, before: number): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    const flat = `[${value.map((item) => JSON.stringify(item)).join(', ')}]`;
    const isFlat = value.every((item) => typeof item !== 'object' || item === null);
    if (isFlat && indent.length + before + flat.length + 1 <= LINE_WIDTH) return flat;
    return `[\n${value.map((item) => inner + jsonText(item, inner, 0)).join(',\n')}\n${indent}]`;
  }
  const entries = Object.entries(value);
  if (entries.length === 0) return '{}';
  const lines = entries.map(([key, item]) => {
    const start = `${JSON.stringify(key)}: `;
    return inner + start + jsonText(item, inner, start.length);
  });
  return `{\n${lines.join(',\n')}\n${indent}}`;
}
