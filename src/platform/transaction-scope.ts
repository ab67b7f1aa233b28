import { AsyncLocalStorage } from 'node:async_hooks';
import type { Queryable, Transaction } from './database.ts';
import { OutsideTransactionError } from './database-errors.ts';

interface Scope {
  open: boolean;
}

/** Knows, per database, whether the running code was called from inside one of its open transactions. */
export class TransactionScopes {
  readonly #current = new AsyncLocalStorage<Scope>();

  /** @throws {OutsideTransactionError} inside an open transaction. */
  assertOutside(): void {
    if (this.#current.getStore()?.open === true) throw new OutsideTransactionError();
  }

  /** Runs `work` with a handle that is dead once `work` has settled. */
  async run<T>(inner: Transaction, work: (transaction: Transaction) => Promise<T>): Promise<T> {
    const scope: Scope = { open: true };
    const alive = (): void => {
      if (!scope.open) throw new Error('The transaction is over; a statement was sent to it too late.');
    };
    const transaction: Transaction = {
      query: async <Row extends object>(statement: Parameters<Queryable['query']>[0]) => {
        alive();
        return inner.query<Row>(statement);
      },
      script: async (text) => {
        alive();
        return inner.script(text);
      },
    };
    try {
      return await this.#current.run(scope, () => work(transaction));
    } finally {
      scope.open = false;
    }
  }
}
