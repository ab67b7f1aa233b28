/** Progress of one counted rule; live only, so its numbers ride along with the ids. Values as a player reads them. */
export interface ProgressWakeUp {
  readonly achievement: string;
  readonly previous: number;
  readonly current: number;
  readonly target: number;
  readonly milestone: boolean;
}

/** A level change as it rides in a message. */
export interface LevelChange {
  readonly from: number;
  readonly to: number;
}

/**
 * Every topic of the bus with its payload: ids, and the few numbers that are stored nowhere. The key of a topic says whose it is.
 *
 * - `notification`, key: user id. A notification of that user was committed; `seq` is the newest.
 * - `progress`, key: user id. The user's score, level or streaks changed.
 * - `achievementProgress`, key: user id.
 * - `event`, key: `all`. Events were recorded.
 * - `catalog`, key: `live`. Another version of the catalog is live.
 * - `leaderboard`, key: board, slash, key of a keyed board. A ranking of it moved.
 * - `access`, key: `all`. Sessions of the user ended, it was blocked, or its role changed.
 * - `key`, key: `all`. The server key was revoked or rotated.
 * - `domainEvent`, key: `all`. The feed of domain events goes as far as the position `seq`.
 */
export interface Topics {
  access: { readonly userId: string };
  key: { readonly keyId: string };
  notification: { readonly seq: number };
  progress: { readonly levelUp: LevelChange | null };
  achievementProgress: { readonly changes: readonly ProgressWakeUp[] };
  catalog: { readonly version: number };
  domainEvent: { readonly seq: number };
  leaderboard: Readonly<Record<never, never>>;
  event: { readonly events: readonly { readonly userId: string; readonly id: string; readonly type: string }[] };
}

/** A name of the closed map. */
export type Topic = keyof Topics;
