import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { backends } from '../support/databases.ts';
import { type Answer, startLaurel, type TestLaurel, unique } from '../support/laurel.ts';

/** Texts that mean something to somebody on the way: SQL, Redis, YAML, CEL, ICU, GraphQL, HTML, a shell, a file system, JavaScript. */
const TEXTS = [
  `'; drop table users; --`,
  `' or '1'='1`,
  `") or 1=1 --`,
  `\\'; select pg_sleep(10); --`,
  `$1::text; $$ drop table events $$`,
  `%' escape '`,
  `*1\r\n$8\r\nFLUSHALL\r\n`,
  `{user}/*/laurel:`,
  `!!js/function "function () { process.exit() }"`,
  `&a [*a, *a]`,
  `{count, plural, one {#} other {{{{`,
  `{name} <b>{</b>`,
  `"}) { __typename } evil: deleteUser(input: { user: {`,
  `<script>alert(1)</script>`,
  `$(touch /tmp/laurel-was-here) \`id\``,
  `../../../../etc/passwd`,
  `__proto__`,
  `constructor`,
  `toString`,
  `\${process.env.PATH}`,
  `metric("score") > 0 && true`,
  `(a+)+$ aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!`,
  `\u202egnp.exe`,
  `\u0000`,
  `a\u0000b`,
  `\ud800`,
  `\udfff\ud800`,
  `𝕳𝖊𝖑𝖑𝖔 👩‍👩‍👧‍👦`,
  `İıſK`,
  `%00%0a%0d`,
  `-1`,
  `1e999`,
  `NaN`,
];
const FORESEEN = ['BAD_USER_INPUT', 'CURSOR_EXPIRED'];
const CREATE = `mutation ($input: CreateUserInput!) { createUser(input: $input) {
  __typename ... on CreateUserSuccess { user { id username displayName avatar externalId attributes } } ... on Error { code message } } }`;
const RECORD = `mutation ($input: RecordEventInput!) { recordEvent(input: $input) {
  __typename ... on RecordEventSuccess { replayed event { id details idempotencyKey } } ... on Error { code message } } }`;
const PLAN = `mutation ($input: PlanCatalogInput!) { planCatalog(input: $input) { __typename ... on Error { code message } } }`;

describe.each(backends())('texts that are something else on %s', (backend) => {
  let laurel: TestLaurel;
  let player: string;
  beforeAll(async () => {
    laurel = await startLaurel(backend);
    const { data } = await laurel.query(CREATE, { input: { externalId: unique() } });
    player = data.createUser.user.id;
  });
  afterEach(async () => {
    expect((await laurel.query('query ($id: ID!) { node(id: $id) { id } }', { id: player })).data.node).toEqual({
      id: player,
    });
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    await laurel.check();
  });
  afterAll(() => laurel.close());

  /** Fails on an answer that nobody foresaw; answers its code or the type that came. */
  const foreseen = (text: string, { data, errors }: Answer): string => {
    const [error] = errors;
    if (error === undefined) return Object.values<{ __typename?: string } | null>(data)[0]?.__typename ?? 'data';
    expect([text, error.message, error.extensions['code']]).toEqual([text, error.message, expect.toBeOneOf(FORESEEN)]);
    return String(error.extensions['code']);
  };

  it('are names as they are, or no names', async () => {
    let kept = 0;
    for (const [index, text] of TEXTS.entries()) {
      const input = {
        username: `${text}${index}`.slice(0, 50),
        displayName: text,
        avatar: text,
        externalId: `${text}${unique()}`,
        attributes: { [text]: text },
      };
      const answer = await laurel.query(CREATE, { input });
      const came = foreseen(text, answer);
      if (came !== 'CreateUserSuccess') {
        expect([text, came]).toEqual([text, expect.stringMatching(/^(InvalidUserError|BAD_USER_INPUT)$/)]);
        continue;
      }
      kept += 1;
      expect(answer.data.createUser.user).toEqual({ id: expect.stringMatching(/^user_/), ...input });
      const { data } = await laurel.query(
        'query ($name: String!, $id: String!) { byName: user(by: { username: $name }) { id } byId: user(by: { externalId: $id }) { id } }',
        { name: input.username, id: input.externalId },
      );
      expect([text, data.byName, data.byId]).toEqual([text, data.byId, { id: answer.data.createUser.user.id }]);
    }
    expect(kept).toBeGreaterThan(TEXTS.length / 2);
  });

  it('are details and keys of events as they are, or refused with a type', async () => {
    for (const text of TEXTS) {
      const idempotencyKey = text.slice(0, 200);
      const input = { user: { id: player }, type: 'find_secret', details: { location: text }, idempotencyKey };
      const answer = await laurel.query(RECORD, { input });
      if (foreseen(text, answer) === 'RecordEventSuccess') {
        expect(answer.data.recordEvent.event).toMatchObject({ details: { location: text }, idempotencyKey });
        expect((await laurel.query(RECORD, { input })).data.recordEvent.replayed).toBe(true);
      }
      const inputs = [
        { ...input, type: text, idempotencyKey: unique() },
        { ...input, details: { [text]: text }, idempotencyKey: unique() },
        { ...input, user: { username: text }, idempotencyKey: unique() },
      ];
      for (const other of inputs) {
        const came = foreseen(text, await laurel.query(RECORD, { input: other }));
        expect([text, came]).toEqual([text, expect.stringMatching(/Error$|^BAD_USER_INPUT$/)]);
      }
    }
  });

  it('name nothing as ids, keys, cursors, periods and searches', async () => {
    const query = `query ($id: ID!, $text: String!) {
      node(id: $id) { id } achievement(key: $text) { key } leaderboard(key: $text) { key } users(search: $text) { totalCount } }`;
    const asked: readonly [string, string][] = [
      ['users(after: $text) { totalCount }', 'the list of users'],
      ['achievements(before: $text) { totalCount }', 'the list of achievements'],
      ['domainEvents(after: $text) { cursor }', 'the feed'],
      ['leaderboard(key: "score_weekly") { entries(after: $text) { totalCount } }', 'a board'],
      ['leaderboard(key: "score_weekly", by: $text) { entries(period: $text) { totalCount } }', 'a period'],
    ];
    const ask = async (text: string) => {
      for (const id of [text, `user_${text}`, `userAchievement_${player.slice(5)}.${text}`]) {
        foreseen(text, await laurel.query(query, { id, text }));
      }
      for (const given of [text, Buffer.from(text).toString('base64url')]) {
        for (const [selection, place] of asked) {
          const answer = await laurel.query(`query ($text: String!) { ${selection} }`, { text: given });
          foreseen(`${text} in ${place}`, answer);
        }
      }
    };
    await Promise.all(TEXTS.map(ask));
  });

  it('are names in a catalog, or faults of it', async () => {
    const ask = async (text: string) => {
      const sources = [
        text,
        `laurel: 1\nname: ${text}`,
        `laurel: 1\nname: ${JSON.stringify(text)}\neventTypes: { ${JSON.stringify(text)}: { points: 1 } }`,
        `laurel: 1\nname: A\neventTypes: { a: { points: ${JSON.stringify(text)}, details: { ${JSON.stringify(text)}: string } } }`,
        `laurel: 1\nname: A\neventTypes: { a: { points: 1 } }\nmetrics: { m: { count: a, where: ${JSON.stringify(text)} } }`,
        `laurel: 1\nname: A\neventTypes: { a: { points: 1 } }\nmetrics: { m: { count: a } }\nachievements:\n  x: { name: ${JSON.stringify(text)}, when: { m: 1 }, icon: ${JSON.stringify(text)} }`,
      ];
      for (const source of sources) {
        const came = foreseen(source, await laurel.query(PLAN, { input: { source } }));
        expect([source, came]).toEqual([
          source,
          expect.stringMatching(/^(PlanCatalogSuccess|CatalogInvalidError|BAD_USER_INPUT)$/),
        ]);
      }
    };
    await Promise.all(TEXTS.map(ask));
  });
});
