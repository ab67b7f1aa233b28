import SchemaBuilder, {
  BasePlugin,
  type PothosInputFieldConfig,
  type PothosOutputFieldConfig,
  type SchemaTypes,
} from '@pothos/core';
import type { GraphQLFieldResolver } from 'graphql';
import { badUserInput } from './errors.ts';

declare global {
  export namespace PothosSchemaTypes {
    interface Plugins<Types extends SchemaTypes> {
      arguments: ArgumentsPlugin<Types>;
    }
  }
}

/**
 * Refuses a NUL character in the arguments of a read: no text of the database holds one and PostgreSQL takes none as a parameter.
 * Mutations name the faulty field themselves. Describes the arguments that mean the same everywhere.
 */
export class ArgumentsPlugin<Types extends SchemaTypes> extends BasePlugin<Types> {
  override onInputFieldConfig(config: PothosInputFieldConfig<Types>): PothosInputFieldConfig<Types> {
    const usual = config.kind === 'Arg' ? USUAL[config.name] : undefined;
    return config.description !== undefined || usual === undefined ? config : { ...config, description: usual };
  }

  override wrapResolve(resolve: Resolver<Types>, config: PothosOutputFieldConfig<Types>): Resolver<Types> {
    if (config.kind === 'Mutation' || Object.keys(config.args).length === 0) return resolve;
    return (parent, args, context, info) => {
      for (const [name, value] of Object.entries(args)) {
        if (holdsNul(value)) throw badUserInput(`${name} holds a NUL character`);
      }
      return resolve(parent, args, context, info);
    };
  }
}

/** Descriptions of arguments that have none of their own. */
const USUAL: Readonly<Record<string, string>> = { id: 'The global id.', input: 'All that it takes.' };

type Resolver<Types extends SchemaTypes> = GraphQLFieldResolver<unknown, Types['Context'], object>;

function holdsNul(value: unknown): boolean {
  if (typeof value === 'string') return value.includes('\u0000');
  return typeof value === 'object' && value !== null && Object.values(value).some(holdsNul);
}

/** Name under which the plugin is registered. */
export const argumentsPlugin = 'arguments' as const;

SchemaBuilder.registerPlugin(argumentsPlugin, ArgumentsPlugin);
