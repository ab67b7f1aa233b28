import { type DecisionInput, type DecisionResult, grant, revoke } from '../../engine/decide.ts';
import { nearest } from '../../engine/format-fault.ts';
import { currentKey, formerKeys } from '../../engine/renames.ts';
import type { Unlock, UserState } from '../../engine/state.ts';
import { encodeId } from '../../graphql/global-id.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Database, Transaction } from '../../platform/database.ts';
import type { Ids } from '../../platform/ids.ts';
import type { Bus } from '../../realtime/bus.ts';
import type { LevelChange } from '../../realtime/topics.ts';
import { type Author, writeAudit } from '../audit/service.ts';
import type { CatalogService, LiveCatalog } from '../catalog/service.ts';
import { ValueOutOfRangeError } from '../ingest/errors.ts';
import type { RankKeeper } from '../leaderboards/keeper.ts';
import { bringUp } from '../rebuild/service.ts';
import { liveTransaction } from '../state/live-transaction.ts';
import { messagesOf } from '../state/messages.ts';
import { resolveNeeds } from '../state/resolve-needs.ts';
import { blankStateOf, lockUsers, writeOutbox, writeState } from '../state/service.ts';
import { touchedRow, wholeTouchedRow } from '../state/touched.ts';
import type { UserRow } from '../state/user-row.ts';
import { UserNotFoundError } from '../users/errors.ts';
import { resolveUserId } from '../users/service.ts';
import { readUserRef, type UserRefInput } from '../users/user-ref.ts';
import {
  AchievementAlreadyHeldError,
  AchievementNotFoundError,
  AchievementNotHeldError,
  AchievementTierNotFoundError,
  BooksOutOfBalanceError,
  TestUserRequiredError,
} from './errors.ts';
import { type HandDecision, readLatest, resetRows } from './store.ts';

export type { HandDecision } from './store.ts';

/** A grant or a revoke as it is asked for. */
export interface DecisionRequest {
  readonly user: UserRefInput;
  readonly achievement: string;
  /** Null: a grant gives the first tier, a revoke takes all. */
  readonly tier: number | null;
  /** Kept in the ledger. */
  readonly reason: string | null;
  /** Who decides, kept in the ledger. */
  readonly author: Author;
  /** Anybody else is refused. */
  readonly onlyTestUsers: boolean;
}

/** A reset as it is asked for. */
export type ResetRequest = Pick<DecisionRequest, 'user' | 'author' | 'onlyTestUsers'>;

/** What a decision did; all of it is committed. */
export interface Decided {
  readonly userId: string;
  readonly achievement: string;
  /** What was given (or taken) and what followed from it, in that order. */
  readonly rows: readonly Unlock[];
  readonly level: LevelChange;
  /** The user's newest stored message after it. */
  readonly lastSeq: number;
}

/** What a reset removed; all of it is committed. */
export interface Reset {
  readonly userId: string;
  readonly events: number;
  readonly lastSeq: number;
}

/** Decisions by hand: grants, revokes, resets. */
export interface DecisionService {
  /**
   * Gives an achievement, with its points and XP and all that follows; lifts the block that a revoke has put. Of many at once
   * exactly one gives. Throws UserNotFoundError, AchievementNotFoundError, AchievementTierNotFoundError,
   * AchievementAlreadyHeldError, ValueOutOfRangeError, TestUserRequiredError.
   */
  grant(request: DecisionRequest): Promise<Decided>;
  /**
   * Takes an achievement away with what depended on it and is now false; the ledger compensates. Throws UserNotFoundError,
   * AchievementNotFoundError, AchievementNotHeldError, BooksOutOfBalanceError, TestUserRequiredError.
   */
  revoke(request: DecisionRequest): Promise<Decided>;
  /**
   * Starts the fold of a user anew. Events (with their idempotency keys), state, unlocks, ledger and stored messages are deleted,
   * totals are zero; the user itself and what was announced in the outbox stay. The place of messages never goes back: the cursor
   * of the newest message holds, an older one is expired. Throws UserNotFoundError, TestUserRequiredError.
   */
  reset(request: ResetRequest): Promise<Reset>;
  /** The latest grant or revoke of an achievement by all its keys, also one that only followed from another; null without any. */
  latest(userId: string, achievements: readonly string[]): Promise<HandDecision | null>;
}

/** What the use cases stand on. */
export interface DecisionParts {
  readonly database: Database;
  readonly catalog: CatalogService;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly ids: Ids;
  /** Told at once whose values changed. */
  readonly ranks: Pick<RankKeeper, 'refresh'>;
  /** Whether users who are not test users may be reset. */
  readonly resetsAnyone: boolean;
}

/** Makes the use cases. */
export function createDecisionService(parts: DecisionParts): DecisionService {
  const { bus, clock } = parts;
  return {
    async grant(request) {
      const decided = await liveTransaction(parts, (transaction, live) =>
        decide(parts, transaction, live, request, true),
      );
      const { userId, level, lastSeq } = decided;
      bus.publish('notification', userId, { seq: lastSeq });
      bus.publish('progress', userId, { levelUp: level.to > level.from ? level : null });
      await parts.ranks.refresh([userId]);
      return decided;
    },
    async revoke(request) {
      const decided = await liveTransaction(parts, (transaction, live) =>
        decide(parts, transaction, live, request, false),
      );
      bus.publish('progress', decided.userId, { levelUp: null });
      await parts.ranks.refresh([decided.userId]);
      return decided;
    },
    async reset(request) {
      const done = await liveTransaction(parts, async (transaction, live) => {
        const { id: userId, test, lastSeq } = await lockUser(transaction, request.user);
        if (!test && (request.onlyTestUsers || !parts.resetsAnyone)) throw new TestUserRequiredError();
        const at = new Date(clock.now());
        const events = await resetRows(transaction, { userId, at, catalogVersion: live.version });
        const outbox = [
          { id: parts.ids.next(), kind: 'USER_RESET', userId, payload: { lastSeq } },
          wholeTouchedRow(parts.ids, userId),
        ];
        await writeOutbox(transaction, outbox, at);
        const decision = { action: 'USER_RESET', subject: encodeId('User', userId), after: { events } } as const;
        await writeAudit(parts, transaction, request.author, decision);
        return { userId, events, lastSeq };
      });
      bus.publish('progress', done.userId, { levelUp: null });
      await parts.ranks.refresh([done.userId]);
      return done;
    },
    latest: (userId, achievements) => readLatest(parts.database, userId, achievements),
  };
}

/** The user under the lock that orders all that happens to it. */
async function lockUser(transaction: Transaction, ref: UserRefInput): Promise<UserRow> {
  const userId = await resolveUserId(transaction, ref);
  const [user] = await lockUsers(transaction, [userId]);
  if (user === undefined) throw new UserNotFoundError(readUserRef(ref));
  return user;
}

/** A user who is still of an older catalog version is brought up first, as an event would do it. */
async function broughtUp(
  parts: DecisionParts,
  transaction: Transaction,
  live: LiveCatalog,
  user: UserRow,
): Promise<UserRow> {
  if (user.catalogVersion >= live.version) return user;
  await bringUp(transaction, parts, live, [user]);
  const [now] = await lockUsers(transaction, [user.id]);
  return now ?? user;
}

/** The engine decides on the locked state; what it answers is written with its messages and announcements. */
async function decide(
  parts: DecisionParts,
  transaction: Transaction,
  live: LiveCatalog,
  request: DecisionRequest,
  gives: boolean,
): Promise<Decided> {
  const locked = await lockUser(transaction, request.user);
  if (request.onlyTestUsers && !locked.test) throw new TestUserRequiredError();
  const user = await broughtUp(parts, transaction, live, locked);
  const at = parts.clock.now();
  const achievement = currentKey(live, request.achievement);
  const done = await runEngine(transaction, live, user, { ...request, achievement }, { gives, at });
  const rows = gives ? done.unlocked : done.revoked;
  const { level } = done;
  const messages = gives
    ? messagesOf({ unlocked: rows, levelUp: level.to > level.from ? level : null, eventId: null }, live.version)
    : [];
  const announced = gives ? messages : revocationsOf(rows, level, request.reason);
  const lastSeq = user.lastSeq + messages.length;
  const userId = user.id;
  const { reason, author } = request;
  const { actor } = author;
  await writeState(transaction, {
    at: new Date(at),
    catalogVersion: live.version,
    events: [],
    users: [{ userId, change: done.change, lastSeq }],
    ledger: done.change.ledger.map((line) => ({ ...line, userId, id: parts.ids.next(), reason, actor })),
    notifications: messages.map((message, index) => ({ ...message, userId, seq: user.lastSeq + index + 1 })),
    outbox: [
      ...announced.map(({ kind, data }) => ({ id: parts.ids.next(), kind, userId, payload: data })),
      touchedRow(parts.ids, [{ userId, change: done.change }], null),
    ],
  });
  await writeAudit(parts, transaction, author, {
    action: gives ? 'ACHIEVEMENT_GRANTED' : 'ACHIEVEMENT_REVOKED',
    subject: encodeId('User', userId),
    after: { achievement, tier: request.tier, reason, unlocks: rows.length },
  });
  return { userId, achievement, rows, level, lastSeq };
}

type Done = Extract<DecisionResult, { kind: 'done' }>;

/** Longer than any key; the database need not be asked for it, nor for one it could not keep. */
const KEY_LENGTH = 200;

async function runEngine(
  transaction: Transaction,
  live: LiveCatalog,
  user: UserRow,
  { achievement, tier }: DecisionRequest,
  { gives, at }: { readonly gives: boolean; readonly at: number },
): Promise<Done> {
  const { catalog } = live;
  const unknown = (): Error => {
    const shown = achievement.slice(0, 100);
    return new AchievementNotFoundError(shown, nearest(shown, catalog.achievements.keys()) ?? null);
  };
  if (achievement.length > KEY_LENGTH || achievement.includes('\u0000')) throw unknown();
  const formerly = formerKeys(live, achievement);
  const input: DecisionInput = { achievement, formerly, timezone: user.timezone, ...(tier !== null && { tier }) };
  const step = (state: UserState): DecisionResult => (gives ? grant : revoke)(catalog, state, input, at);
  const [done] = await resolveNeeds<Exclude<DecisionResult, { kind: 'needs' }>>(transaction, [
    { state: blankStateOf(user), step },
  ]);
  if (done === undefined) throw new Error('the engine did not answer');
  if (done.kind === 'done') return done;
  switch (done.reason) {
    case 'unknownAchievement':
      throw unknown();
    case 'unknownTier':
      throw new AchievementTierNotFoundError(
        achievement,
        tier ?? 0,
        catalog.achievements.get(achievement)?.tiers.length ?? 0,
      );
    case 'alreadyHeld':
      throw new AchievementAlreadyHeldError(user.id, achievement);
    case 'notHeld':
      throw new AchievementNotHeldError(user.id, achievement);
    case 'valueOutOfRange':
      throw new ValueOutOfRangeError(done.metric, 'grant');
    case 'outOfBalance':
      throw new BooksOutOfBalanceError(achievement);
  }
}

/** What other systems hear of a revoke: one announcement a row that was taken. The player gets no message. */
function revocationsOf(rows: readonly Unlock[], level: LevelChange, reason: string | null) {
  return rows.map(({ achievement, tier, period, unlockedAt, revokedAt, points, xp }) => ({
    kind: 'ACHIEVEMENT_REVOKED',
    data: {
      achievement,
      tier,
      period,
      unlockedAt,
      revokedAt,
      points,
      xp,
      reason,
      ...(level.from !== level.to && { level }),
    },
  }));
}
