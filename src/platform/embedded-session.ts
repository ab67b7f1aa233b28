import { PGlite, protocol } from '@electric-sql/pglite';
import type { Statement } from './database.ts';
import { statementName } from './statement-name.ts';
import { decoderOf, encodeParameter } from './wire-values.ts';

const { serialize } = protocol;

/** A message of the server, as far as it is read here. */
type Message = Awaited<ReturnType<PGlite['execProtocolStream']>>[number];

interface RowDescription extends Message {
  readonly fields: ReadonlyArray<{ readonly name: string; readonly dataTypeID: number }>;
}

interface DataRow extends Message {
  readonly fields: ReadonlyArray<string | null>;
}

interface CommandComplete extends Message {
  readonly text: string;
}

/**
 * PGlite's one session spoken to in PostgreSQL's protocol: named statements are parsed once, and a statement is one call into the
 * engine instead of five. Prisma's adapter uses the same object through PGlite's own methods and waits in the same queue.
 */
export class EmbeddedSession extends PGlite {
  readonly #prepared = new Set<string>();
  #running = 0;
  #guard: () => void = () => undefined;

  /** Called before anything may wait for the session; what it throws is thrown to the caller. */
  guardWith(guard: () => void): void {
    this.#guard = guard;
  }

  /** 1 while somebody holds the session, else 0. */
  running(): number {
    return this.#running;
  }

  /** Runs `work` while nobody else uses the session, Prisma included. */
  exclusively<T>(work: () => Promise<T>): Promise<T> {
    return this._runExclusiveTransaction(work);
  }

  /** PGlite takes this for every query and transaction of its own methods; its own start comes through here as well. */
  override async _runExclusiveTransaction<T>(work: () => Promise<T>): Promise<T> {
    this.#guard();
    return super._runExclusiveTransaction(async () => {
      this.#running += 1;
      try {
        return await work();
      } finally {
        this.#running -= 1;
      }
    });
  }

  /** Runs one statement; only from within `exclusively`. */
  async run<Row extends object>({ text, values }: Statement): Promise<Row[]> {
    const name = statementName(text) ?? '';
    const parse = name === '' || !this.#prepared.has(name) ? [serialize.parse({ name, text })] : [];
    const messages = await this.#send([
      ...parse,
      serialize.bind({ statement: name, values: values.map(encodeParameter) }),
      serialize.describe({ type: 'P' }),
      serialize.execute(),
      serialize.sync(),
    ]);
    if (name !== '' && messages.some((message) => message.name === 'parseComplete')) this.#prepared.add(name);
    const error = errorIn(messages);
    if (error !== undefined) {
      if (this.#prepared.has(name) && outdated(error)) await this.#forget(name);
      throw error;
    }
    return rowsOf<Row>(messages);
  }

  /** Runs a script and answers the last command's tag, e.g. `COMMIT`; only from within `exclusively`. */
  async runScript(text: string): Promise<string> {
    const messages = await this.#send([serialize.query(text)]);
    const error = errorIn(messages);
    if (error !== undefined) throw error;
    const last = messages.findLast((message) => message.name === 'commandComplete') as CommandComplete | undefined;
    return last?.text ?? '';
  }

  async #forget(name: string): Promise<void> {
    this.#prepared.delete(name);
    await this.#send([serialize.close({ type: 'S', name }), serialize.sync()]);
  }

  #send(messages: readonly Uint8Array[]): Promise<Message[]> {
    return this.runExclusive(() =>
      this.execProtocolStream(Buffer.concat(messages), { syncToFs: false, throwOnError: false }),
    );
  }
}

function errorIn(messages: readonly Message[]): Error | undefined {
  const message: unknown = messages.find(({ name }) => name === 'error');
  if (!(message instanceof Error)) return undefined;
  // Its own stack lies inside the engine's WebAssembly.
  Error.captureStackTrace(message, errorIn);
  return message;
}

/** The plan no longer fits its tables (0A000), or the statement is gone (26000): parse it again next time. */
function outdated(error: Error): boolean {
  return 'code' in error && (error.code === '0A000' || error.code === '26000');
}

function rowsOf<Row extends object>(messages: readonly Message[]): Row[] {
  const described = messages.find(({ name }) => name === 'rowDescription') as RowDescription | undefined;
  if (described === undefined) return [];
  const columns = described.fields.map(({ name, dataTypeID }) => ({ name, decode: decoderOf(dataTypeID) }));
  const rows: Row[] = [];
  for (const message of messages) {
    if (message.name !== 'dataRow') continue;
    const { fields } = message as DataRow;
    const row: Record<string, unknown> = {};
    for (const [index, { name, decode }] of columns.entries()) {
      const text = fields[index] ?? null;
      row[name] = text === null || decode === undefined ? text : decode(text);
    }
    rows.push(row as Row);
  }
  return rows;
}
