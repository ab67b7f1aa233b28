import { expect } from 'vitest';
import type { Database } from '../../src/platform/database.ts';
import { sql } from '../../src/platform/sql.ts';

/** What the default catalog makes of events, written down a second time: points, and achievements by the count that unlocks them. */
const WORTH = {
  login: { points: 5, unlocks: { newcomer: 1, regular: 5, veteran: 10 } },
  complete_level: { points: 20, unlocks: { beginner: 1, achiever: 5, master: 10, champion: 25 } },
  find_secret: { points: 50, unlocks: { explorer: 3, treasure_hunter: 10, secret_master: 25 } },
} as const;
const BONUS: Readonly<Record<string, number>> = {
  newcomer: 5,
  regular: 25,
  veteran: 50,
  beginner: 10,
  achiever: 75,
  master: 200,
  champion: 500,
  explorer: 30,
  treasure_hunter: 100,
  secret_master: 250,
};

/** Event types of the default catalog. */
export const TYPES = ['login', 'complete_level', 'find_secret'] as const;

/** An event that is sent, perhaps several times. */
export interface SentEvent {
  /** The external id of its user. */
  readonly player: string;
  /** Its idempotency key, of this event only. */
  readonly key: string;
  readonly type: (typeof TYPES)[number];
  readonly details: object | null;
}

/** What callers sent and what was acknowledged, to be compared with what a database holds. For the default catalog. */
export class EventBooks {
  readonly #sent = new Map<string, SentEvent>();
  readonly #acknowledged = new Map<string, string>();

  /** Notes an event that is about to be sent. */
  add(event: SentEvent): SentEvent {
    this.#sent.set(event.key, event);
    return event;
  }

  /** Notes that it was acknowledged with this global id. Fails when it was acknowledged with another before. */
  acknowledge({ key }: SentEvent, id: string): void {
    expect(this.#acknowledged.get(key) ?? id, `two ids for ${key}`).toBe(id);
    this.#acknowledged.set(key, id);
  }

  /** The global id under which the event with this key was acknowledged. */
  idOf(key: string): string | undefined {
    return this.#acknowledged.get(key);
  }

  /** How many events were acknowledged. */
  get acknowledged(): number {
    return this.#acknowledged.size;
  }

  /** Events nobody has heard of, in the order they were sent. */
  open(): SentEvent[] {
    return [...this.#sent.values()].filter(({ key }) => !this.#acknowledged.has(key));
  }

  /** Fails unless the database holds, of the players seen here, exactly the events sent, under the ids acknowledged, and each of their effects once. */
  async compare(db: Database): Promise<void> {
    await this.compareEvents(db);
    const byPlayer = Map.groupBy(this.#sent.values(), ({ player }) => player);
    const players = [...byPlayer.keys()].toSorted();
    expect(await readEffects(db, players)).toEqual(
      players.map((player) => effectsOf(player, byPlayer.get(player) ?? [])),
    );
  }

  /** As compare, without the effects: where something else changed them too. */
  async compareEvents(db: Database): Promise<void> {
    const sent = [...this.#sent.values()];
    const events = await readEvents(db, [...new Set(sent.map(({ player }) => player))]);
    expect(events.map(({ id: _, ...event }) => event)).toEqual(sent.toSorted(byKey));
    const ids = events.flatMap(({ key, id }) => (this.#acknowledged.has(key) ? [[key, id]] : []));
    expect(ids).toEqual([...this.#acknowledged].toSorted(([a], [b]) => (a < b ? -1 : 1)));
  }
}

function byKey(a: SentEvent, b: SentEvent): number {
  return a.key < b.key ? -1 : 1;
}

/** What a player's events come to, however often and in whatever order they were sent. */
function effectsOf(player: string, events: readonly SentEvent[]): object {
  const unlocked = TYPES.flatMap((type) => {
    const count = events.filter((event) => event.type === type).length;
    return Object.entries(WORTH[type].unlocks).flatMap(([key, least]) => (count >= least ? [key] : []));
  }).toSorted();
  return {
    player,
    score: events.reduce((sum, { type }) => sum + WORTH[type].points, 0),
    achievementPoints: unlocked.reduce((sum, key) => sum + (BONUS[key] ?? 0), 0),
    unlocks: unlocked,
    ledger: unlocked,
    notifications: unlocked,
    outbox: unlocked,
  };
}

async function readEvents(db: Database, players: readonly string[]): Promise<(SentEvent & { id: string })[]> {
  const rows = await db.query<SentEvent & { id: string }>(sql`
    select u.external_id as player, e.idempotency_key as key, e.type, e.details, 'event_' || e.user_id || '.' || e.id as id
    from event_log e join users u on u.id = e.user_id
    where u.external_id = any(${players}::text[])`);
  return rows.toSorted(byKey);
}

/** Totals and, with every repetition, the achievements that the four places name which must agree. */
async function readEffects(db: Database, players: readonly string[]): Promise<object[]> {
  return db.query(sql`
    select u.external_id as player, u.score, u.achievement_points as "achievementPoints",
      coalesce((select array_agg(achievement order by achievement collate "C") from user_achievements
        where user_id = u.id), '{}') as unlocks,
      coalesce((select array_agg(achievement order by achievement collate "C") from ledger where user_id = u.id), '{}') as ledger,
      coalesce((select array_agg(data->>'achievement' order by data->>'achievement' collate "C") from notifications
        where user_id = u.id and kind = 'ACHIEVEMENT_UNLOCKED'), '{}') as notifications,
      coalesce((select array_agg(payload->>'achievement' order by payload->>'achievement' collate "C") from outbox
        where user_id = u.id and kind = 'ACHIEVEMENT_UNLOCKED'), '{}') as outbox
    from users u where u.external_id = any(${players}::text[]) order by u.external_id collate "C"`);
}
