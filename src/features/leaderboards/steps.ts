import { setTimeout as pause, setImmediate as turn } from 'node:timers/promises';
import type { Database, Transaction } from '../../platform/database.ts';
import { isRetryable } from '../../platform/database-errors.ts';
import type { Logger } from '../../platform/logger.ts';
import type { RebuildParts } from '../rebuild/service.ts';

/** What the closing of periods stands on. */
export interface ClosingParts extends RebuildParts {
  readonly logger: Logger;
}

/** Tries of one transaction that the database sends back. */
const MOST_TRIES = 5;

/**
 * One short transaction of a long piece of work, and the rest after it.
 * @throws the reason of `stopping` when it was told to stop before
 */
export async function shortStep<T>(
  database: Database,
  stopping: AbortSignal | undefined,
  work: (transaction: Transaction) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    stopping?.throwIfAborted();
    const startedAt = performance.now();
    try {
      const done = await database.transaction(work);
      await restAfter(database, startedAt);
      return done;
    } catch (error) {
      if (attempt === MOST_TRIES || !isRetryable(error)) throw error;
    }
  }
}

/** The embedded database works in the process that also answers players: they get as much of its time as the step took. */
export async function restAfter({ kind }: Pick<Database, 'kind'>, startedAt: number): Promise<void> {
  await (kind === 'embedded' ? pause(performance.now() - startedAt) : turn());
}
