import type { Bus } from '../../realtime/bus.ts';
import { type Schedule, systemSchedule } from '../../realtime/schedule.ts';
import { boardTopicKey } from './announcer.ts';

/** One look at a ranking, shared by all who follow it: what one has read the others need not. */
export class Frame {
  readonly #reads = new Map<string, Promise<unknown>>();

  /** The answer of `read`, asked once a frame and key. */
  read<T>(key: string, read: () => Promise<T>): Promise<T> {
    const known = this.#reads.get(key) as Promise<T> | undefined;
    if (known !== undefined) return known;
    const asked = read();
    this.#reads.set(key, asked);
    return asked;
  }
}

/** Has followers of rankings look: at once, and when something moved, at most 4 times a second a ranking. */
export interface BoardHub {
  /**
   * Frames of a ranking, the first at once. A follower that is slow misses frames, never the last one. `isOver` says at a later
   * moment whether there is reason to look although nothing moved: the period is over.
   */
  follow(board: string, by: string, isOver: () => boolean): Promise<AsyncIterableIterator<Frame, undefined>>;
  /** Followers at this moment; for the leak check of the tests. */
  size(): number;
  /** Ends all. */
  close(): void;
}

/** The least between two frames of a ranking. */
const GAP_MS = 250;
/** How often to see whether a period is over, or moves are not heard any more. */
const ROUND_MS = 1_000;

/** Makes the hub of a process: one subscription of the bus a ranking, whatever the number of followers. */
export function createBoardHub(bus: Bus, schedule: Schedule = systemSchedule): BoardHub {
  const rankings = new Map<string, FollowedRanking>();
  return {
    async follow(board, by, isOver) {
      const key = boardTopicKey(board, by);
      const ranking = rankings.get(key) ?? new FollowedRanking(bus, key, schedule, () => rankings.delete(key));
      rankings.set(key, ranking);
      const follower = ranking.add(isOver);
      await ranking.heard;
      return follower;
    },
    size: () => [...rankings.values()].reduce((sum, ranking) => sum + ranking.size, 0),
    close() {
      for (const ranking of [...rankings.values()]) ranking.close();
    },
  };
}

class FollowedRanking {
  readonly heard: Promise<void>;
  readonly #bus: Bus;
  readonly #schedule: Schedule;
  readonly #empty: () => void;
  readonly #followers = new Set<Follower>();
  readonly #offRecovered: () => void;
  #off: (() => void) | null = null;
  #isClosed = false;
  /** Set for GAP_MS after a frame. */
  #cancelGap: (() => void) | null = null;
  #moved = false;
  #wasHealthy: boolean;
  #cancelRound: (() => void) | null = null;

  constructor(bus: Bus, key: string, schedule: Schedule, empty: () => void) {
    this.#bus = bus;
    this.#schedule = schedule;
    this.#empty = empty;
    this.#wasHealthy = bus.healthy;
    this.#offRecovered = bus.onRecovered(() => this.#move());
    this.heard = bus
      .subscribe('leaderboard', key, () => this.#move())
      .then((off) => {
        if (this.#isClosed) off();
        else this.#off = off;
      });
    this.#round();
  }

  get size(): number {
    return this.#followers.size;
  }

  add(isOver: () => boolean): Follower {
    const follower = new Follower(isOver, () => {
      this.#followers.delete(follower);
      if (this.#followers.size === 0) this.close();
    });
    this.#followers.add(follower);
    follower.show(new Frame());
    return follower;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#empty();
    this.#off?.();
    this.#offRecovered();
    this.#cancelGap?.();
    this.#cancelRound?.();
    for (const follower of [...this.#followers]) void follower.return();
  }

  #move(): void {
    this.#moved = true;
    if (this.#cancelGap === null) this.#show();
  }

  #show(): void {
    if (this.#isClosed) return;
    this.#moved = false;
    const frame = new Frame();
    for (const follower of this.#followers) follower.show(frame);
    this.#cancelGap = this.#schedule(() => {
      this.#cancelGap = null;
      if (this.#moved) this.#show();
    }, GAP_MS);
  }

  #round(): void {
    this.#cancelRound = this.#schedule(() => {
      const { healthy } = this.#bus;
      // Whoever looks now has this process follow the rows by itself from here on.
      if ((this.#wasHealthy && !healthy) || [...this.#followers].some(({ isOver }) => isOver())) this.#move();
      this.#wasHealthy = healthy;
      this.#round();
    }, ROUND_MS);
  }
}

const DONE = { done: true, value: undefined } as const;

/** The frames of one follower: only the newest waits. */
class Follower implements AsyncIterableIterator<Frame, undefined> {
  readonly isOver: () => boolean;
  readonly #release: () => void;
  #frame: Frame | null = null;
  #pending: ((result: IteratorResult<Frame, undefined>) => void) | null = null;
  #isDone = false;

  constructor(isOver: () => boolean, release: () => void) {
    this.isOver = isOver;
    this.#release = release;
  }

  show(frame: Frame): void {
    const pending = this.#pending;
    this.#pending = null;
    if (pending === null) this.#frame = frame;
    else pending({ done: false, value: frame });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Frame, undefined>> {
    const frame = this.#frame;
    this.#frame = null;
    if (this.#isDone) return Promise.resolve(DONE);
    if (frame !== null) return Promise.resolve({ done: false, value: frame });
    return new Promise((resolve) => {
      this.#pending = resolve;
    });
  }

  return(): Promise<IteratorResult<Frame, undefined>> {
    if (!this.#isDone) {
      this.#isDone = true;
      this.#release();
      this.#pending?.(DONE);
      this.#pending = null;
    }
    return Promise.resolve(DONE);
  }
}
