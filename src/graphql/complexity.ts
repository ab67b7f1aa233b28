import type { ComplexityErrorKind } from '@pothos/plugin-complexity';
import { type GraphQLField, getNamedType } from 'graphql';
import { badUserInput } from './errors.ts';

/** Cost of a list whose length the caller does not name. */
const DEFAULT_PAGE = 20;

/**
 * Cost of a field: 1, its selection multiplied by the page size for connections and fields with `first`. A plain list adds nothing
 * of its own, so results of recordEvents are counted once.
 */
export function fieldCost(
  args: Readonly<Record<string, unknown>>,
  _context: unknown,
  field: GraphQLField<unknown, never>,
): { field: number; multiplier: number } {
  const asked = args['first'] ?? args['last'];
  if (typeof asked === 'number') return { field: 1, multiplier: Math.max(1, asked) };
  // On either side of a user.
  const radius = args['radius'];
  if (typeof radius === 'number') return { field: 1, multiplier: Math.max(1, 2 * radius + 1) };
  // Objects asked for by name, as `nodes(ids:)`; a mutation's lists stand inside its input.
  const named = args['ids'] ?? args['refs'] ?? args['users'];
  if (Array.isArray(named)) return { field: 1, multiplier: Math.max(1, named.length) };
  const isConnection = getNamedType(field.type).name.endsWith('Connection');
  return { field: 1, multiplier: isConnection ? DEFAULT_PAGE : 1 };
}

/** The refusal of a query that costs too much or goes too deep. */
export function refuseCost(
  kind: `${ComplexityErrorKind}`,
  result: { complexity: number; depth: number; maxComplexity?: number; maxDepth?: number },
): Error {
  return kind === 'Depth'
    ? badUserInput(`The operation is ${result.depth} levels deep; at most ${result.maxDepth} are answered`)
    : badUserInput(`The operation costs ${result.complexity}; at most ${result.maxComplexity} is answered`);
}
