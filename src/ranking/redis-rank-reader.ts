import type { RedisCommands, RedisLog } from '../platform/redis-connection.ts';
import { type RedisScript, runScript } from '../platform/redis-script.ts';
import type { RankIndex, Ranking, Span } from './rank-index.ts';
import { entriesOf, type PageAnswer, type PlacesAnswer, placesOf } from './redis-rank-answers.ts';
import { keysOf } from './redis-rank-keys.ts';
import { momentOf, scoreOf } from './redis-rank-members.ts';
import { beforeScript, countScript, pageScript, placesScript } from './redis-rank-read-scripts.ts';

/** What reading needs. */
export interface RedisRankReaderOptions {
  readonly redis: RedisCommands;
  readonly installationId: string;
  readonly logger: RedisLog;
  /** Which run of the server keeps a key. */
  readonly serverRun: (key: string) => Promise<string>;
}

/** How many users one script looks up: well under a millisecond of Redis. */
const STEP = 100;

/** The reading half of the index in Redis. Null where Redis is away or refuses, which is logged once until it answers again. */
export function createRedisRankReader(
  options: RedisRankReaderOptions,
): Pick<RankIndex, 'count' | 'page' | 'places' | 'before' | 'keys' | 'isLoaded'> {
  const { redis, installationId } = options;
  const read = createRead(options);
  const ask = (script: RedisScript, ranking: Ranking, args: readonly (string | number)[]) => {
    const keys = keysOf(installationId, ranking);
    const names = [keys.state, keys.sorted(ranking.by), keys.users(ranking.by)];
    return read(keys.state, (run) => runScript(redis.client, script, names, [run, ranking.by, ...args]));
  };
  const stateOf = (span: Span) => keysOf(installationId, span).state;
  const count = async (ranking: Ranking) => (await ask(countScript, ranking, [])) as number | null;

  return {
    count,
    page: async (ranking, from, limit) => {
      const first = Math.max(0, from);
      if (limit < 1) return (await count(ranking)) === null ? null : [];
      const answer = await ask(pageScript, ranking, [first, first + limit - 1, ranking.board.ties]);
      return answer === null ? null : entriesOf(ranking.board, first, answer as PageAnswer);
    },
    places: async (ranking, userIds) => {
      const look = async (some: readonly string[]) => {
        const answer = await ask(placesScript, ranking, [ranking.board.ties, ...some]);
        return answer === null ? null : placesOf(ranking.board, some.length, answer as PlacesAnswer);
      };
      const steps = Array.from({ length: Math.max(1, Math.ceil(userIds.length / STEP)) }, (_, step) =>
        look(userIds.slice(step * STEP, (step + 1) * STEP)),
      );
      const found = await Promise.all(steps);
      return found.every((places) => places !== null) ? found.flat() : null;
    },
    before: async (ranking, { userId, value, achievedAt }) => {
      const member = momentOf(ranking.board, achievedAt) + userId;
      return (await ask(beforeScript, ranking, [scoreOf(ranking.board, value), member])) as number | null;
    },
    keys: async (span) => {
      const key = stateOf(span);
      const fields = await read(key, async (run) => {
        const state = await redis.client.hgetall(key);
        return state['is'] === `loaded ${run}` ? state : null;
      });
      if (fields === null) return null;
      const filled = Object.keys(fields).filter((field) => /^n:/.test(field) && !fields[field]?.startsWith('0/'));
      return filled.map((field) => field.slice(2)).sort();
    },
    isLoaded: async (span) => {
      const key = stateOf(span);
      return (await read(key, async (run) => (await redis.client.hget(key, 'is')) === `loaded ${run}`)) ?? false;
    },
  };
}

type Read = <Answer>(key: string, ask: (run: string) => Promise<Answer | null>) => Promise<Answer | null>;

function createRead({ redis, logger, serverRun }: RedisRankReaderOptions): Read {
  /** Reading failed last, and that was logged. */
  let isFailing = false;
  return async (key, ask) => {
    if (!redis.up) return null;
    try {
      const answer = await ask(await serverRun(key));
      isFailing = false;
      return answer;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (!isFailing) logger.warn({ reason }, 'ranks are not read');
      isFailing = true;
      return null;
    }
  };
}
