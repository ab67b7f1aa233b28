import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import {
  type Fault,
  faultAt,
  type Place,
  type SourceEntry,
  type SourceMap,
  type SourceNode,
} from '../../engine/source.ts';

const MAX_DEPTH = 32;
const MAX_NESTING = 64;
const MAX_NODES = 100_000;
const MAX_ALIASES = 200;
const MAX_FAULTS = 50;
const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype']);

interface Walk {
  readonly document: Document.Parsed;
  readonly lines: LineCounter;
  readonly file: string;
  readonly text: string;
  readonly faults: Fault[];
  nodes: number;
  aliases: number;
}

/** Reads one YAML text into a tree with places, or tells what is wrong. Bounded in depth, nodes and aliases. */
export function parseYaml(file: string, text: string): { readonly tree: SourceNode | null; readonly faults: Fault[] } {
  const start: Place = { file, line: 1, column: 1 };
  if (nestsTooDeep(text)) return { tree: null, faults: [faultAt(start, 'tooLarge', 'The file is nested too deeply')] };
  const lines = new LineCounter();
  let document: Document.Parsed;
  try {
    document = parseDocument(text, { lineCounter: lines, uniqueKeys: false, stringKeys: false, prettyErrors: false });
  } catch {
    return { tree: null, faults: [faultAt(start, 'syntax', 'The file cannot be read as YAML')] };
  }
  const faults = document.errors.slice(0, MAX_FAULTS).map((error) => {
    const at = lines.linePos(error.pos[0]);
    return faultAt({ file, line: at.line, column: at.col }, 'syntax', error.message);
  });
  if (faults.length > 0) return { tree: null, faults };
  const walk: Walk = { document, lines, file, text, faults, nodes: 0, aliases: 0 };
  const tree = document.contents === null ? emptyMap(start) : readNode(walk, document.contents, start, 0);
  return { tree, faults };
}

function emptyMap(place: Place): SourceMap {
  return { kind: 'map', place, entries: [] };
}

/** A cheap look before the real parser: brackets left open, or a ladder of dashes, deeper than any honest catalog. */
function nestsTooDeep(text: string): boolean {
  let open = 0;
  for (const line of text.split('\n')) {
    const ladder = /^[\s\-?]*/.exec(line)?.[0] ?? '';
    if (ladder.length > MAX_NESTING * 8 || (ladder.match(/[-?]/g)?.length ?? 0) > MAX_NESTING) return true;
    if (!/^\s*#/.test(line)) {
      const brackets = line.replaceAll(/[^[\]{}]/g, '');
      for (const bracket of brackets) {
        open = bracket === '[' || bracket === '{' ? open + 1 : Math.max(0, open - 1);
        if (open > MAX_NESTING) return true;
      }
    }
  }
  return false;
}

function readNode(walk: Walk, node: unknown, fallback: Place, depth: number): SourceNode {
  const place = placeOf(walk, node as Node | null, fallback);
  walk.nodes += 1;
  if (depth > MAX_DEPTH || walk.nodes > MAX_NODES) return tooLarge(walk, place);
  if (isAlias(node)) {
    walk.aliases += 1;
    if (walk.aliases > MAX_ALIASES) return tooLarge(walk, place);
    const target = node.resolve(walk.document);
    if (target !== undefined) return readNode(walk, target, place, depth + 1);
    addFault(walk, faultAt(place, 'syntax', `There is no anchor "${node.source}" before this`));
    return { kind: 'scalar', place, value: null, textOffset: null };
  }
  if (isMap(node)) return { kind: 'map', place, entries: readEntries(walk, node.items, place, depth) };
  if (isSeq(node)) {
    return { kind: 'list', place, items: node.items.map((item) => readNode(walk, item, place, depth + 1)) };
  }
  if (!isScalar(node)) return { kind: 'scalar', place, value: null, textOffset: null };
  return { kind: 'scalar', place, value: scalarValue(node.value), textOffset: textOffset(walk, node) };
}

function readEntries(
  walk: Walk,
  items: readonly { key: unknown; value: unknown }[],
  place: Place,
  depth: number,
): SourceEntry[] {
  const seen = new Set<string>();
  const entries: SourceEntry[] = [];
  for (const item of items) {
    const keyPlace = placeOf(walk, item.key as Node | null, place);
    const raw = isScalar(item.key) ? item.key.value : undefined;
    if (typeof raw !== 'string' && typeof raw !== 'number' && typeof raw !== 'boolean') {
      addFault(walk, faultAt(keyPlace, 'wrongType', 'A key must be a plain word'));
      continue;
    }
    const key = String(raw);
    if (FORBIDDEN.has(key)) addFault(walk, faultAt(keyPlace, 'forbiddenKey', `The key "${key}" is not allowed`));
    else if (seen.has(key)) addFault(walk, faultAt(keyPlace, 'duplicateKey', `"${key}" stands here twice`));
    else entries.push({ key, keyPlace, value: readNode(walk, item.value, keyPlace, depth + 1) });
    seen.add(key);
  }
  return entries;
}

function scalarValue(value: unknown): null | boolean | number | string {
  if (value === null || typeof value === 'boolean' || typeof value === 'number' || typeof value === 'string')
    return value;
  return String(value);
}

/** Where the text begins after its node's place: known for plain and quoted text that stands on one line as it is. */
function textOffset(walk: Walk, node: { value: unknown; range?: readonly number[] | null }): number | null {
  const [start, end] = node.range ?? [];
  if (start === undefined || end === undefined || typeof node.value !== 'string') return null;
  const raw = walk.text.slice(start, end);
  if (raw === node.value) return 0;
  return raw.slice(1, -1) === node.value ? 1 : null;
}

function placeOf(walk: Walk, node: { range?: readonly number[] | null } | null, fallback: Place): Place {
  const offset = node?.range?.[0];
  if (offset === undefined) return fallback;
  const { line, col } = walk.lines.linePos(offset);
  return { file: walk.file, line, column: col };
}

function tooLarge(walk: Walk, place: Place): SourceNode {
  if (!walk.faults.some((fault) => fault.code === 'tooLarge')) {
    walk.faults.push(
      faultAt(place, 'tooLarge', 'The file holds too much here: too deep, or too many nodes or aliases'),
    );
  }
  return { kind: 'scalar', place, value: null, textOffset: null };
}

function addFault(walk: Walk, fault: Fault): void {
  if (walk.faults.length < MAX_FAULTS) walk.faults.push(fault);
}
