/** Loaded into a process before its program: at SIGUSR2 it frees what it no longer uses, and says how many KB it uses then. Wants --expose-gc. */
import { setTimeout as wait } from 'node:timers/promises';

/** What a collection finds is freed beside it, and some of it only by the next. */
const COLLECTIONS = 5;
const BETWEEN_MS = 200;

let times = 0;
process.on('SIGUSR2', async () => {
  for (let collection = 0; collection < COLLECTIONS; collection += 1) {
    globalThis.gc?.();
    await wait(BETWEEN_MS);
  }
  times += 1;
  const { heapUsed, external } = process.memoryUsage();
  process.stdout.write(`collected ${times}, ${Math.round((heapUsed + external) / 1_024)} KB used\n`);
});
