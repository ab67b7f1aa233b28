import SchemaBuilder, { BasePlugin, type PothosOutputFieldConfig, type SchemaTypes } from '@pothos/core';
import { ownerOf, type Right, rightOf } from './rights.ts';

declare global {
  export namespace PothosSchemaTypes {
    interface Plugins<Types extends SchemaTypes> {
      rights: RightsPlugin<Types>;
    }
  }
}

/** Hands the row of the rights table to scope-auth as the field's `authScopes`. A field without a row fails the build. */
export class RightsPlugin<Types extends SchemaTypes> extends BasePlugin<Types> {
  override onOutputFieldConfig(config: PothosOutputFieldConfig<Types>): PothosOutputFieldConfig<Types> {
    const right = rightOf(config.parentType, config.name);
    if (right === undefined) throw new Error(`${config.parentType}.${config.name} has no row in src/graphql/rights.ts`);
    if (right === 'same' || right === 'public') return config;
    return {
      ...config,
      pothosOptions: { ...config.pothosOptions, ...optionsFor(config.parentType, right) },
    } as PothosOutputFieldConfig<Types>;
  }
}

function optionsFor(parentType: string, right: Exclude<Right, 'same' | 'public'>): object {
  // A root field is refused; a field of an object that one may see is null.
  const isRoot = parentType === 'Query' || parentType === 'Mutation' || parentType === 'Subscription';
  if (right !== 'private' && right !== 'own')
    return { authScopes: { [right]: true }, ...(isRoot ? {} : { unauthorizedResolver: () => null }) };
  return {
    authScopes: (parent: unknown) => ({ [right === 'own' ? 'isUser' : 'seesPrivate']: ownerOf(parentType, parent) }),
    unauthorizedResolver: () => null,
  };
}

/** Name under which the plugin is registered. */
export const rightsPlugin = 'rights' as const;

SchemaBuilder.registerPlugin(rightsPlugin, RightsPlugin);
