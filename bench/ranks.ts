import { setTimeout as wait } from 'node:timers/promises';
import { type Bench, sized } from './support/bench.ts';
import { laurel } from './support/laurel.ts';
import type { Outcome } from './support/results.ts';
import { openStage, type Stage } from './support/stage.ts';

const CALLS_A_SECOND = 10;
const EVENTS_A_CALL = 100;
/** The ranks have so long to be those of the rows. */
const SETTLED_MS = 2_000;

/** RANKS: two processes and one Redis under a steady load of events, then ranks against rows. */
export async function ranks(bench: Bench): Promise<Outcome> {
  const users = sized(bench, 100_000, 2_000);
  const seconds = sized(bench, 60, 3);
  await using stage = await openStage(bench, { users, servers: 2, redis: true });
  const sent = await play(bench, stage, { users, seconds });
  await wait(SETTLED_MS, undefined, { signal: bench.signal });
  const environment = { DATABASE_URL: stage.databaseUrl, REDIS_URL: bench.redisUrl };
  const lines = (await laurel(['audit', '--json'], environment, bench.signal))
    .split('\n')
    .filter((line) => line !== '');
  const spans = lines.flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as Audited] : []));
  const compared = spans.filter(({ entries }) => typeof entries === 'number');
  const differences = spans.filter(({ position }) => position !== undefined).length;
  if (compared.length === 0) throw new Error(`no board was compared:\n${lines.join('\n')}`);
  return {
    rows: [
      {
        name: 'events recorded',
        unit: 'events/s',
        values: [sent.events / sent.seconds],
        details: `a call of ${EVENTS_A_CALL}: p99 ${sent.p99Ms.toFixed(0)} ms`,
      },
    ],
    verdicts: [
      {
        name: `rankings that are not those of the rows ${SETTLED_MS / 1_000} s later`,
        unit: '',
        values: [differences],
        reach: { atMost: 0 },
      },
    ],
    notes: [
      `${users.toLocaleString('en')} users, ${CALLS_A_SECOND * EVENTS_A_CALL} events a second for ${seconds} s, in turn to two processes; ` +
        `compared: ${compared.map(({ board, period, entries }) => `${board} ${period ?? ''} (${entries} entries)`).join(', ')}.`,
    ],
  };
}

/** A line of `laurel audit --json` about a board. */
interface Audited {
  readonly board?: string;
  readonly period?: string;
  readonly entries?: number | null;
  /** Of a difference. */
  readonly position?: number;
}

async function play(
  bench: Bench,
  { servers, key }: Stage,
  { users, seconds }: { readonly users: number; readonly seconds: number },
): Promise<{ events: number; seconds: number; p99Ms: number }> {
  const latencies: number[] = [];
  const startedAt = performance.now();
  const calls: Promise<void>[] = [];
  for (let call = 0; call < seconds * CALLS_A_SECOND; call += 1) {
    await wait(Math.max(0, startedAt + (call * 1_000) / CALLS_A_SECOND - performance.now()), undefined, {
      signal: bench.signal,
    });
    calls.push(record(servers[call % servers.length]?.url ?? '', key, users, latencies));
  }
  await Promise.all(calls);
  const elapsed = (performance.now() - startedAt) / 1_000;
  latencies.sort((one, two) => one - two);
  return {
    events: latencies.length * EVENTS_A_CALL,
    seconds: elapsed,
    p99Ms: latencies[Math.floor(latencies.length * 0.99)] ?? Number.NaN,
  };
}

async function record(url: string, key: string, users: number, latencies: number[]): Promise<void> {
  const events = Array.from({ length: EVENTS_A_CALL }, () => ({
    user: { externalId: `player-${Math.floor(Math.random() * users)}` },
    type: 'find_secret',
  }));
  const from = performance.now();
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify({
      query: 'mutation ($events: [RecordEventInput!]!) { recordEvents(input: { events: $events }) { recorded } }',
      variables: { events },
    }),
  });
  const answer = (await response.json()) as { data?: { recordEvents: { recorded: number } } };
  if (answer.data?.recordEvents.recorded !== EVENTS_A_CALL) throw new Error(`not recorded: ${JSON.stringify(answer)}`);
  latencies.push(performance.now() - from);
}
