import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { memoryStorage } from '../../src/client/options.ts';
import { sql } from '../../src/platform/sql.ts';
import { STEPS, stepKey, writeStepsCatalog } from '../http/steps-catalog.ts';
import { eventually } from '../support/eventually.ts';
import { unique } from '../support/laurel.ts';
import { type Ground, happen, named, newPlayer, openGround, startRun } from './ground.ts';

const steps = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => stepKey(from + index));

describe('a game that follows its player', () => {
  let catalog: Awaited<ReturnType<typeof writeStepsCatalog>>;
  let ground: Ground;
  beforeAll(async () => {
    catalog = await writeStepsCatalog();
    ground = await openGround({ LAUREL_CATALOG: catalog.path });
  });
  afterEach(() => ground.laurel.check());
  afterAll(async () => {
    await ground.close();
    await catalog.remove();
  });

  const isHeard = () => eventually('it is subscribed', () => ground.laurel.app.held().streams === 1);

  it('is told everything once and in order, over cuts and restarts', async () => {
    const user = await newPlayer(ground);
    const storage = memoryStorage();
    const told: string[] = [];
    let expected = 0;
    for (let restart = 0; restart < 4; restart += 1) {
      const run = startRun({ url: ground.url, user, storage });
      run.client.follow((item) => void told.push(named(item)));
      if (restart === 0) await isHeard();
      for (let cut = 0; cut < 3; cut += 1) {
        await happen(ground, user, 'step', 2);
        if (cut % 2 === 0) ground.line.cut();
        expected += 2;
        // Half of the time the run ends before everything was told.
        if (restart % 2 === 0) await eventually('all are told', () => told.length >= expected);
      }
      await run.client.close();
      expect(run.timers()).toBe(0);
      expect(run.errors.filter(({ stops }) => stops)).toEqual([]);
    }
    const last = startRun({ url: ground.url, user, storage });
    last.client.follow((item) => void told.push(named(item)));
    await eventually('all are told', () => told.length >= STEPS);
    await last.client.close();
    expect(told).toEqual(steps(1, STEPS));
  });

  it('asks for nothing twice when it comes back', async () => {
    const user = await newPlayer(ground);
    const asked: string[] = [];
    class Overheard extends WebSocket {
      override send(text: string): void {
        const { payload } = JSON.parse(text);
        if (payload?.variables !== undefined) asked.push(payload.variables.after);
        super.send(text);
      }
    }
    const run = startRun({ url: ground.url, user, webSocketImpl: Overheard });
    const cursors: string[] = [];
    run.client.follow((item) => {
      if (item.kind === 'message') cursors.push(item.cursor);
    });
    await isHeard();
    await happen(ground, user, 'step', 2);
    await eventually('both are told', () => cursors.length === 2);
    ground.line.cut();
    await eventually('it came back', () => asked.length === 2);
    expect(asked[1]).toBe(cursors[1]);
    await run.client.close();
  });

  it('is told again what its handler had not done when the game ended, and nothing that it had', async () => {
    const user = await newPlayer(ground);
    const storage = memoryStorage();
    const first = startRun({ url: ground.url, user, storage });
    const told: string[] = [];
    let release: () => void = () => undefined;
    first.client.follow(async (item) => {
      told.push(named(item));
      if (told.length === 2) await new Promise<void>((resolve) => (release = resolve));
    });
    await isHeard();
    await happen(ground, user, 'step', 3);
    await eventually('the second is being handled', () => told.length === 2);
    // As a crash would leave the storage: a second run on a copy of it.
    const left = memoryStorage();
    const key = `laurel:${ground.url}:externalId:${user.externalId}:cursor`;
    left.set(key, String(await storage.get(key)));
    const second = startRun({ url: ground.url, user, storage: left });
    const again: string[] = [];
    second.client.follow((item) => void again.push(named(item)));
    await eventually('the rest is told', () => again.length === 2);
    expect(again).toEqual(steps(2, 3));
    release();
    await Promise.all([first.client.close(), second.client.close()]);
    expect(told).toEqual(steps(1, 3));
  });

  it('is told to refetch when its place is of another server', async () => {
    const [user, other] = [await newPlayer(ground), await newPlayer(ground)];
    const storage = memoryStorage();
    const { data } = await ground.laurel.query('query ($by: UserRef!) { user(by: $by) { cursor } }', { by: other });
    storage.set(`laurel:${ground.url}:externalId:${user.externalId}:cursor`, data.user.cursor);
    const run = startRun({ url: ground.url, user, storage });
    const told: string[] = [];
    run.client.follow((item) => void told.push(named(item)));
    await eventually('it is told', () => told.length === 1);
    await isHeard();
    await happen(ground, user, 'step');
    await eventually('what is new is told', () => told.length === 2);
    expect(told).toEqual(['reset', stepKey(1)]);
    await run.client.close();
  });

  it('is told everything of a player whom the first event creates', async () => {
    const user = { externalId: unique() };
    const run = startRun({ url: ground.url, user });
    const told: string[] = [];
    run.client.follow((item) => void told.push(named(item)));
    await eventually('the player was looked for', () => run.timers() > 0);
    const { done } = await run.client.record('step');
    await done;
    await (await run.client.record('step')).done;
    await eventually('both are told', () => told.length === 2);
    expect(told).toEqual(steps(1, 2));
    await run.client.close();
    expect(run.timers()).toBe(0);
  });

  it('goes on after a handler that fails, and tells it', async () => {
    const user = await newPlayer(ground);
    const run = startRun({ url: ground.url, user });
    const told: string[] = [];
    run.client.follow((item) => {
      told.push(named(item));
      throw new Error('a fault of the game');
    });
    await isHeard();
    await happen(ground, user, 'step', 2);
    await eventually('both are told', () => told.length === 2 && run.errors.length === 2);
    expect(run.errors.map(({ code, message }) => [code, message])).toEqual([
      ['HANDLER', 'a fault of the game'],
      ['HANDLER', 'a fault of the game'],
    ]);
    await run.client.close();
  });

  it('shares one stream among handlers, and lets go of it with the last', async () => {
    const user = await newPlayer(ground);
    const run = startRun({ url: ground.url, user });
    const told: string[][] = [[], [], []];
    const stops = told.slice(0, 2).map((items) => run.client.follow((item) => void items.push(named(item))));
    await isHeard();
    await happen(ground, user, 'step');
    await eventually('both are told', () => told[0]?.length === 1 && told[1]?.length === 1);
    for (const stop of stops) stop();
    await eventually('nothing is held', () => ground.laurel.app.held().streams === 0);
    await happen(ground, user, 'step');
    run.client.follow((item) => void told[2]?.push(named(item)));
    await eventually('it goes on where the others left', () => told[2]?.length === 1);
    expect(told).toEqual([steps(1, 1), steps(1, 1), steps(2, 2)]);
    await run.client.close();
  });
});

it('tells a game to refetch when retention deleted its place, and goes on', async () => {
  const catalog = await writeStepsCatalog();
  const ground = await openGround({ LAUREL_CATALOG: catalog.path });
  const isHeard = () => eventually('it is subscribed', () => ground.laurel.app.held().streams === 1);
  const user = await newPlayer(ground);
  const storage = memoryStorage();
  const told: string[] = [];
  const first = startRun({ url: ground.url, user, storage });
  first.client.follow((item) => void told.push(named(item)));
  await isHeard();
  await happen(ground, user, 'step');
  await eventually('it is told', () => told.length === 1);
  await first.client.close();
  await happen(ground, user, 'step', 3);
  await ground.laurel.database.query(sql`delete from notifications n using users u
    where u.id = n.user_id and u.external_id = ${user.externalId} and n.seq <= 3`);
  const second = startRun({ url: ground.url, user, storage });
  second.client.follow((item) => void told.push(named(item)));
  await isHeard();
  await happen(ground, user, 'step');
  await eventually('what is new is told', () => told.length === 3);
  expect(told).toEqual([stepKey(1), 'reset', stepKey(5)]);
  expect(second.errors).toEqual([]);
  await second.client.close();
  await eventually('nothing is held', () => Object.values(ground.laurel.app.held()).every((count) => count === 0));
  await ground.close();
  await catalog.remove();
});
