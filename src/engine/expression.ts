import { Environment, ParseError } from '@marcbachmann/cel-js';
import { compileNode } from './expression-compile.ts';
import { type CelType, ExpressionFault, type FieldTypes, type Scope } from './expression-types.ts';

/** The fields an expression may name: `details.x` and `user.x`. */
export type ExpressionFields = FieldTypes;

/** A checked expression. `run` is total: a fault of the moment (a division by zero) is a value. */
export interface Expression {
  readonly text: string;
  readonly run: (
    scope: Scope,
  ) => { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly message: string };
}

/** What is wrong with an expression, and at which of its characters. */
export interface ExpressionProblem {
  readonly message: string;
  readonly offset: number;
  readonly suggestion?: string;
}

const MAX_LENGTH = 2_000;
const LIMITS = { maxAstNodes: 400, maxDepth: 40, maxListElements: 200, maxMapEntries: 1, maxCallArguments: 16 };
const environment = new Environment({ unlistedVariablesAreDyn: true, limits: LIMITS });

/**
 * Parses a CEL expression and checks it against the declared fields: unknown names, types that do not fit, a result of another
 * type than wanted. All numbers are doubles, so that plain numbers just work; an absent optional field reads as false, 0 or "".
 * Bounded: no loops, no regular expressions, a few hundred nodes; its cost is a multiple of its length.
 */
export function compileExpression(
  text: string,
  fields: ExpressionFields,
  wanted: 'bool' | 'number',
):
  | { readonly ok: true; readonly expression: Expression }
  | { readonly ok: false; readonly problem: ExpressionProblem } {
  if (text.length > MAX_LENGTH) return refuse(`An expression may hold ${MAX_LENGTH} characters at most`, 0);
  try {
    const compiled = compileNode(environment.parse(text).ast, fields);
    if (compiled.type !== wanted && compiled.type !== 'any') {
      return refuse(`This must be ${describe(wanted)}, not ${describe(compiled.type)}`, 0);
    }
    return { ok: true, expression: { text, run: guard(compiled.run, wanted) } };
  } catch (error) {
    if (error instanceof ExpressionFault) {
      const problem = { message: error.message, offset: error.offset };
      return {
        ok: false,
        problem: error.suggestion === undefined ? problem : { ...problem, suggestion: error.suggestion },
      };
    }
    if (error instanceof ParseError) return refuse(error.summary, error.range?.start ?? 0);
    return refuse('The expression cannot be read', 0);
  }
}

function refuse(message: string, offset: number): { readonly ok: false; readonly problem: ExpressionProblem } {
  return { ok: false, problem: { message, offset } };
}

function describe(type: CelType): string {
  return { bool: 'true or false', number: 'a number', string: 'a text', list: 'a list', any: 'anything' }[type];
}

/** Makes a run total, and holds the result to the wanted type. */
function guard(run: (scope: Scope) => unknown, wanted: 'bool' | 'number'): Expression['run'] {
  return (scope) => {
    try {
      const value = run(scope);
      const fits = wanted === 'bool' ? typeof value === 'boolean' : typeof value === 'number' && Number.isFinite(value);
      return fits ? { ok: true, value } : { ok: false, message: `the result is not ${describe(wanted)}` };
    } catch (error) {
      return { ok: false, message: error instanceof ExpressionFault ? error.message : 'the expression failed' };
    }
  };
}

/** Points or XP out of an expression's value: within 1e-9 of an integer it is that integer, else floored; below 0 it is 0. */
export function wholeAmount(value: number): number {
  const near = Math.round(value);
  const whole = Math.abs(value - near) <= 1e-9 ? near : Math.floor(value);
  return Math.max(0, whole) + 0;
}
