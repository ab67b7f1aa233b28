import type { RedisCommands } from '../platform/redis-connection.ts';
import { type RedisScript, runScript } from '../platform/redis-script.ts';
import type { LoadedEntry, RankIndex, Span } from './rank-index.ts';
import { type ChangeStep, stepsOfChanges, stepsOfRows } from './redis-rank-changes.ts';
import { keysOf } from './redis-rank-keys.ts';
import { beginScript, dropScript, finishScript, writeScript } from './redis-rank-write-scripts.ts';

/** What writing needs. */
export interface RedisRankWriterOptions {
  readonly redis: RedisCommands;
  readonly installationId: string;
  /** Which run of the server keeps a key. */
  readonly serverRun: (key: string) => Promise<string>;
  readonly leaseMs: number;
  readonly periodTtlMs: number;
  readonly newToken: () => string;
}

/** Scripts under way at a time: what keeps Redis busy, and keeps reads on the same connection from waiting behind a whole load. */
const WAVE = 4;

/** The writing half of the index in Redis. Rejects where Redis is away or refuses. */
export function createRedisRankWriter(options: RedisRankWriterOptions): Pick<RankIndex, 'apply' | 'load' | 'drop'> {
  const { redis, installationId, leaseMs, newToken } = options;
  const usableRun = (span: Span) => {
    if (!redis.up) throw new Error('redis is away');
    return options.serverRun(keysOf(installationId, span).state);
  };
  const ttlOf = ({ period }: Span) => (period === '' ? 0 : options.periodTtlMs);
  const onState = (script: RedisScript, span: Span, args: readonly (string | number)[]) =>
    runScript(redis.client, script, [keysOf(installationId, span).state], args);
  /** Whether all steps were taken in. */
  const write = async (steps: readonly ChangeStep[], token: string): Promise<boolean> => {
    const takeIn = async ({ span, bys, args }: ChangeStep) => {
      const run = await usableRun(span);
      const keys = keysOf(installationId, span);
      const names = [keys.state, ...bys.flatMap((by) => [keys.sorted(by), keys.users(by)])];
      const given = [run, token, leaseMs, ttlOf(span), ...bys, ...args];
      return (await runScript(redis.client, writeScript, names, given)) === 1;
    };
    let areTakenIn = true;
    for (let at = 0; at < steps.length; at += WAVE) {
      const taken = await Promise.all(steps.slice(at, at + WAVE).map(takeIn));
      areTakenIn &&= taken.every(Boolean);
    }
    return areTakenIn;
  };
  const fill = async (span: Span, pages: AsyncIterable<readonly LoadedEntry[]>, token: string): Promise<boolean> => {
    const begun = await onState(beginScript, span, [await usableRun(span), token, leaseMs, ttlOf(span)]);
    if (begun !== 'begun') return begun === 'loaded';
    // A page is on its way while the next one is read.
    let last = Promise.resolve(true);
    for await (const page of pages) {
      if (!(await last)) return false;
      last = write(stepsOfRows(span, page), token);
      last.catch(() => {});
    }
    return (await last) && (await onState(finishScript, span, [await usableRun(span), token])) === 1;
  };

  return {
    apply: async (changes) => {
      if (changes.length > 0) await write(stepsOfChanges(changes), '');
    },
    load: async (span, pages) => {
      const token = newToken();
      try {
        return await fill(span, pages, token);
      } catch (error) {
        // Whoever comes next need not wait for the lease to run out; where Redis is away they do.
        if (redis.up) await onState(dropScript, span, [token]).catch(() => {});
        throw error;
      }
    },
    drop: async (span) => {
      await usableRun(span);
      await onState(dropScript, span, ['']);
    },
  };
}
