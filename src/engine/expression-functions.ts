import type { ASTNode } from '@marcbachmann/cel-js';
import { type CelType, type Compiled, ExpressionFault, type FieldTypes, type Scope } from './expression-types.ts';
import { roundHalfAway } from './numbers.ts';

/** What functions need of the compiler; handed in, so that the two files do not import each other's values in a ring. */
export interface Tools {
  readonly compileNode: (node: ASTNode, fields: FieldTypes) => Compiled;
  readonly typed: (node: ASTNode, fields: FieldTypes, type: CelType) => Compiled;
  readonly num: (value: unknown, offset: number) => number;
}

/** A function of one number, or of as many as a call may have. */
interface NumberFunction {
  readonly isOfOne: boolean;
  readonly apply: (values: readonly number[]) => number;
}

/** A function that is known by its name. */
export type KnownFunction = NumberFunction | 'size' | 'string';

const one = (apply: (value: number) => number): NumberFunction => ({
  isOfOne: true,
  apply: ([value]) => apply(value ?? 0),
});

/** The functions of numbers, and `size` and `string`. */
export const FUNCTIONS: ReadonlyMap<string, KnownFunction> = new Map<string, KnownFunction>([
  ['floor', one(Math.floor)],
  ['ceil', one(Math.ceil)],
  ['round', one(roundHalfAway)],
  ['abs', one(Math.abs)],
  ['int', one(Math.trunc)],
  ['double', one((value) => value)],
  ['min', { isOfOne: false, apply: (values) => Math.min(...values) }],
  ['max', { isOfOne: false, apply: (values) => Math.max(...values) }],
  ['size', 'size'],
  ['string', 'string'],
]);

const METHODS: Readonly<Record<string, (text: string, part: string) => boolean>> = {
  startsWith: (text, part) => text.startsWith(part),
  endsWith: (text, part) => text.endsWith(part),
  contains: (text, part) => text.includes(part),
};

/** Compiles `name(args)`. */
export function callFunction(
  name: string,
  known: KnownFunction,
  args: readonly ASTNode[],
  fields: FieldTypes,
  offset: number,
  tools: Tools,
): Compiled {
  const [first] = args;
  if (first === undefined) throw new ExpressionFault(`${name}() needs a value`, offset);
  if (known === 'size') return size(first, fields, tools);
  if (known === 'string') {
    const { run } = tools.compileNode(first, fields);
    return { type: 'string', run: (scope) => String(run(scope)) };
  }
  if (known.isOfOne && args.length > 1) throw new ExpressionFault(`${name}() takes one number`, offset);
  const runs = args.map((arg) => tools.typed(arg, fields, 'number').run);
  return {
    type: 'number',
    run: (scope) => tools.num(known.apply(runs.map((run) => tools.num(run(scope), offset))), offset),
  };
}

function size(node: ASTNode, fields: FieldTypes, tools: Tools): Compiled {
  const target = tools.compileNode(node, fields);
  if (target.type === 'bool' || target.type === 'number') {
    throw new ExpressionFault('size() measures a text or a list', node.start);
  }
  const run = (scope: Scope): number => {
    const value = target.run(scope);
    return typeof value === 'string' || Array.isArray(value) ? value.length : 0;
  };
  return { type: 'number', run };
}

/** Compiles `target.name(args)`. */
export function callMethod(
  name: string,
  target: ASTNode,
  args: readonly ASTNode[],
  fields: FieldTypes,
  tools: Tools,
): Compiled {
  const offset = target.end + 1;
  if (name === 'size' && args.length === 0) return size(target, fields, tools);
  if (name === 'matches') {
    throw new ExpressionFault('matches() is not allowed; use startsWith, endsWith or contains', offset);
  }
  const known = METHODS[name];
  const [part] = args;
  if (known === undefined || !Object.hasOwn(METHODS, name)) {
    throw new ExpressionFault(`There is no method "${name}"`, offset);
  }
  if (part === undefined || args.length !== 1) throw new ExpressionFault(`${name}() takes one text`, offset);
  const text = tools.typed(target, fields, 'string').run;
  const piece = tools.typed(part, fields, 'string').run;
  return { type: 'bool', run: (scope) => known(String(text(scope)), String(piece(scope))) };
}
