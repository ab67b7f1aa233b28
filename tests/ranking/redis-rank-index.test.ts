import { describe } from 'vitest';
import { hasRedis } from '../support/redis.ts';
import { openRankGround } from './rank-ground.ts';
import { rankIndexContract } from './rank-index.contract.ts';

describe.runIf(await hasRedis())('over Redis', () => {
  rankIndexContract('redis', async () => {
    const ground = openRankGround();
    const { index } = await ground.start();
    return { index, close: () => ground.close() };
  });
});
