import SchemaBuilder from '@pothos/core';
import { type GraphQLArgument, isEnumType, isInputObjectType, isInterfaceType, isObjectType } from 'graphql';
import { describe, expect, it } from 'vitest';
import { ownerOf, rightOf } from '../../src/graphql/rights.ts';
import { rightsPlugin } from '../../src/graphql/rights-plugin.ts';
import { buildSchema } from '../../src/graphql/schema.ts';

const schema = buildSchema();
const types = Object.values(schema.getTypeMap()).filter(
  (type) => (isObjectType(type) || isInterfaceType(type)) && !type.name.startsWith('__'),
);

describe('the table of rights', () => {
  it('has a row for every field of the schema', () => {
    const missing = types.flatMap((type) =>
      'getFields' in type
        ? Object.keys(type.getFields())
            .filter((field) => rightOf(type.name, field) === undefined)
            .map((field) => `${type.name}.${field}`)
        : [],
    );
    expect(missing).toEqual([]);
  });

  it('stops the build of a schema with a field that has none', () => {
    const builder = new SchemaBuilder<object>({ plugins: [rightsPlugin] } as never);
    builder.queryType({ fields: (t) => ({ password: t.string({ resolve: () => '' }) }) });
    expect(() => builder.toSchema()).toThrow('Query.password has no row in src/graphql/rights.ts');
  });

  it('knows nothing of types and fields that nobody listed', () => {
    expect([
      rightOf('User', 'password'),
      rightOf('Secret', 'id'),
      rightOf('User', 'toString'),
      rightOf('SomeError', 'code'),
    ]).toEqual([undefined, undefined, undefined, 'public']);
  });

  it('finds the owner of a private field', () => {
    expect([ownerOf('User', { id: 'a' }), ownerOf('UserAchievement', { userId: 'b', id: 'c' })]).toEqual(['a', 'b']);
  });
});

it('refusals implement Error, and every union of a mutation that may refuse holds some', () => {
  const refusals = types.filter((type) => isObjectType(type) && type.name.endsWith('Error'));
  expect(refusals.length).toBeGreaterThan(10);
  for (const type of refusals)
    expect(isObjectType(type) && type.getInterfaces().map(({ name }) => name), type.name).toEqual(['Error']);
});

/** To be described with the views of decisions. */
const LATER = ['DecisionKind.GRANT', 'DecisionKind.REVOKE'];

it('everything that a client may see is described', () => {
  const missing = Object.values(schema.getTypeMap())
    .filter(({ name }) => !name.startsWith('__'))
    .flatMap((type) => {
      const fields =
        isObjectType(type) || isInterfaceType(type) || isInputObjectType(type) ? Object.values(type.getFields()) : [];
      const values = isEnumType(type) ? type.getValues() : [];
      const parts = [...fields, ...values].flatMap((part) => [
        { name: `${type.name}.${part.name}`, description: part.description },
        ...('args' in part ? (part.args as readonly GraphQLArgument[]) : []).map(({ name, description }) => ({
          name: `${type.name}.${part.name}(${name})`,
          description,
        })),
      ]);
      return [{ name: type.name, description: type.description }, ...parts];
    })
    .filter(({ description }) => !description)
    .map(({ name }) => name)
    .filter((name) => !LATER.includes(name));
  expect(missing).toEqual([]);
});
