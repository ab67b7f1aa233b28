import { type AuditedSpan, auditRanks } from '../features/leaderboards/audit-ranks.ts';
import { readInstallation } from '../platform/installation.ts';
import { createLogger } from '../platform/logger.ts';
import { openRedisAt } from '../platform/redis.ts';
import type { RedisCommands } from '../platform/redis-connection.ts';
import type { RankIndex } from '../ranking/rank-index.ts';
import { createRedisRankIndex } from '../ranking/redis-rank-index.ts';
import type { Workbench } from './workbench.ts';

/** A Redis that does not answer by then is away, milliseconds. */
const REDIS_WITHIN_MS = 5_000;

/**
 * Compares the index of ranks that can be reached from here with the rows: that of the server the command runs in, or the one in
 * Redis. Prints what it found; answers in how many rankings it differs.
 */
export async function auditBoards(bench: Workbench, print: (text: string) => void, json: boolean): Promise<number> {
  const { catalog, ranks } = await bench.live();
  const audit = async (index: RankIndex): Promise<number> => {
    let wrong = 0;
    for await (const span of auditRanks({ database: bench.database, clock: bench.clock, catalog, index })) {
      wrong += span.differences.length;
      print(json ? jsonOf(span) : textOf(span));
    }
    return wrong;
  };
  if (ranks !== null) return audit(ranks);
  const { redis: address, logLevel } = bench.config;
  if (address === null) return 0;
  const redis = openRedisAt(address, { logger: createLogger({ level: logLevel }) });
  try {
    await up(redis.commands);
    const { id: installationId } = await readInstallation(bench.database);
    const logger = createLogger({ level: logLevel });
    return await audit(createRedisRankIndex({ redis: redis.commands, installationId, logger }));
  } finally {
    await redis.close();
  }
}

async function up(connection: RedisCommands): Promise<void> {
  if (connection.up) return;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const late = setTimeout(() => reject(new Error('Redis does not answer.')), REDIS_WITHIN_MS);
  const off = connection.onUp(resolve);
  try {
    await promise;
  } finally {
    off();
    clearTimeout(late);
  }
}

function jsonOf({ span, entries, differences }: AuditedSpan): string {
  return (
    differences.map((difference) => `${JSON.stringify(difference)}\n`).join('') ||
    `${JSON.stringify({ board: span.board.key, period: span.period, entries })}\n`
  );
}

function textOf({ span: { board, period }, entries, differences }: AuditedSpan): string {
  const name = period === '' ? board.key : `${board.key} ${period}`;
  if (entries === null) return `${name}: not in the index.\n`;
  if (differences.length === 0) return `${name}: ${entries} entries stand where the rows say.\n`;
  const lines = differences.map(
    ({ by, position, index, rows }) =>
      `  ${by === '' ? '' : `${by}, `}position ${position}: ${JSON.stringify(index)}, the rows say ${JSON.stringify(rows)}\n`,
  );
  return `${name}\n${lines.join('')}`;
}
