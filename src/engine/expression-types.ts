import type { Json } from './state.ts';

/** What a field of an event's details holds, as far as expressions must know. */
export interface DetailField {
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'list' | 'other';
  readonly optional: boolean;
}

/** The types of expressions. `any` is a field whose schema says no more. */
export type CelType = 'bool' | 'number' | 'string' | 'list' | 'any';

/** What an expression sees. */
export interface Scope {
  readonly details: { readonly [key: string]: Json } | null;
  readonly user: { readonly [key: string]: Json } | null;
}

/** Declared fields by root. */
export interface FieldTypes {
  readonly details: ReadonlyMap<string, DetailField>;
  readonly user: ReadonlyMap<string, DetailField>;
}

/** A checked part of an expression. */
export interface Compiled {
  readonly type: CelType;
  readonly run: (scope: Scope) => unknown;
}

/** A fault inside an expression, while checking or running. Never leaves expression.ts. */
export class ExpressionFault extends Error {
  readonly offset: number;
  readonly suggestion: string | undefined;
  constructor(message: string, offset: number, suggestion?: string) {
    super(message);
    this.offset = offset;
    this.suggestion = suggestion;
  }
}
