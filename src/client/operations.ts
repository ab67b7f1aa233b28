/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
/** What a message tells. More kinds may come. */
export type NotificationKind =
  /** An achievement, or a tier or a period of one, was unlocked. */
  | 'ACHIEVEMENT_UNLOCKED'
  /** A reward for a place on a leaderboard; `data` has board, by, period, rank, points, xp and the data of the reward. */
  | 'LEADERBOARD_REWARD'
  /** A level was passed, or several at once. */
  | 'LEVEL_UP'
  /** Somebody passed the user on a leaderboard; at most one an hour and board. `data` has board, by, period, rank and passedBy. */
  | 'OVERTAKEN';

/** How final the standings of a period are. */
export type PeriodStatus =
  /** It is over; late events may still move its standings. */
  | 'CLOSING'
  /** Its standings stay as they are, and rewards are paid. */
  | 'FINAL'
  /** It goes on. */
  | 'OPEN';

/** How rare, from common to legendary. */
export type Rarity =
  /** Nearly everybody gets it. */
  | 'COMMON'
  /** For the few. */
  | 'EPIC'
  /** For the very few. */
  | 'LEGENDARY'
  /** Takes a lot of play. */
  | 'RARE'
  /** Takes some play. */
  | 'UNCOMMON';

/** Something that happened. */
export type RecordEventInput = {
  /** As the event type declares, at most 1,024 bytes of JSON. */
  details?: unknown;
  /** 1 to 200 characters, unique per user: the same event twice changes nothing. */
  idempotencyKey?: string | null | undefined;
  /** When; the time of receipt by default. */
  occurredAt?: string | null | undefined;
  /** The sender's clock when the request leaves; occurredAt is shifted by its error. */
  sentAt?: string | null | undefined;
  /** Key of the event type. */
  type: string;
  /** To whom; an unknown externalId may create the user. */
  user: UserRef;
};

/** Who comes first. */
export type SortOrder =
  /** The lowest value, as of a lap time. */
  | 'ASC'
  /** The highest value. */
  | 'DESC';

/** Names a user by exactly one of its fields; null and "" count as unset. */
export type UserRef = {
  /** The game's own id. */
  externalId?: string | null | undefined;
  /** The global id or the bare UUID. */
  id?: string | number | null | undefined;
  /** The username, whatever the case. */
  username?: string | null | undefined;
};

export type LaurelNotificationFragment = { id: string, cursor: string, kind: NotificationKind, title: string, body: string, icon: string | null, createdAt: string, seenAt: string | null, data: unknown, levelUp: { from: number, to: number, title: string | null, data: unknown } | null, userAchievement: { id: string, tier: number, unlockedAt: string | null, achievement: { id: string, key: string, name: string, description: string | null, rarity: Rarity, points: number, icon: string | null } } | null };

export type LaurelEntryFragment = { id: string, rank: number, previousRank: number | null, score: number, scoreText: string, achievedAt: string, user: { id: string, displayName: string, avatar: string | null } };

export type LaurelPositionQueryVariables = Exact<{
  user: UserRef;
  first: number;
}>;


export type LaurelPositionQuery = { user: { id: string, cursor: string | null, notifications: { pageInfo: { hasNextPage: boolean }, nodes: Array<{ id: string, cursor: string, kind: NotificationKind, title: string, body: string, icon: string | null, createdAt: string, seenAt: string | null, data: unknown, levelUp: { from: number, to: number, title: string | null, data: unknown } | null, userAchievement: { id: string, tier: number, unlockedAt: string | null, achievement: { id: string, key: string, name: string, description: string | null, rarity: Rarity, points: number, icon: string | null } } | null }> } | null } | null };

export type LaurelRecordEventsMutationVariables = Exact<{
  events: Array<RecordEventInput> | RecordEventInput;
}>;


export type LaurelRecordEventsMutation = { recordEvents: { results: Array<
      | { __typename: 'EventLimitError', code: string, message: string, retryAfterMs: number }
      | { __typename: 'EventNotAllowedError', code: string, message: string }
      | { __typename: 'EventTimeError', code: string, message: string }
      | { __typename: 'IdempotencyConflictError', code: string, message: string }
      | { __typename: 'InvalidEventDetailsError', code: string, message: string, issues: Array<{ path: string, message: string }> }
      | { __typename: 'RecordEventSuccess', replayed: boolean, pointsAwarded: number, xpAwarded: number, cursor: string, event: { id: string }, levelUp: { from: number, to: number, title: string | null, data: unknown } | null, unlocked: Array<{ id: string, tier: number, achievement: { key: string, name: string, rarity: Rarity, icon: string | null } }>, user: { id: string, score: number, totalPoints: number, level: number } }
      | { __typename: 'TemporarilyUnavailableError', code: string, message: string }
      | { __typename: 'UnknownEventTypeError', code: string, message: string, suggestion: string | null }
      | { __typename: 'UserBlockedError', code: string, message: string }
      | { __typename: 'UserNotFoundError', code: string, message: string }
      | { __typename: 'ValueOutOfRangeError', code: string, message: string }
    > } };

export type LaurelNotificationsSubscriptionVariables = Exact<{
  user: UserRef;
  after: string;
}>;


export type LaurelNotificationsSubscription = { notificationReceived: { cursor: string, replayed: boolean, notification: { id: string, cursor: string, kind: NotificationKind, title: string, body: string, icon: string | null, createdAt: string, seenAt: string | null, data: unknown, levelUp: { from: number, to: number, title: string | null, data: unknown } | null, userAchievement: { id: string, tier: number, unlockedAt: string | null, achievement: { id: string, key: string, name: string, description: string | null, rarity: Rarity, points: number, icon: string | null } } | null } } };

export type LaurelLeaderboardSubscriptionVariables = Exact<{
  key: string;
  by?: string | null | undefined;
  first: number;
  around?: UserRef | null | undefined;
  users?: Array<UserRef> | UserRef | null | undefined;
}>;


export type LaurelLeaderboardSubscription = { leaderboardUpdated: { at: string, leaderboard: { id: string, key: string, by: string | null, name: string, order: SortOrder, entryCount: number, period: { key: string, startsAt: string | null, endsAt: string | null, status: PeriodStatus } }, entries: Array<{ id: string, rank: number, previousRank: number | null, score: number, scoreText: string, achievedAt: string, user: { id: string, displayName: string, avatar: string | null } }>, around: Array<{ id: string, rank: number, previousRank: number | null, score: number, scoreText: string, achievedAt: string, user: { id: string, displayName: string, avatar: string | null } }> | null, users: Array<{ id: string, rank: number, previousRank: number | null, score: number, scoreText: string, achievedAt: string, user: { id: string, displayName: string, avatar: string | null } }> | null } };

export class TypedDocumentString<TResult, TVariables>
  extends String
  implements DocumentTypeDecoration<TResult, TVariables>
{
  __apiType?: NonNullable<DocumentTypeDecoration<TResult, TVariables>['__apiType']>;
  private value: string;
  public __meta__?: Record<string, any> | undefined;

  constructor(value: string, __meta__?: Record<string, any> | undefined) {
    super(value);
    this.value = value;
    this.__meta__ = __meta__;
  }

  override toString(): string & DocumentTypeDecoration<TResult, TVariables> {
    return this.value;
  }
}
export const LaurelNotificationFragmentDoc = new TypedDocumentString(`
    fragment LaurelNotification on Notification {
  id
  cursor
  kind
  title
  body
  icon
  createdAt
  seenAt
  data
  levelUp {
    from
    to
    title
    data
  }
  userAchievement {
    id
    tier
    unlockedAt
    achievement {
      id
      key
      name
      description
      rarity
      points
      icon
    }
  }
}
    `, {"fragmentName":"LaurelNotification"}) as unknown as TypedDocumentString<LaurelNotificationFragment, unknown>;
export const LaurelEntryFragmentDoc = new TypedDocumentString(`
    fragment LaurelEntry on LeaderboardEntry {
  id
  rank
  previousRank
  score
  scoreText
  achievedAt
  user {
    id
    displayName
    avatar
  }
}
    `, {"fragmentName":"LaurelEntry"}) as unknown as TypedDocumentString<LaurelEntryFragment, unknown>;
export const LaurelPositionDocument = new TypedDocumentString(`
    query LaurelPosition($user: UserRef!, $first: Int!) {
  user(by: $user) {
    id
    cursor
    notifications(first: $first) {
      pageInfo {
        hasNextPage
      }
      nodes {
        ...LaurelNotification
      }
    }
  }
}
    fragment LaurelNotification on Notification {
  id
  cursor
  kind
  title
  body
  icon
  createdAt
  seenAt
  data
  levelUp {
    from
    to
    title
    data
  }
  userAchievement {
    id
    tier
    unlockedAt
    achievement {
      id
      key
      name
      description
      rarity
      points
      icon
    }
  }
}`) as unknown as TypedDocumentString<LaurelPositionQuery, LaurelPositionQueryVariables>;
export const LaurelRecordEventsDocument = new TypedDocumentString(`
    mutation LaurelRecordEvents($events: [RecordEventInput!]!) {
  recordEvents(input: {events: $events}) {
    results {
      __typename
      ... on RecordEventSuccess {
        replayed
        pointsAwarded
        xpAwarded
        cursor
        event {
          id
        }
        levelUp {
          from
          to
          title
          data
        }
        unlocked {
          id
          tier
          achievement {
            key
            name
            rarity
            icon
          }
        }
        user {
          id
          score
          totalPoints
          level
        }
      }
      ... on Error {
        code
        message
      }
      ... on EventLimitError {
        retryAfterMs
      }
      ... on InvalidEventDetailsError {
        issues {
          path
          message
        }
      }
      ... on UnknownEventTypeError {
        suggestion
      }
    }
  }
}
    `) as unknown as TypedDocumentString<LaurelRecordEventsMutation, LaurelRecordEventsMutationVariables>;
export const LaurelNotificationsDocument = new TypedDocumentString(`
    subscription LaurelNotifications($user: UserRef!, $after: String!) {
  notificationReceived(user: $user, after: $after) {
    cursor
    replayed
    notification {
      ...LaurelNotification
    }
  }
}
    fragment LaurelNotification on Notification {
  id
  cursor
  kind
  title
  body
  icon
  createdAt
  seenAt
  data
  levelUp {
    from
    to
    title
    data
  }
  userAchievement {
    id
    tier
    unlockedAt
    achievement {
      id
      key
      name
      description
      rarity
      points
      icon
    }
  }
}`) as unknown as TypedDocumentString<LaurelNotificationsSubscription, LaurelNotificationsSubscriptionVariables>;
export const LaurelLeaderboardDocument = new TypedDocumentString(`
    subscription LaurelLeaderboard($key: String!, $by: String, $first: Int!, $around: UserRef, $users: [UserRef!]) {
  leaderboardUpdated(
    key: $key
    by: $by
    first: $first
    around: $around
    users: $users
  ) {
    at
    leaderboard {
      id
      key
      by
      name
      order
      entryCount
      period {
        key
        startsAt
        endsAt
        status
      }
    }
    entries {
      ...LaurelEntry
    }
    around {
      ...LaurelEntry
    }
    users {
      ...LaurelEntry
    }
  }
}
    fragment LaurelEntry on LeaderboardEntry {
  id
  rank
  previousRank
  score
  scoreText
  achievedAt
  user {
    id
    displayName
    avatar
  }
}`) as unknown as TypedDocumentString<LaurelLeaderboardSubscription, LaurelLeaderboardSubscriptionVariables>;