/** A field of a CSV file and where it begins; line and column count from 1. */
export interface CsvField {
  readonly value: string;
  readonly line: number;
  readonly column: number;
}

/** What is wrong with a CSV file at a place. */
export interface CsvProblem {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** The records of a CSV file, and every place where it is none. */
export interface ParsedCsv {
  readonly records: readonly (readonly CsvField[])[];
  readonly problems: readonly CsvProblem[];
}

/** CSV as RFC 4180 has it: commas, CRLF, quotes where a field needs them, a quote within quotes doubled. */
export function formatCsv(records: readonly (readonly string[])[]): string {
  return records.map((record) => `${record.map(formatField).join(',')}\r\n`).join('');
}

/** Spaces at the ends are quoted too: some programs trim fields without quotes. */
function formatField(value: string): string {
  return /[",\r\n]|^\s|\s$/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}

/** Where the reader is. */
interface Cursor {
  readonly text: string;
  readonly separator: string;
  readonly problems: CsvProblem[];
  at: number;
  line: number;
  lineStart: number;
}

/**
 * Reads CSV as RFC 4180 has it, with line ends LF or CRLF and a separator that programs put in place of the comma. Empty lines
 * are left out. Total: what is no CSV is told by its place, and reading goes on.
 */
export function parseCsv(text: string, separator = ','): ParsedCsv {
  const cursor: Cursor = { text, separator, problems: [], at: 0, line: 1, lineStart: 0 };
  const records: CsvField[][] = [];
  while (cursor.at < text.length) {
    const record = readRecord(cursor);
    if (record.length > 1 || record[0]?.value !== '') records.push(record);
  }
  return { records, problems: cursor.problems };
}

function readRecord(cursor: Cursor): CsvField[] {
  const record = [readField(cursor)];
  while (cursor.text[cursor.at] === cursor.separator) {
    cursor.at += 1;
    record.push(readField(cursor));
  }
  if (cursor.at < cursor.text.length) {
    cursor.at += cursor.text[cursor.at] === '\n' ? 1 : 2;
    cursor.line += 1;
    cursor.lineStart = cursor.at;
  }
  return record;
}

function readField(cursor: Cursor): CsvField {
  const start = placeOf(cursor);
  if (cursor.text[cursor.at] !== '"') return { value: readPlain(cursor), ...start };
  const value = readQuoted(cursor, start);
  if (endsField(cursor)) return { value, ...start };
  cursor.problems.push({ ...placeOf(cursor), message: 'After the closing quote the field must end' });
  readPlain(cursor, false);
  return { value, ...start };
}

function readPlain(cursor: Cursor, complain = true): string {
  const from = cursor.at;
  let quote: { line: number; column: number } | null = null;
  while (!endsField(cursor)) {
    if (cursor.text[cursor.at] === '"') quote ??= placeOf(cursor);
    cursor.at += 1;
  }
  if (quote !== null && complain) {
    cursor.problems.push({ ...quote, message: 'A field with a quote in it must stand in quotes, the quote doubled' });
  }
  return cursor.text.slice(from, cursor.at);
}

function readQuoted(cursor: Cursor, start: { line: number; column: number }): string {
  const { text } = cursor;
  let value = '';
  cursor.at += 1;
  for (;;) {
    const quote = text.indexOf('"', cursor.at);
    const piece = text.slice(cursor.at, quote < 0 ? text.length : quote);
    for (let end = piece.indexOf('\n'); end >= 0; end = piece.indexOf('\n', end + 1)) {
      cursor.line += 1;
      cursor.lineStart = cursor.at + end + 1;
    }
    value += piece;
    cursor.at += piece.length + 1;
    if (quote < 0) {
      cursor.at = text.length;
      cursor.problems.push({ ...start, message: 'The quote that opens here is not closed' });
      return value;
    }
    if (text[cursor.at] !== '"') return value;
    value += '"';
    cursor.at += 1;
  }
}

function endsField({ text, separator, at }: Cursor): boolean {
  const next = text[at];
  return next === undefined || next === separator || next === '\n' || (next === '\r' && text[at + 1] === '\n');
}

function placeOf({ line, at, lineStart }: Cursor): { line: number; column: number } {
  return { line, column: at - lineStart + 1 };
}
