import { expect } from 'vitest';
import { runProgram } from '../../../src/commands/program.ts';
import { readConfig } from '../../../src/config.ts';
import { systemClock } from '../../../src/platform/clock.ts';
import { sql } from '../../../src/platform/sql.ts';
import type { TestLaurel } from '../../support/laurel.ts';

export const DAY_MS = 86_400_000;

/** So many days ago, as an event says it. */
export function daysAgo(days: number): string {
  return new Date(Date.now() - days * DAY_MS).toISOString();
}

/** What a command said. */
export interface Said {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command as if inside the server. */
export async function command({ app, database }: TestLaurel, ...argv: string[]): Promise<Said> {
  let stdout = '';
  let stderr = '';
  const status = await runProgram(argv, {
    withWorkbench: (work) =>
      work({
        config: readConfig({}),
        database,
        clock: systemClock,
        auth: app.auth,
        live: async () => app.live,
        serving: true,
      }),
    serve: null,
    cwd: process.cwd(),
    output: {
      stdout: (text) => {
        stdout += text;
      },
      stderr: (text) => {
        stderr += text;
      },
    },
    version: '1',
    remote: { url: undefined, key: undefined },
    signal: new AbortController().signal,
  });
  return { status, stdout, stderr };
}

/** Where the events of a user stand. */
export interface Places {
  readonly kept: number;
  readonly archived: number;
}

/** How many of a user's events stand in `events` and in the archive. */
export async function placesOf({ database }: TestLaurel, externalId: string): Promise<Places | undefined> {
  const [row] = await database.query<Places>(sql`
    select (select count(*) from events where user_id = u.id)::int as kept,
      coalesce((select sum(count) from event_archives where user_id = u.id), 0)::int as archived
    from users u where external_id = ${externalId}`);
  return row;
}

/** An event of a past of any length. */
export interface PastEvent {
  readonly type: string;
  readonly occurredAt: string;
  readonly details?: object;
  readonly idempotencyKey?: string;
}

/** Records events of any age, as an import does, in order; answers what became of them. Fails when one is refused. */
export async function recordPast(
  laurel: TestLaurel,
  externalId: string,
  events: readonly PastEvent[],
): Promise<readonly object[]> {
  const all: object[] = [];
  const requests = events.map(({ type, occurredAt, details, idempotencyKey }) => ({
    user: { by: 'externalId', value: externalId } as const,
    type,
    details: (details ?? null) as null,
    occurredAt: new Date(occurredAt),
    sentAt: null,
    idempotencyKey: idempotencyKey ?? null,
  }));
  for (let from = 0; from < requests.length; from += 1_000) {
    const outcomes = await laurel.app.live.ingest.record({ kind: 'admin' }, requests.slice(from, from + 1_000), {
      isHistory: true,
    });
    const refused = outcomes.filter((outcome) => outcome instanceof Error);
    if (refused.length > 0) throw refused[0];
    all.push(...outcomes);
  }
  return all;
}

/** All that is shown of an event. */
export const EVENT = 'id type { key } details points xp occurredAt recordedAt idempotencyKey';

const STANDING = `query ($user: UserRef!) { user(by: $user) {
  score totalPoints levelProgress { xp } metrics { key by period value } streaks { key current longest lastActiveOn }
  achievements(first: 50) { nodes { achievement { key } progress unlocked unlocks(first: 3) { tier unlockedAt pointsAwarded evidence { id } } } }
  notifications { nodes { body } } } }`;
const HISTORY = `query ($user: UserRef!) { user(by: $user) {
  stats { lastActivityAt byEventType { eventType { key } count points firstAt lastAt } daily(last: 366) { date events points }
    recentEvents { ${EVENT} } } }
  explain(user: $user, achievement: "sprinter") { state rule { holds current target }
    lastMatching { event { ${EVENT} } } lastNearly { event { ${EVENT} } refusedBy } } }`;

/** What a user and those who look at the user see. For the racing catalog. */
export async function pictureOf(laurel: TestLaurel, externalId: string) {
  const variables = { user: { externalId } };
  const [standing, history] = [await laurel.query(STANDING, variables), await laurel.query(HISTORY, variables)];
  expect([...standing.errors, ...history.errors]).toEqual([]);
  return { ...standing.data.user, ...history.data.user, explain: history.data.explain };
}
