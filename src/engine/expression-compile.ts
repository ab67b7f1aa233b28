import type { ASTNode } from '@marcbachmann/cel-js';
import { callFunction, callMethod, FUNCTIONS } from './expression-functions.ts';
import { type CelType, type Compiled, ExpressionFault, type FieldTypes, type Scope } from './expression-types.ts';
import { nearest } from './format-fault.ts';
import type { Json } from './state.ts';

const DEFAULTS = { string: '', integer: 0, number: 0, boolean: false, list: [], other: null } as const;
const TYPES = {
  string: 'string',
  integer: 'number',
  number: 'number',
  boolean: 'bool',
  list: 'list',
  other: 'any',
} as const;

/** Checks a node and makes it a closure. Throws ExpressionFault. */
export function compileNode(node: ASTNode, fields: FieldTypes): Compiled {
  switch (node.op) {
    case 'value':
      return literal(node.args, node.start);
    case 'id':
      throw unknownRoot(node.args, node.start);
    case '.':
      return field(node, fields).compiled;
    case 'list':
      return list(node.args, fields);
    case '!_': {
      const run = typed(node.args, fields, 'bool').run;
      return { type: 'bool', run: (scope) => !bool(run(scope), node.start) };
    }
    case '-_': {
      const run = typed(node.args, fields, 'number').run;
      return { type: 'number', run: (scope) => -num(run(scope), node.start) };
    }
    case '&&':
    case '||':
      return logic(node.op, node.args, fields, node.start);
    case '?:':
      return choice(node.args, fields, node.start);
    case 'call':
      return call(node.args[0], node.args[1], fields, node.start);
    case 'rcall':
      return method(node, fields);
    default:
      return binary(node, fields);
  }
}

function literal(value: unknown, offset: number): Compiled {
  if (typeof value === 'bigint' || typeof value === 'number') {
    const number = Number(value);
    return { type: 'number', run: () => number };
  }
  if (typeof value === 'string') return { type: 'string', run: () => value };
  if (typeof value === 'boolean') return { type: 'bool', run: () => value };
  throw new ExpressionFault('This kind of value is not supported here', offset);
}

function unknownRoot(name: string, offset: number): ExpressionFault {
  const message = `"${name}" is not known here; expressions read details.<field> and user.<attribute>`;
  return new ExpressionFault(message, offset, nearest(name, ['details', 'user']));
}

type Reader = (scope: Scope) => Json | undefined;

/** `details.x` or `user.x`, or a part of such a field that is an object. */
function field(node: ASTNode, fields: FieldTypes): { readonly compiled: Compiled; readonly read: Reader } {
  if (node.op !== '.') throw new ExpressionFault('A field such as details.seconds must stand here', node.start);
  const [target, name] = node.args;
  if (target.op !== 'id') return nested(target, name, fields, node.end - name.length);
  const root = target.args;
  if (root !== 'details' && root !== 'user') throw unknownRoot(root, target.start);
  const declared = fields[root].get(name);
  if (declared === undefined) {
    const what = root === 'details' ? 'The details have' : 'The user has';
    throw new ExpressionFault(`${what} no field "${name}"`, node.end - name.length, nearest(name, fields[root].keys()));
  }
  const fallback = DEFAULTS[declared.type];
  const read: Reader = (scope) => ownValue(scope[root], name);
  return { compiled: { type: TYPES[declared.type], run: (scope) => read(scope) ?? fallback }, read };
}

function nested(target: ASTNode, name: string, fields: FieldTypes, offset: number) {
  const outer = field(target, fields);
  if (outer.compiled.type !== 'any') throw new ExpressionFault(`There is no "${name}" in it`, offset);
  const read: Reader = (scope) => {
    const value = outer.read(scope);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? ownValue(value as { readonly [key: string]: Json }, name)
      : undefined;
  };
  return { compiled: { type: 'any' as const, run: (scope: Scope) => read(scope) ?? null }, read };
}

/** A field's value; absent, null and inherited ones are undefined. */
function ownValue(from: { readonly [key: string]: Json } | null, name: string): Json | undefined {
  return from !== null && Object.hasOwn(from, name) ? (from[name] ?? undefined) : undefined;
}

function list(items: readonly ASTNode[], fields: FieldTypes): Compiled {
  const runs = items.map((item) => compileNode(item, fields).run);
  return { type: 'list', run: (scope) => runs.map((run) => run(scope)) };
}

/** Compiles a node that must be of a type. */
function typed(node: ASTNode, fields: FieldTypes, type: CelType): Compiled {
  const compiled = compileNode(node, fields);
  if (compiled.type === type || compiled.type === 'any') return compiled;
  const names = { bool: 'true or false', number: 'a number', string: 'a text', list: 'a list', any: 'a value' };
  throw new ExpressionFault(`This must be ${names[type]}, not ${names[compiled.type]}`, node.start);
}

function logic(op: '&&' | '||', args: readonly [ASTNode, ASTNode], fields: FieldTypes, offset: number): Compiled {
  const left = typed(args[0], fields, 'bool').run;
  const right = typed(args[1], fields, 'bool').run;
  return op === '&&'
    ? { type: 'bool', run: (scope) => bool(left(scope), offset) && bool(right(scope), offset) }
    : { type: 'bool', run: (scope) => bool(left(scope), offset) || bool(right(scope), offset) };
}

function choice(args: readonly [ASTNode, ASTNode, ASTNode], fields: FieldTypes, offset: number): Compiled {
  const test = typed(args[0], fields, 'bool').run;
  const yes = compileNode(args[1], fields);
  const no = compileNode(args[2], fields);
  if (!sameType(yes.type, no.type)) throw new ExpressionFault('Both sides of ? : must be of one type', args[2].start);
  const type = yes.type === 'any' ? no.type : yes.type;
  return { type, run: (scope) => (bool(test(scope), offset) ? yes.run(scope) : no.run(scope)) };
}

function sameType(left: CelType, right: CelType): boolean {
  return left === right || left === 'any' || right === 'any';
}

function call(name: string, args: readonly ASTNode[], fields: FieldTypes, offset: number): Compiled {
  if (name === 'has') {
    const [target] = args;
    if (target === undefined || args.length !== 1) throw new ExpressionFault('has() takes one field', offset);
    const { read } = field(target, fields);
    return { type: 'bool', run: (scope) => read(scope) !== undefined };
  }
  const known = FUNCTIONS.get(name);
  if (known === undefined) {
    const message = `There is no function "${name}"`;
    throw new ExpressionFault(message, offset, nearest(name, [...FUNCTIONS.keys(), 'has']));
  }
  return callFunction(name, known, args, fields, offset, { compileNode, typed, num });
}

function method(node: ASTNode & { readonly op: 'rcall' }, fields: FieldTypes): Compiled {
  const [name, target, args] = node.args;
  return callMethod(name, target, args, fields, { compileNode, typed, num });
}

const COMPARE: Readonly<Record<string, (left: number | string, right: number | string) => boolean>> = {
  '<': (left, right) => left < right,
  '<=': (left, right) => left <= right,
  '>': (left, right) => left > right,
  '>=': (left, right) => left >= right,
};

const ARITHMETIC: Readonly<Record<string, (left: number, right: number) => number>> = {
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
  '/': (left, right) => left / right,
  '%': (left, right) => left % right,
};

function binary(node: ASTNode, fields: FieldTypes): Compiled {
  const { op, start } = node;
  const isPair = Array.isArray(node.args) && node.args.length === 2;
  const known = op === '==' || op === '!=' || op === 'in' || op === '+' || op in COMPARE || op in ARITHMETIC;
  if (!known || !isPair) throw new ExpressionFault(`"${op}" is not supported here`, start);
  const [leftNode, rightNode] = node.args as [ASTNode, ASTNode];
  if (op === 'in') return membership(leftNode, rightNode, fields);
  const left = compileNode(leftNode, fields);
  const right = compileNode(rightNode, fields);
  if (!sameType(left.type, right.type)) {
    throw new ExpressionFault(`"${op}" compares or joins two values of one type`, rightNode.start);
  }
  if (op === '==') return { type: 'bool', run: (scope) => left.run(scope) === right.run(scope) };
  if (op === '!=') return { type: 'bool', run: (scope) => left.run(scope) !== right.run(scope) };
  const compare = COMPARE[op];
  if (compare !== undefined) return comparison(compare, left, right, node);
  const arithmetic = ARITHMETIC[op];
  if (arithmetic === undefined) return plus(left, right, node);
  requireNumbers(left, right, node);
  return {
    type: 'number',
    run: (scope) => num(arithmetic(num(left.run(scope), start), num(right.run(scope), start)), start),
  };
}

function requireNumbers(left: Compiled, right: Compiled, node: ASTNode): void {
  const wrong = [left, right].find((side) => side.type !== 'number' && side.type !== 'any');
  if (wrong !== undefined) throw new ExpressionFault(`"${node.op}" takes numbers`, node.start);
}

function comparison(
  compare: (left: number | string, right: number | string) => boolean,
  left: Compiled,
  right: Compiled,
  node: ASTNode,
): Compiled {
  const wrong = [left, right].find((side) => side.type === 'bool' || side.type === 'list');
  if (wrong !== undefined) throw new ExpressionFault(`"${node.op}" compares numbers or texts`, node.start);
  const run = (scope: Scope): boolean => {
    const one = left.run(scope);
    const two = right.run(scope);
    if (typeof one === 'number' && typeof two === 'number') return compare(one, two);
    if (typeof one === 'string' && typeof two === 'string') return compare(one, two);
    throw new ExpressionFault('numbers or texts are compared here', node.start);
  };
  return { type: 'bool', run };
}

function plus(left: Compiled, right: Compiled, node: ASTNode): Compiled {
  if (left.type === 'string' || right.type === 'string') {
    return { type: 'string', run: (scope) => `${left.run(scope)}${right.run(scope)}` };
  }
  requireNumbers(left, right, node);
  return {
    type: 'number',
    run: (scope) => num(num(left.run(scope), node.start) + num(right.run(scope), node.start), node.start),
  };
}

function membership(leftNode: ASTNode, rightNode: ASTNode, fields: FieldTypes): Compiled {
  const left = compileNode(leftNode, fields);
  const right = typed(rightNode, fields, 'list');
  if (rightNode.op === 'list') {
    const odd = rightNode.args.find((item) => !sameType(compileNode(item, fields).type, left.type));
    if (odd !== undefined) throw new ExpressionFault('The list holds another type', odd.start);
  }
  const run = (scope: Scope): boolean => {
    const items = right.run(scope);
    return Array.isArray(items) && items.includes(left.run(scope));
  };
  return { type: 'bool', run };
}

function bool(value: unknown, offset: number): boolean {
  if (typeof value !== 'boolean') throw new ExpressionFault('true or false is needed here', offset);
  return value;
}

function num(value: unknown, offset: number): number {
  if (typeof value !== 'number' || !Number.isFinite(value))
    throw new ExpressionFault('a finite number is needed here', offset);
  return value;
}
