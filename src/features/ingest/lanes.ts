import { setImmediate as turn } from 'node:timers/promises';

/** Queues that are worked off in batches, one batch of a lane at a time; lanes do not wait for each other. */
export interface Lanes<Job> {
  /** Puts a job behind those that wait in its lane. */
  add(lane: number, job: Job): void;
  /** Jobs that no batch has taken yet, of all lanes. */
  waiting(): number;
  /** About how long what waits now will take, in milliseconds; from the pace of the latest batches. */
  backlogMs(): number;
}

/** How lanes work. */
export interface LaneOptions<Job> {
  readonly count: number;
  /** Most jobs of a batch. */
  readonly size: number;
  /** Works a batch off. Must not reject: it answers each job itself. */
  readonly run: (jobs: readonly Job[]) => Promise<void>;
}

/** The share of the newest batch in the measured pace. */
const NEWEST = 0.2;

/**
 * Makes lanes. A free lane takes all that waits (up to `size`) once what arrived together has been read; a busy one when its batch is
 * done. Nothing waits for company: the longer a batch takes, the larger the next.
 */
export function createLanes<Job>({ count, size, run }: LaneOptions<Job>): Lanes<Job> {
  const lanes = Array.from({ length: count }, () => ({ waiting: [] as Job[], busy: false }));
  let waiting = 0;
  let msPerJob = 0;

  const work = async (lane: (typeof lanes)[number]): Promise<void> => {
    while (lane.waiting.length > 0) {
      await turn();
      const jobs = lane.waiting.splice(0, size);
      waiting -= jobs.length;
      const from = performance.now();
      await run(jobs);
      msPerJob += NEWEST * ((performance.now() - from) / jobs.length - msPerJob);
    }
    lane.busy = false;
  };

  return {
    add(place, job) {
      const lane = lanes[place % count];
      if (lane === undefined) throw new Error('lanes are counted from 0');
      lane.waiting.push(job);
      waiting += 1;
      if (lane.busy) return;
      lane.busy = true;
      void work(lane);
    },
    waiting: () => waiting,
    backlogMs: () => Math.ceil((waiting * msPerJob) / count),
  };
}
