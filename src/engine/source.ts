/** Where something stands in a file; line and column count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** A value of the source. */
export interface SourceScalar {
  readonly kind: 'scalar';
  readonly place: Place;
  readonly value: null | boolean | number | string;
  /** How many columns after `place` the text itself begins (1 after a quote); null when it cannot be told. */
  readonly textOffset: number | null;
}

/** A list of the source. */
export interface SourceList {
  readonly kind: 'list';
  readonly place: Place;
  readonly items: readonly SourceNode[];
}

/** One `key: value` of a map. */
export interface SourceEntry {
  readonly key: string;
  readonly keyPlace: Place;
  readonly value: SourceNode;
}

/** A map of the source, in its order. */
export interface SourceMap {
  readonly kind: 'map';
  readonly place: Place;
  readonly entries: readonly SourceEntry[];
}

/** A tree of the source in which every node knows its place; whatever format it was read from. */
export type SourceNode = SourceScalar | SourceList | SourceMap;

/** Something wrong in a catalog. */
export interface Fault {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly code: FaultCode;
  readonly message: string;
  /** The name that was probably meant. */
  readonly suggestion?: string;
}

/** The closed list of fault codes. */
export type FaultCode =
  | 'syntax'
  | 'tooLarge'
  | 'duplicateKey'
  | 'forbiddenKey'
  | 'unknownFile'
  | 'unknownKey'
  | 'unknownName'
  | 'wrongType'
  | 'missing'
  | 'outOfRange'
  | 'reservedName'
  | 'badExpression'
  | 'badPeriod'
  | 'badZone'
  | 'badTime'
  | 'curve'
  | 'cycle'
  | 'unstratified'
  | 'missingText'
  | 'conflict'
  | 'notSupported';

/** Makes a fault at a place. */
export function faultAt(place: Place, code: FaultCode, message: string, suggestion?: string): Fault {
  const { file, line, column } = place;
  return suggestion === undefined
    ? { file, line, column, code, message }
    : { file, line, column, code, message, suggestion };
}

/** A plain value of a node: what JSON would hold. */
export function plainValue(node: SourceNode): PlainValue {
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'list') return node.items.map(plainValue);
  return Object.fromEntries(node.entries.map((entry) => [entry.key, plainValue(entry.value)]));
}

/** Any JSON value. */
export type PlainValue = null | boolean | number | string | PlainValue[] | { [key: string]: PlainValue };

/** The value under a key, if it is there. */
export function entryOf(map: SourceMap, key: string): SourceEntry | undefined {
  return map.entries.find((entry) => entry.key === key);
}
