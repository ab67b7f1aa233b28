import { buildSchema } from 'graphql';
import { describe, expect, it } from 'vitest';
import { checkNodeType, decodeId, encodeId, idOf, pairOf, uuidOf } from '../../src/graphql/global-id.ts';

const ID = '01890a5d-ac96-774b-bcce-b302099a8057';
const OTHER = '01890a5d-ac96-774b-bcce-b302099a8058';

describe('a global id', () => {
  it.each([
    ['User', ID, `user_${ID}`],
    ['UserAchievement', `${ID}.a_b`, `userAchievement_${ID}.a_b`],
    ['Achievement', 'master', 'achievement_master'],
  ])('of %s %s is %s, and back', (typename, id, text) => {
    expect(encodeId(typename, id)).toBe(text);
    expect(decodeId(text)).toEqual({ typename, id });
  });

  it.each(['', '_', 'user', 'user_', '_user', `user_${'x'.repeat(296)}`])('is not %j', (text) => {
    expect(() => decodeId(text)).toThrow(/is no id/);
  });

  it('is shown short where it is refused', () => {
    expect(() => decodeId('x'.repeat(10_000))).toThrow(/^.{1,80}$/);
  });
});

describe('where the type is known', () => {
  it.each([
    [`user_${ID}`, ID],
    [ID, ID],
    [ID.toUpperCase(), ID],
    [`user_${ID.toUpperCase()}`, ID],
  ])('%s is the UUID', (given, uuid) => {
    expect(uuidOf('User', given)).toBe(uuid);
  });

  it.each([
    '',
    'user_1',
    `achievement_${ID}`,
    `${ID}0`,
    `user_${ID}.${ID}`,
    `user_${ID}\n`,
    `user_${ID}\u0000`,
    '../../etc/passwd',
  ])('%j is none', (given) => {
    expect(() => uuidOf('User', given)).toThrow(expect.objectContaining({ code: 'BAD_USER_INPUT' }));
  });

  it('a key may stand for itself in a global id of its type', () => {
    expect(idOf('Achievement', 'achievement_master')).toBe('master');
    expect(() => idOf('Achievement', 'user_master')).toThrow(/is no id of a Achievement/);
  });

  it.each([`event_${ID}.${OTHER}`, `event_${ID.toUpperCase()}.${OTHER.toUpperCase()}`])('%s is a pair', (given) => {
    expect(pairOf('Event', given)).toEqual([ID, OTHER]);
  });

  it.each([
    '',
    ID,
    `${ID}.${OTHER}`,
    `event_${ID}`,
    `event_${ID}.`,
    `event_${ID}.${OTHER}.${OTHER}`,
    `user_${ID}.${OTHER}`,
  ])('%j is no pair', (given) => {
    expect(() => pairOf('Event', given)).toThrow(expect.objectContaining({ code: 'BAD_USER_INPUT' }));
  });
});

describe('a type one can fetch by id', () => {
  const schema = buildSchema(
    'interface Node { id: ID! } type User implements Node { id: ID! } type Page { id: ID! } type Query { node: Node users: [User] page: Page }',
  );
  it('is one that implements Node', () => {
    expect(() => checkNodeType(schema, { typename: 'User', id: ID })).not.toThrow();
  });

  it.each(['Page', 'Query', 'Node', 'String', 'Nobody', '__proto__', '__Schema', 'toString'])(
    'is not %s',
    (typename) => {
      expect(() => checkNodeType(schema, { typename, id: '1' })).toThrow(/is no id/);
    },
  );
});
