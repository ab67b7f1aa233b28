import type { Expression } from './expression.ts';
import type { FoldEvent, Json } from './state.ts';

/** One condition of the map form, on one field. */
export interface FieldTest {
  readonly root: 'details' | 'user';
  readonly name: string;
  /** As the designer wrote it. */
  readonly text: string;
  readonly test: (value: Json | undefined) => boolean;
}

/** A filter on events: an expression, or conditions that must all hold. */
export type Where =
  | { readonly kind: 'expression'; readonly expression: Expression }
  | { readonly kind: 'fields'; readonly tests: readonly FieldTest[] };

/** Whether an event passes. A fault while running an expression is false. */
export function passes(where: Where | null, event: FoldEvent): boolean {
  if (where === null) return true;
  if (where.kind === 'fields') {
    for (const test of where.tests) if (!test.test(fieldValue(event, test.root, test.name))) return false;
    return true;
  }
  const result = where.expression.run({ details: event.details, user: event.attributes });
  return result.ok && result.value === true;
}

/** The first condition that refuses an event, in the designer's words; null when it passes. */
export function refusedBy(where: Where | null, event: FoldEvent): string | null {
  if (where === null) return null;
  if (where.kind === 'expression') return passes(where, event) ? null : where.expression.text;
  const refusing = where.tests.find((test) => !test.test(fieldValue(event, test.root, test.name)));
  return refusing?.text ?? null;
}

/** A field of an event; absent and null are undefined. */
export function fieldValue(event: FoldEvent, root: 'details' | 'user', name: string): Json | undefined {
  const from = root === 'details' ? event.details : event.attributes;
  return from !== null && Object.hasOwn(from, name) ? (from[name] ?? undefined) : undefined;
}
