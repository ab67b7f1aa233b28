import type { BoardReward } from '../../engine/catalog.ts';
import type { Gift, RewardResult } from '../../engine/reward.ts';
import type { Ids } from '../../platform/ids.ts';
import type { LevelChange } from '../../realtime/topics.ts';
import { messagesOf } from '../state/messages.ts';
import type { Writes } from '../state/service.ts';
import type { UserRow } from '../state/user-row.ts';
import type { StoredPeriod } from './period-store.ts';
import type { RewardedPlace } from './reward-store.ts';

/** What one place brings its user. */
export interface GivenPlace extends Gift {
  readonly place: RewardedPlace;
  readonly data: BoardReward['data'];
}

/** A locked user with what is to be given. */
export interface Owed {
  readonly user: UserRow;
  readonly gifts: readonly GivenPlace[];
}

/** What the engine answered. */
export type Done = Extract<RewardResult, { kind: 'done' }>;

/** What one user got. */
export interface Settled {
  readonly userId: string;
  readonly gifts: readonly GivenPlace[];
  readonly done: Done;
  readonly messages: readonly { readonly kind: string; readonly data: object }[];
  /** The place of the user's newest message before, and after. */
  readonly seqBefore: number;
  readonly lastSeq: number;
  readonly levelUp: LevelChange | null;
}

/** What the definition of the period gives for a place. */
export function giftOf({ definition, period }: StoredPeriod, place: RewardedPlace): GivenPlace {
  const { points, xp, data } = definition.rewards[place.reward] ?? { points: 0, xp: 0, data: null };
  return { place, period, points, xp, data };
}

/** The messages of what one user got: the rewards, then what followed from them. */
export function settledOf(
  period: StoredPeriod,
  { user, gifts, done }: Owed & { readonly done: Done },
  version: number,
): Settled {
  const { level, unlocked } = done;
  const levelUp = level.to > level.from ? level : null;
  const messages = [
    ...gifts.map((gift) => ({ kind: 'LEADERBOARD_REWARD', data: messageOf(period, gift) })),
    ...messagesOf({ unlocked, levelUp, eventId: null }, version),
  ];
  const lastSeq = user.lastSeq + messages.length;
  return { userId: user.id, gifts, done, messages, seqBefore: user.lastSeq, lastSeq, levelUp };
}

/** The rows to write: state, lines of the ledger, messages, and the same for other systems. */
export function rewardWrites(
  settled: readonly Settled[],
  { period, version, at, ids }: { period: StoredPeriod; version: number; at: Date; ids: Ids },
): Writes {
  return {
    at,
    catalogVersion: version,
    events: [],
    users: settled.map(({ userId, done: { change }, lastSeq }) => ({ userId, change, lastSeq })),
    ledger: settled.flatMap(({ userId, gifts, done }) => {
      const reasons = gifts.map(({ place }) => reasonOf(period, place)).values();
      return done.change.ledger.map((line) => {
        const reason = line.source === 'reward' ? (reasons.next().value ?? null) : null;
        return { ...line, userId, id: ids.next(), reason, actor: null };
      });
    }),
    notifications: settled.flatMap(({ userId, seqBefore, messages }) =>
      messages.map((message, index) => ({ ...message, userId, seq: seqBefore + index + 1 })),
    ),
    outbox: [
      ...settled.flatMap(({ userId, messages }) =>
        messages.map(({ kind, data }) => ({ id: ids.next(), kind, userId, payload: data })),
      ),
      { id: ids.next(), kind: 'TOUCHED', userId: null, payload: { users: settled.map(({ userId }) => userId) } },
    ],
  };
}

/** What a player reads of a reward, and other systems hear. */
function messageOf({ board, period }: StoredPeriod, { place, points, xp, data }: GivenPlace): object {
  return { board, by: place.by === '' ? null : place.by, period, rank: place.rank, points, xp, data };
}

/** How the ledger tells a reward: `score_weekly 2026-W47, rank 1`; of a keyed board `fastest_lap/north 2026-W47, rank 1`. */
function reasonOf({ board, period }: StoredPeriod, { by, rank }: RewardedPlace): string {
  return `${by === '' ? board : `${board}/${by}`} ${period}, rank ${rank}`;
}
