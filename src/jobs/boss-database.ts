import type { Db } from 'pg-boss';
import type { Database, Queryable } from '../platform/database.ts';
import { splitStatements } from './split-statements.ts';

/** What pg-boss runs its statements on: our database, so that both backends serve it and it opens no connection of its own. */
export function bossDatabase(database: Database): Db {
  return {
    executeSql: async (text, values = []) => {
      if (values.length > 0) return { rows: await runOne(database, text, values) };
      const statements = splitStatements(text);
      if (!/^begin$/i.test(statements[0] ?? '')) return { rows: await runAll(database, statements) };
      // pg-boss writes a transaction as one script; on a pool each statement alone would go to another connection.
      return { rows: await database.transaction((transaction) => runAll(transaction, statements.slice(1, -1))) };
    },
  };
}

/** The same inside an open transaction: what pg-boss writes is there when the transaction commits, and only then. */
export function bossTransaction(transaction: Queryable): Db {
  return { executeSql: async (text, values = []) => ({ rows: await runOne(transaction, text, values) }) };
}

async function runAll(on: Queryable, statements: readonly string[]): Promise<object[]> {
  const rows: object[] = [];
  for (const statement of statements) rows.push(...(await runOne(on, statement, [])));
  return rows;
}

function runOne(on: Queryable, text: string, values: readonly unknown[]): Promise<object[]> {
  return on.query({ text, values: values.map(asParameter) });
}

/** As node-postgres takes it, which pg-boss was written for: nothing is null, an object is JSON. */
function asParameter(value: unknown): unknown {
  if (value === undefined || value === null) return null;
  const isPlain = typeof value === 'object' && !Array.isArray(value) && !(value instanceof Date);
  return isPlain && !(value instanceof Uint8Array) ? JSON.stringify(value) : value;
}
