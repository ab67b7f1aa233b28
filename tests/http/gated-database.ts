import type { Database } from '../../src/platform/database.ts';

/** A database whose statements can be held up. */
export interface GatedDatabase {
  readonly database: Database;
  /** Holds up statements whose text contains `text`, until the answer is called. */
  hold(text: string): () => void;
  /** Statements held up at this moment. */
  held(): number;
}

/** Puts a gate before the statements of a database; transactions pass. */
export function gateDatabase(db: Database): GatedDatabase {
  let gate: { readonly text: string; readonly opened: Promise<void> } | null = null;
  let held = 0;
  const query: Database['query'] = async (statement) => {
    if (gate !== null && statement.text.includes(gate.text)) {
      held += 1;
      await gate.opened;
      held -= 1;
    }
    return db.query(statement);
  };
  const database = new Proxy(db, {
    get: (target, name) => {
      if (name === 'query') return query;
      const value = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  return {
    database,
    hold(text) {
      const { promise, resolve } = Promise.withResolvers<void>();
      gate = { text, opened: promise };
      return () => {
        gate = null;
        resolve();
      };
    },
    held: () => held,
  };
}
