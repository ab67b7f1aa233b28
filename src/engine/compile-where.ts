import { compileExpressionAt } from './compile-expression.ts';
import { type CompileContext, numberOf, report, reportUnknown } from './compile-reader.ts';
import type { ExpressionFields } from './expression.ts';
import type { DetailField } from './expression-types.ts';
import { KEYWORDS } from './keywords.ts';
import { plainValue, type SourceEntry, type SourceMap, type SourceNode } from './source.ts';
import type { Json } from './state.ts';
import type { FieldTest, Where } from './where.ts';

type Test = (value: Json | undefined) => boolean;

/** Compiles `where`: an expression, or a map of conditions on fields that must all hold. */
export function compileWhere(context: CompileContext, node: SourceNode, fields: ExpressionFields): Where | null {
  if (node.kind === 'scalar' && typeof node.value === 'string') {
    const expression = compileExpressionAt(context, node, fields, 'bool');
    return expression === null ? null : { kind: 'expression', expression };
  }
  if (node.kind !== 'map') {
    report(context, node.place, 'wrongType', 'where must be an expression in quotes, or a map of conditions');
    return null;
  }
  const tests = node.entries.flatMap((entry) => compileField(context, entry, fields) ?? []);
  return { kind: 'fields', tests };
}

function compileField(context: CompileContext, entry: SourceEntry, fields: ExpressionFields): FieldTest | null {
  const root = entry.key.startsWith('user.') ? 'user' : 'details';
  const name = entry.key.replace(/^(?:user|details)\./, '');
  const field = fields[root].get(name);
  if (field === undefined) {
    reportUnknown(context, entry.keyPlace, 'unknownName', 'field', name, fields[root].keys());
    return null;
  }
  const test = compileTest(context, entry.value, field);
  return test === null ? null : { root, name, text: `${entry.key}: ${show(entry.value)}`, test };
}

function show(node: SourceNode): string {
  const value = plainValue(node);
  return typeof value === 'string'
    ? value
    : JSON.stringify(value).replaceAll('"', '').replaceAll(':', ': ').replaceAll(',', ', ');
}

/** An absent optional field reads as false, 0 or "" here too. */
const DEFAULTS = { string: '', integer: 0, number: 0, boolean: false, list: null, other: null } as const;

function compileTest(context: CompileContext, node: SourceNode, field: DetailField): Test | null {
  const fallback = DEFAULTS[field.type];
  const raw = compileRaw(context, node, field);
  return raw === null ? null : (value) => raw(value ?? fallback);
}

function compileRaw(context: CompileContext, node: SourceNode, field: DetailField): Test | null {
  if (node.kind === 'scalar') {
    const wanted = node.value;
    return checkType(context, node, field) ? (value) => value === wanted : null;
  }
  if (node.kind === 'list') {
    const values = node.items.filter((item) => checkType(context, item, field)).map(plainValue);
    const set = new Set<unknown>(values);
    return values.length === node.items.length ? (value) => set.has(value) : null;
  }
  return compileComparisons(context, node, field);
}

function checkType(context: CompileContext, node: SourceNode, field: DetailField): boolean {
  const value = node.kind === 'scalar' ? node.value : null;
  const wanted = { string: 'string', integer: 'number', number: 'number', boolean: 'boolean', list: '', other: '' }[
    field.type
  ];
  if (wanted === '' || typeof value === wanted) return true;
  report(
    context,
    node.place,
    'wrongType',
    `This field holds ${wanted === 'boolean' ? 'true or false' : `a ${wanted}`}`,
  );
  return false;
}

function compileComparisons(context: CompileContext, node: SourceMap, field: DetailField): Test | null {
  const tests: Test[] = [];
  for (const entry of node.entries) {
    if (entry.key === 'not') {
      const inner = compileRaw(context, entry.value, field);
      if (inner !== null) tests.push((value) => !inner(value));
      continue;
    }
    const bound = numberOf(entry.value);
    const compare = COMPARISONS[entry.key];
    if (compare === undefined || !Object.hasOwn(COMPARISONS, entry.key)) {
      reportUnknown(context, entry.keyPlace, 'unknownKey', 'A condition', entry.key, KEYWORDS.fieldTests);
    } else if (bound === undefined) report(context, entry.value.place, 'wrongType', `"${entry.key}" takes a number`);
    else if (field.type !== 'number' && field.type !== 'integer' && field.type !== 'other') {
      report(context, entry.keyPlace, 'wrongType', `"${entry.key}" compares numbers; this field holds none`);
    } else tests.push((value) => typeof value === 'number' && compare(value, bound));
  }
  return tests.length === node.entries.length ? (value) => tests.every((test) => test(value)) : null;
}

const COMPARISONS: Readonly<Record<string, (value: number, bound: number) => boolean>> = {
  atLeast: (value, bound) => value >= bound,
  atMost: (value, bound) => value <= bound,
  above: (value, bound) => value > bound,
  below: (value, bound) => value < bound,
};
