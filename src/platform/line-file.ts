import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';

/** A line of a file, counted from 1. Empty lines are left out. */
export interface FileLine {
  readonly number: number;
  readonly text: string;
}

/** What a whole file is, before it is read line by line. */
export interface LineFile {
  /** The first 16 hexadecimal digits of the SHA-256 of its bytes. */
  readonly digest: string;
  /** Lines that are not empty. */
  readonly lines: number;
}

/** Reads a file once to know its size and its digest; memory does not grow with it. */
export async function measureLines(path: string): Promise<LineFile> {
  const hash = createHash('sha256');
  let lines = 0;
  const stream = createReadStream(path);
  stream.on('data', (bytes) => hash.update(bytes));
  for await (const line of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (line.trim() !== '') lines += 1;
  }
  return { digest: hash.digest('hex').slice(0, 16), lines };
}

/** The lines of a file in parts of at most `size`. */
export async function* readLines(path: string, size: number): AsyncGenerator<FileLine[]> {
  let part: FileLine[] = [];
  let number = 0;
  for await (const text of createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY })) {
    number += 1;
    if (text.trim() === '') continue;
    part.push({ number, text });
    if (part.length < size) continue;
    yield part;
    part = [];
  }
  if (part.length > 0) yield part;
}
