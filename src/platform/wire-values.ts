/**
 * How values cross to PostgreSQL and back, as text, the same for both backends. What is not listed arrives as the text the server
 * sent; `date`, `numeric` and `uuid` are meant to.
 */
type Decode = (text: string) => unknown;

const INT8 = 20;
const BYTEA = 17;
const TIMESTAMPTZ = 1184;

/** Text of a parameter as the server reads it, or null. Refuses what would be stored as something else than it looks. */
export function encodeParameter(value: unknown): string | null {
  if (value === null) return null;
  return Array.isArray(value) ? encodeArray(value) : encodeScalar(value);
}

/** The decoder of a column type, by its oid; undefined where the text itself is the value. */
export function decoderOf(typeOid: number): Decode | undefined {
  return decoders.get(typeOid);
}

function encodeScalar(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return value;
    case 'number':
    case 'bigint':
    case 'boolean':
      return String(value);
    case 'object':
      if (value instanceof Date) return encodeDate(value);
      if (value instanceof Uint8Array) return `\\x${asBuffer(value).toString('hex')}`;
  }
  throw new TypeError(`A parameter is ${describe(value)}; JSON goes in as text with a cast to jsonb.`);
}

function describe(value: unknown): string {
  return value === undefined ? 'undefined (use null)' : `a ${typeof value}`;
}

/** Long arrays are mostly of one kind; they are joined at once. */
function encodeArray(values: readonly unknown[]): string {
  if (values.every((value) => typeof value === 'number')) return `{${values.join(',')}}`;
  if (values.every((value) => typeof value === 'string') && !NEEDS_ESCAPE.test(values.join(''))) {
    return `{"${values.join('","')}"}`;
  }
  return `{${values.map(encodeElement).join(',')}}`;
}

function encodeElement(value: unknown): string {
  if (value === null) return 'NULL';
  if (Array.isArray(value)) return encodeArray(value);
  const text = encodeScalar(value);
  return typeof value === 'string' || value instanceof Uint8Array
    ? quote(text)
    : text.includes(':')
      ? `"${text}"`
      : text;
}

const NEEDS_ESCAPE = /["\\]/;

function quote(text: string): string {
  return NEEDS_ESCAPE.test(text) ? `"${text.replace(/["\\]/g, '\\$&')}"` : `"${text}"`;
}

/** The instant written last and its text: the rows of a batch mostly share one, and writing it takes longer than comparing. */
const latest = { time: Number.NaN, text: '' };

/** PostgreSQL reads ISO 8601 for the years 1 to 9999; JavaScript writes six digits and signs outside 0 to 9999. */
function encodeDate(date: Date): string {
  const time = date.getTime();
  if (time === latest.time) return latest.text;
  const year = date.getUTCFullYear();
  if (!(year >= 1 && year <= 9999)) throw new RangeError('A Date parameter is not within the years 1 to 9999.');
  latest.time = time;
  latest.text = date.toISOString();
  return latest.text;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function decodeInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`A bigint from the database is beyond 2^53-1: ${text}`);
  return value;
}

/** The session's zone is UTC and its DateStyle ISO, so the text is `2026-11-21 06:34:00.123+00`. */
function decodeTimestamp(text: string): Date {
  const date = new Date(`${text.slice(0, 10)}T${text.slice(11).replace(/\+00$/, 'Z')}`);
  if (Number.isNaN(date.getTime()))
    throw new RangeError(`A timestamp from the database is beyond what a Date holds: ${text}`);
  return date;
}

function decodeBytes(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text.slice(2), 'hex'));
}

/** PostgreSQL's text form of an array: `{1,NULL,"a \"b\"",{...}}`, bounds other than the usual dropped. */
function decodeArray(text: string, decode: Decode): unknown[] {
  let at = text.indexOf('{') + 1;
  const list = (): unknown[] => {
    const items: unknown[] = [];
    while (text[at] !== '}') {
      items.push(item());
      if (text[at] === ',') at += 1;
    }
    at += 1;
    return items;
  };
  const item = (): unknown => {
    if (text[at] === '{') {
      at += 1;
      return list();
    }
    if (text[at] === '"') return decode(quoted());
    const start = at;
    while (text[at] !== ',' && text[at] !== '}') at += 1;
    const bare = text.slice(start, at);
    return bare === 'NULL' ? null : decode(bare);
  };
  const quoted = (): string => {
    let value = '';
    let start = at + 1;
    for (at = start; text[at] !== '"'; at += 1) {
      if (text[at] !== '\\') continue;
      value += text.slice(start, at);
      at += 1;
      start = at;
    }
    value += text.slice(start, at);
    at += 1;
    return value;
  };
  return list();
}

const verbatim: Decode = (text) => text;

const scalars: ReadonlyArray<readonly [oid: number, arrayOid: number, decode: Decode]> = [
  [16, 1000, (text) => text === 't'],
  [BYTEA, 1001, decodeBytes],
  [INT8, 1016, decodeInteger],
  [21, 1005, Number],
  [23, 1007, Number],
  [26, 1028, Number],
  [700, 1021, Number],
  [701, 1022, Number],
  [114, 199, JSON.parse as Decode],
  [3802, 3807, JSON.parse as Decode],
  [TIMESTAMPTZ, 1185, decodeTimestamp],
];

/** Arrays of types whose text is the value: "char", name, text, bpchar, varchar, date, time, timestamp, numeric, uuid. */
const textArrays = [1002, 1003, 1009, 1014, 1015, 1182, 1183, 1115, 1231, 2951];

const decoders: ReadonlyMap<number, Decode> = new Map([
  ...scalars.map(([oid, , decode]) => [oid, decode] as const),
  ...scalars.map(([, arrayOid, decode]) => [arrayOid, (text: string) => decodeArray(text, decode)] as const),
  ...textArrays.map((oid) => [oid, (text: string) => decodeArray(text, verbatim)] as const),
]);
