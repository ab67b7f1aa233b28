import { type CompileContext, report } from './compile-reader.ts';
import { compileExpression, type Expression, type ExpressionFields } from './expression.ts';
import type { SourceScalar } from './source.ts';

/** Compiles an expression of the source; a fault points at the character inside it where that can be told. */
export function compileExpressionAt(
  context: CompileContext,
  node: SourceScalar,
  fields: ExpressionFields,
  wanted: 'bool' | 'number',
): Expression | null {
  const result = compileExpression(String(node.value), fields, wanted);
  if (result.ok) return result.expression;
  const { message, offset, suggestion } = result.problem;
  const column = node.place.column + (node.textOffset === null ? 0 : node.textOffset + offset);
  report(context, { ...node.place, column }, 'badExpression', message, suggestion);
  return null;
}
