import type { Statement } from './database.ts';

/**
 * Tagged template for a statement with bound parameters: sql`select * from users where id = ${id}::uuid`.
 * Every interpolation becomes `$1`, `$2`, ...; an interpolated Statement is spliced in with its own parameters renumbered.
 */
export function sql(strings: TemplateStringsArray, ...parameters: readonly unknown[]): Statement {
  let text = strings[0] ?? '';
  const values: unknown[] = [];
  for (const [index, parameter] of parameters.entries()) {
    if (isStatement(parameter)) {
      const offset = values.length;
      text += parameter.text.replace(/\$(\d+)/g, (_, place: string) => `$${Number(place) + offset}`);
      values.push(...parameter.values);
    } else {
      values.push(parameter);
      text += `$${values.length}`;
    }
    text += strings[index + 1] ?? '';
  }
  return statement(text, values);
}

const statements = new WeakSet<object>();

function statement(text: string, values: readonly unknown[]): Statement {
  const made: Statement = { text, values };
  statements.add(made);
  return made;
}

function isStatement(value: unknown): value is Statement {
  return typeof value === 'object' && value !== null && statements.has(value);
}

/**
 * Ends a lateral subquery that looks up, by an index, what one row of a list asks for: `unnest(...) n cross join lateral (select ...
 * where id = n.id ${oneByOne})`. A plain join is planned by the sizes of its tables and the plan is kept: one that was made while they
 * were small reads a whole table for every list, until the next ANALYZE. This one is the same at any size.
 */
export const oneByOne = sql`offset 0`;
