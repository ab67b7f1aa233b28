import { expect, it } from 'vitest';
import { splitStatements } from '../../src/jobs/split-statements.ts';

it.each([
  ['', []],
  [' ; ;\n', []],
  ['select 1', ['select 1']],
  ['begin; select 1;\n commit;', ['begin', 'select 1', 'commit']],
  ["select 'a;''b'; select \"c;\"", ["select 'a;''b'", 'select "c;"']],
  ['select $$a;b$$; select $x$ $$;$$ ; $x$', ['select $$a;b$$', 'select $x$ $$;$$ ; $x$']],
  ['select 1 -- a; b\n; /* ; */ select 2', ['select 1 -- a; b', '/* ; */ select 2']],
  ['select $1, $2; select 3', ['select $1, $2', 'select 3']],
])('a script %j is the statements %j', (script, statements) => {
  expect(splitStatements(script)).toEqual(statements);
});
