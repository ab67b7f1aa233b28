import { PGlite, protocol } from '@electric-sql/pglite';
import type { Statement } from './database.ts';
import { sqlState } from './database-errors.ts';
import { type Answer, readAnswer } from './embedded-answer.ts';
import { statementName } from './statement-name.ts';
import { encodeParameter } from './wire-values.ts';

const { serialize } = protocol;

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

  /** Runs one statement; only from within `exclusively`. Those sent together run in the order they were sent. */
  async run<Row extends object>({ text, values }: Statement): Promise<Row[]> {
    const parameters = values.map(encodeParameter);
    return this.runExclusive(async () => {
      const name = statementName(text) ?? '';
      const parse = name === '' || !this.#prepared.has(name) ? [serialize.parse({ name, text })] : [];
      const { rows, parsed, error } = await this.#send<Row>([
        ...parse,
        serialize.bind({ statement: name, values: parameters }),
        serialize.describe({ type: 'P' }),
        serialize.execute(),
        serialize.sync(),
      ]);
      if (name !== '' && parsed) this.#prepared.add(name);
      if (error === undefined) return rows;
      if (this.#prepared.has(name) && outdated(error)) await this.#forget(name);
      throw error;
    });
  }

  /** Runs a script and answers the last command's tag, e.g. `COMMIT`; only from within `exclusively`. */
  runScript(text: string): Promise<string> {
    return this.runExclusive(async () => {
      const { tag, error } = await this.#send([serialize.query(text)]);
      if (error !== undefined) throw error;
      return tag;
    });
  }

  async #forget(name: string): Promise<void> {
    this.#prepared.delete(name);
    await this.#send([serialize.close({ type: 'S', name }), serialize.sync()]);
  }

  async #send<Row extends object>(messages: readonly Uint8Array[]): Promise<Answer<Row>> {
    const chunks: Buffer[] = [];
    // What is handed over is a view into the engine's memory: copied before it is used again.
    const onRawData = (bytes: Uint8Array): void => void chunks.push(Buffer.from(bytes));
    await this.execProtocolRawStream(Buffer.concat(messages), { syncToFs: false, onRawData });
    return readAnswer<Row>(Buffer.concat(chunks));
  }
}

/** The plan no longer fits its tables (0A000), or the statement is gone (26000): parse it again next time. */
function outdated(error: Error): boolean {
  const state = sqlState(error);
  return state === '0A000' || state === '26000';
}
