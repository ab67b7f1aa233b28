import type { GraphQLObjectType } from 'graphql';
import { describe, expect, it } from 'vitest';
import { fieldCost, refuseCost } from '../../src/graphql/complexity.ts';
import { buildSchema } from '../../src/graphql/schema.ts';

const schema = buildSchema();
const costOf = (type: string, field: string, args: object) =>
  fieldCost(
    args as Record<string, unknown>,
    null,
    (schema.getType(type) as GraphQLObjectType).getFields()[field] as never,
  );

describe('the cost of a field', () => {
  it.each([
    ['Query', 'users', {}, 20],
    ['Query', 'users', { first: 50 }, 50],
    ['Query', 'users', { last: 7 }, 7],
    ['Query', 'users', { first: 0 }, 1],
    ['Query', 'users', { first: -5 }, 1],
    ['Query', 'users', { first: null, last: null }, 20],
    ['User', 'notifications', {}, 20],
    ['UserAchievement', 'unlocks', { first: 20 }, 20],
    ['UserStats', 'daily', { last: 366 }, 366],
    ['Query', 'nodes', { ids: Array.from({ length: 100 }, () => 'user_x') }, 100],
    ['Query', 'usersBy', { refs: [{ username: 'a' }, { username: 'b' }] }, 2],
    ['Query', 'catalog', {}, 1],
    ['RecordEventsPayload', 'results', {}, 1],
  ])('%s.%s with %j multiplies what is below by %i', (type, field, args, multiplier) => {
    expect(costOf(type, field, args)).toEqual({ field: 1, multiplier });
  });
});

it('the refusal tells the cost and the limit', () => {
  expect(refuseCost('Complexity', { complexity: 7_000, depth: 3, maxComplexity: 5_000 })).toMatchObject({
    code: 'BAD_USER_INPUT',
    message: 'The operation costs 7000; at most 5000 is answered',
  });
  expect(refuseCost('Depth', { complexity: 1, depth: 13, maxDepth: 12 }).message).toBe(
    'The operation is 13 levels deep; at most 12 are answered',
  );
});
