import type { Json } from '../engine/state.ts';
import type PrismaTypes from '../generated/pothos.ts';
import type { Context } from './context.ts';

/** The types Pothos works with. */
export interface SchemaShape {
  PrismaTypes: PrismaTypes;
  Context: Context;
  Scalars: {
    ID: { Input: string; Output: string | number };
    DateTime: { Input: Date; Output: Date };
    Date: { Input: string; Output: string };
    JSON: { Input: Json; Output: unknown };
    SafeInt: { Input: number; Output: number | bigint };
  };
  AuthScopes: {
    seesPrivate: string;
    isUser: string;
    isPlayer: boolean;
    signedIn: boolean;
    readsUsers: boolean;
    recordsEvents: boolean;
    eventsWrite: boolean;
    eventsRead: boolean;
    usersWrite: boolean;
    catalogWrite: boolean;
    administers: boolean;
    moderates: boolean;
    observes: boolean;
    reviews: boolean;
    readsCatalog: boolean;
  };
  DefaultFieldNullability: false;
  DefaultEdgesNullability: { list: false; items: false };
  DefaultNodeNullability: false;
}

/** The builder with these types. */
export type SchemaBuilderOf = PothosSchemaTypes.SchemaBuilder<PothosSchemaTypes.ExtendDefaultTypes<SchemaShape>>;
