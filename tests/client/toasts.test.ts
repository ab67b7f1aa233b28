import { describe, expect, it } from 'vitest';
import type { FeedItem } from '../../src/client/feed.ts';
import { createToaster, type ToastGroup, type ToastOptions } from '../../src/client/listeners.ts';
import type { Rarity } from '../../src/client/operations.ts';
import { createFakeSchedule } from '../realtime/fake-schedule.ts';
import { settle } from '../support/eventually.ts';

function unlock(key: string, rarity: string): FeedItem {
  const achievement = { id: key, key, name: key, description: null, rarity: rarity as Rarity, points: 5, icon: null };
  return {
    kind: 'message',
    cursor: key,
    replayed: false,
    notification: {
      id: `notification_${key}`,
      cursor: key,
      kind: 'ACHIEVEMENT_UNLOCKED',
      title: key,
      body: `You unlocked: ${key}`,
      icon: null,
      createdAt: '2026-11-20T08:15:30.000Z',
      seenAt: null,
      data: {},
      levelUp: null,
      userAchievement: { id: key, tier: 0, unlockedAt: null, achievement },
    },
  };
}

/** A toaster on a clock that stands still: its groups as keys, and which unlocks count as shown. */
function openToaster(options: ToastOptions = {}, fail = false) {
  const time = createFakeSchedule();
  const groups: { readonly keys: string[]; readonly more: number }[] = [];
  const shown: string[] = [];
  const errors: string[] = [];
  const show = (group: ToastGroup): void => {
    groups.push({ keys: group.shown.map(({ achievement }) => achievement.key), more: group.more });
    if (fail) throw new Error('no room');
  };
  const toaster = createToaster({ schedule: time.schedule, tell: ({ code }) => errors.push(code) }, show, options);
  const take = (key: string, rarity: string): void => {
    void toaster.take(unlock(key, rarity))?.then(() => shown.push(key));
  };
  return { time, groups, shown, errors, toaster, take };
}

describe('toasts', () => {
  it('that come within the window are one group, the rarest first, of the same rarity the earliest first', async () => {
    const { time, groups, take, shown } = openToaster();
    take('c1', 'COMMON');
    take('e1', 'EPIC');
    await time.advance(1_000);
    take('l1', 'LEGENDARY');
    take('e2', 'EPIC');
    take('new', 'MYTHICAL');
    await time.advance(499);
    expect([groups, shown]).toEqual([[], []]);
    await time.advance(1);
    await settle();
    expect(groups).toEqual([{ keys: ['l1', 'e1', 'e2'], more: 2 }]);
    expect(shown).toEqual(['c1', 'e1', 'l1', 'e2', 'new']);
    expect(time.timers).toBe(0);
  });

  it('are three and seventeen more when twenty come at once', async () => {
    const { time, groups, take } = openToaster();
    for (let nth = 0; nth < 20; nth += 1) take(`a${nth}`, nth === 13 ? 'RARE' : 'UNCOMMON');
    await time.advance(1_500);
    expect(groups).toEqual([{ keys: ['a13', 'a0', 'a1'], more: 17 }]);
  });

  it('that come after the window are the next group, of the size and length the game wants', async () => {
    const { time, groups, take } = openToaster({ windowMs: 200, most: 1 });
    take('one', 'COMMON');
    await time.advance(200);
    take('two', 'COMMON');
    take('three', 'RARE');
    await time.advance(200);
    expect(groups).toEqual([
      { keys: ['one'], more: 0 },
      { keys: ['three'], more: 1 },
    ]);
  });

  it('are of unlocks only', async () => {
    const { time, toaster } = openToaster();
    const levelUp = unlock('level', 'COMMON') as FeedItem & { kind: 'message' };
    toaster.take({ kind: 'reset' });
    toaster.take({ ...levelUp, notification: { ...levelUp.notification, kind: 'LEVEL_UP', userAchievement: null } });
    expect(time.timers).toBe(0);
  });

  it('count as not shown when they are dropped, so that they come again', async () => {
    const { time, groups, take, shown, toaster } = openToaster();
    take('one', 'COMMON');
    toaster.drop();
    await time.advance(5_000);
    await settle();
    expect([groups, shown, time.timers]).toEqual([[], [], 0]);
  });

  it('tell a handler that fails, once, and go on', async () => {
    const { time, errors, take, shown } = openToaster({}, true);
    take('one', 'COMMON');
    await time.advance(1_500);
    await settle();
    expect([errors, shown]).toEqual([['HANDLER'], ['one']]);
  });
});
