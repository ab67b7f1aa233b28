/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { TypedDocumentNode as DocumentNode } from '@graphql-typed-document-node/core';
export type Maybe<T> = T | null;
export type InputMaybe<T> = Maybe<T>;
/** All built-in and custom scalars, mapped to their actual values */
export type Scalars = {
  ID: { input: string; output: string; }
  String: { input: string; output: string; }
  Boolean: { input: boolean; output: boolean; }
  Int: { input: number; output: number; }
  Float: { input: number; output: number; }
  /** A calendar date: `2026-11-20`. */
  Date: { input: string; output: string; }
  /** An instant, RFC 3339. Answers are in UTC with milliseconds: `2026-11-20T08:15:30.000Z`. */
  DateTime: { input: string; output: string; }
  /** Any JSON value. */
  JSON: { input: unknown; output: unknown; }
  /** An integer n with |n| <= 2^53-1, which every JSON reader keeps exact. */
  SafeInt: { input: number; output: number; }
};

/** A definition: something that can be unlocked. */
export type Achievement = Node & {
  __typename?: 'Achievement';
  /** Its group. */
  category: Maybe<Category>;
  /** Handed to the game untouched; null while hidden. */
  data: Maybe<Scalars['JSON']['output']>;
  /** How to earn it; null while hidden. */
  description: Maybe<Scalars['String']['output']>;
  /** URL or key of its picture. */
  icon: Maybe<Scalars['String']['output']>;
  /** URL or key of its picture while locked. */
  iconLocked: Maybe<Scalars['String']['output']>;
  /** `achievement_` and its key. */
  id: Scalars['ID']['output'];
  /** Its name in the catalog. */
  key: Scalars['String']['output'];
  /** Its name; a placeholder while hidden. */
  name: Scalars['String']['output'];
  /** Its place among the achievements. */
  order: Scalars['Int']['output'];
  /** What it adds to achievementPoints, all tiers together. */
  points: Scalars['SafeInt']['output'];
  /** How rare it is meant to be. */
  rarity: Rarity;
  /** How many tiers it has; 0 for one without. */
  tierCount: Scalars['Int']['output'];
  /** How many users hold it; at most 60 s old. */
  unlockedCount: Scalars['Int']['output'];
  /** Their share of all users, 0 to 100; at most 60 s old. */
  unlockedPercent: Scalars['Float']['output'];
  /** The catalog version it is shown by. */
  version: Scalars['Int']['output'];
  /** What one sees of it before it is unlocked. */
  visibility: Visibility;
  /** What it adds to XP, all tiers together. */
  xp: Scalars['SafeInt']['output'];
};


/** A definition: something that can be unlocked. */
export type AchievementDescriptionArgs = {
  locale?: InputMaybe<Scalars['String']['input']>;
};


/** A definition: something that can be unlocked. */
export type AchievementNameArgs = {
  locale?: InputMaybe<Scalars['String']['input']>;
};

export type AchievementConnection = {
  __typename?: 'AchievementConnection';
  edges: Array<AchievementEdge>;
  nodes: Array<Achievement>;
  pageInfo: PageInfo;
  /** How many there are on all pages. */
  totalCount: Scalars['Int']['output'];
};

export type AchievementEdge = {
  __typename?: 'AchievementEdge';
  cursor: Scalars['String']['output'];
  node: Achievement;
};

/** Narrows a list; what is absent does not count. */
export type AchievementFilter = {
  /** Only the category with this key. */
  category?: InputMaybe<Scalars['String']['input']>;
  /** Only this rarity. */
  rarity?: InputMaybe<Rarity>;
  /** Only names that hold this text, whatever the case. */
  search?: InputMaybe<Scalars['String']['input']>;
};

/** A counted rule moved on. */
export type AchievementProgress = {
  __typename?: 'AchievementProgress';
  /** The value now. */
  current: Scalars['Float']['output'];
  /** A mark of `progress.notifyAt` was passed. */
  milestone: Scalars['Boolean']['output'];
  /** The value before. */
  previous: Scalars['Float']['output'];
  /** The value wanted. */
  target: Scalars['Float']['output'];
  /** Which. */
  userAchievement: UserAchievement;
};

/** One unlock: the only one, a tier, or a period of a repeating achievement. */
export type AchievementUnlock = {
  __typename?: 'AchievementUnlock';
  /** The event that decided; null for a grant. */
  evidence: Maybe<Event>;
  /** The period of a repeating achievement. */
  period: Maybe<Scalars['String']['output']>;
  /** Achievement points it gave. */
  pointsAwarded: Scalars['SafeInt']['output'];
  /** The tier; 0 without tiers. */
  tier: Scalars['Int']['output'];
  /** When the event that completed the rule occurred. */
  unlockedAt: Scalars['DateTime']['output'];
  /** The catalog version whose rule decided. */
  version: Scalars['Int']['output'];
  /** XP it gave. */
  xpAwarded: Scalars['SafeInt']['output'];
};

/** A toast: an achievement was unlocked. */
export type AchievementUnlocked = {
  __typename?: 'AchievementUnlocked';
  /** The definition. */
  achievement: Achievement;
  /** Its place: after a lost connection subscribe with `after: cursor`. */
  cursor: Scalars['String']['output'];
  /** The level that its event raised. */
  levelUp: Maybe<LevelUp>;
  /** A sentence. */
  message: Scalars['String']['output'];
  /** It was stored before the subscription began. */
  replayed: Scalars['Boolean']['output'];
  /** A line: its name. */
  title: Scalars['String']['output'];
  /** The unlock itself. */
  unlock: AchievementUnlock;
  /** Who unlocked it. */
  user: User;
  /** The user's way to it. */
  userAchievement: UserAchievement;
};

/** The live catalog: what the designer declared, at a version. */
export type Catalog = {
  __typename?: 'Catalog';
  /** When it became live. */
  appliedAt: Scalars['DateTime']['output'];
  /** Who made it live. */
  appliedBy: Scalars['String']['output'];
  /** SHA-256 of the source, hexadecimal. */
  checksum: Scalars['String']['output'];
  /** How much it declares. */
  counts: CatalogCounts;
  /** Where this installation says it runs. */
  environment: Scalars['String']['output'];
  /** What they wrote with it. */
  note: Maybe<Scalars['String']['output']>;
  /** Counts up with every apply. */
  version: Scalars['Int']['output'];
};

/** How much a catalog declares. */
export type CatalogCounts = {
  __typename?: 'CatalogCounts';
  /** Achievements, secret ones too. */
  achievements: Scalars['Int']['output'];
  /** Event types. */
  eventTypes: Scalars['Int']['output'];
  /** Leaderboards. */
  leaderboards: Scalars['Int']['output'];
  /** Metrics. */
  metrics: Scalars['Int']['output'];
};

/** A group of achievements. */
export type Category = {
  __typename?: 'Category';
  /** As in the filter. */
  key: Scalars['ID']['output'];
  /** Its name. */
  name: Scalars['String']['output'];
  /** Its place among the categories. */
  order: Scalars['Int']['output'];
};


/** A group of achievements. */
export type CategoryNameArgs = {
  locale?: InputMaybe<Scalars['String']['input']>;
};

/** A new user; everything is optional. */
export type CreateUserInput = {
  /** An object of at most 4,096 bytes. */
  attributes?: InputMaybe<Scalars['JSON']['input']>;
  /** URL or key of a picture, at most 500 characters. */
  avatar?: InputMaybe<Scalars['String']['input']>;
  /** At most 100 characters; the username by default. */
  displayName?: InputMaybe<Scalars['String']['input']>;
  /** At most 100 characters, unique whatever the case. */
  email?: InputMaybe<Scalars['String']['input']>;
  /** The game's own id, at most 200 characters, unique. */
  externalId?: InputMaybe<Scalars['String']['input']>;
  /** Language tag, such as ru or en-GB. */
  locale?: InputMaybe<Scalars['String']['input']>;
  /** A test user: sees drafts, stands on no board. */
  test?: InputMaybe<Scalars['Boolean']['input']>;
  /** IANA zone, such as Europe/Moscow. */
  timezone?: InputMaybe<Scalars['String']['input']>;
  /** At most 50 characters, unique whatever the case; player_ and 8 characters by default. */
  username?: InputMaybe<Scalars['String']['input']>;
};

/** The user, or why not. */
export type CreateUserResult = CreateUserSuccess | EmailTakenError | ExternalIdTakenError | InvalidUserError | UsernameTakenError;

/** The user is there. */
export type CreateUserSuccess = {
  __typename?: 'CreateUserSuccess';
  /** The new user. */
  user: User;
};

/** A day on which something happened, in the user's zone. */
export type DailyStats = {
  __typename?: 'DailyStats';
  /** The local date. */
  date: Scalars['Date']['output'];
  /** How many events. */
  events: Scalars['Int']['output'];
  /** Their points. */
  points: Scalars['SafeInt']['output'];
};

/** One thing that is wrong with an input. */
export type DetailsIssue = {
  __typename?: 'DetailsIssue';
  /** What. */
  message: Scalars['String']['output'];
  /** Where; empty for the whole. */
  path: Scalars['String']['output'];
};

/** Another user has this e-mail address. */
export type EmailTakenError = Error & {
  __typename?: 'EmailTakenError';
  /** The type name in capitals: USER_NOT_FOUND. */
  code: Scalars['String']['output'];
  /** For people, in the caller's language. */
  message: Scalars['String']['output'];
};

/** A refusal that a client can act on. */
export type Error = {
  /** The type name in capitals: USER_NOT_FOUND. */
  code: Scalars['String']['output'];
  /** For people, in the caller's language. */
  message: Scalars['String']['output'];
};

/** Something that happened, priced once. */
export type Event = Node & {
  __typename?: 'Event';
  /** As they were sent. */
  details: Maybe<Scalars['JSON']['output']>;
  /** `event_`, the UUID of its user, a dot and its own UUIDv7. */
  id: Scalars['ID']['output'];
  /** The key it was sent with. */
  idempotencyKey: Maybe<Scalars['String']['output']>;
  /** When it happened. */
  occurredAt: Scalars['DateTime']['output'];
  /** What it counted for the score. */
  points: Scalars['SafeInt']['output'];
  /** When it was received. */
  recordedAt: Scalars['DateTime']['output'];
  /** Its kind. */
  type: EventType;
  /** What it unlocked. */
  unlocked: Array<UserAchievement>;
  /** To whom it happened. */
  user: User;
  /** What it counted for the level. */
  xp: Scalars['SafeInt']['output'];
};

export type EventConnection = {
  __typename?: 'EventConnection';
  edges: Array<EventEdge>;
  nodes: Array<Event>;
  pageInfo: PageInfo;
};

export type EventEdge = {
  __typename?: 'EventEdge';
  cursor: Scalars['String']['output'];
  node: Event;
};

/** More events of this type than the catalog takes in one window. */
export type EventLimitError = Error & {
  __typename?: 'EventLimitError';
  /** The type name in capitals: USER_NOT_FOUND. */
  code: Scalars['String']['output'];
  /** For people, in the caller's language. */
  message: Scalars['String']['output'];
  /** Milliseconds until the next window. */
  retryAfterMs: Scalars['Int']['output'];
};

/** This caller may not report this event type, or not for this user. */
export type EventNotAllowedError = Error & {
  __typename?: 'EventNotAllowedError';
  /** The type name in capitals: USER_NOT_FOUND. */
  code: Scalars['String']['output'];
  /** For people, in the caller's language. */
  message: Scalars['String']['output'];
};

/** Who may report an event. */
export type EventSource =
  /** Players themselves, and game servers. */
  | 'PLAYER'
  /** Game servers, with a key. */
  | 'SERVER';

/** occurredAt lies further ahead, or further back, than is taken. */
export type EventTimeError = Error & {
  __typename?: 'EventTimeError';
  /** The type name in capitals: USER_NOT_FOUND. */
  code: Scalars['String']['output'];
  /** The earliest that is taken now. */
  earliest: Scalars['DateTime']['output'];
  /** The latest that is taken now. */
  latest: Scalars['DateTime']['output'];
  /** For people, in the caller's language. */
  message: Scalars['String']['output'];
};

/** A declared kind of event. */
export type EventType = {
  __typename?: 'EventType';
  /** What it means; null where the catalog does not say. */
  description: Maybe<Scalars['String']['output']>;
  /** JSON Schema of the details. */
  detailsSchema: Scalars['JSON']['output'];
  /** Who may report it. */
  from: EventSource;
  /** As in recordEvent. */
  key: Scalars['ID']['output'];
  /** Its name. */
  name: Scalars['String']['output'];
  /** What it is worth: a number, or an expression over the details. */
  points: Scalars['String']['output'];
};


/** A declared kind of event. */
export type EventTypeDescriptionArgs = {
  locale?: InputMaybe<Scalars['String']['input']>;
};


/** A declared kind of event. */
export type EventTypeNameArgs = {
  locale?: InputMaybe<Scalars['String']['input']>;
};

/** A user's events of one type. */
export type EventTypeStats = {
  __typename?: 'EventTypeStats';
  /** How many. */
  count: Scalars['Int']['output'];
  /** The type. */
  eventType: EventType;
  /** occurredAt of the first. */
  firstAt: Scalars['DateTime']['output'];
  /** occurredAt of the last. */
  lastAt: Scalars['DateTime']['output'];
  /** Their points. */
  points: Scalars['SafeInt']['output'];
};

/** Another user has this externalId. */
export type ExternalIdTakenError = Error & {
  __typename?: 'ExternalIdTakenError';
  /** The type name in capitals: USER_NOT_FOUND. */
  code: Scalars['String']['output'];
  /** For people, in the caller's language. */
  message: Scalars['String']['output'];
};

/** The idempotency key was used for another payload. */
export type IdempotencyConflictError = Error & {
  __typename?: 'IdempotencyConflictError';
  /** The type name in capitals: USER_NOT_FOUND. */
  code: Scalars['String']['output'];
  /** The event recorded with the key. */
  event: Event;
  /** For people, in the caller's language. */
  message: Scalars['String']['output'];
};

/** The details do not fit what the event type declares. */
export type InvalidEventDetailsError = Error & {
  __typename?: 'InvalidEventDetailsError';
  /** The type name in capitals: USER_NOT_FOUND. */
  code: Scalars['String']['output'];
  /** Every fault. */
  issues: Array<DetailsIssue>;
  /** For people, in the caller's language. */
  message: Scalars['String']['output'];
};

/** Fields do not hold what they may. */
export type InvalidUserError = Error & {
  __typename?: 'InvalidUserError';
  /** The type name in capitals: USER_NOT_FOUND. */
  code: Scalars['String']['output'];
  /** Every fault. */
  issues: Array<DetailsIssue>;
  /** For people, in the caller's language. */
  message: Scalars['String']['output'];
};

/** Where a user stands on the way through the levels. */
export type LevelProgress = {
  __typename?: 'LevelProgress';
  /** Everybody starts at 1. */
  level: Scalars['Int']['output'];
  /** Share of the level, 0 to 1; 1 at the last. */
  progress: Scalars['Float']['output'];
  /** The title of the highest titled level reached. */
  title: Maybe<Scalars['String']['output']>;
  /** All experience. */
  xp: Scalars['SafeInt']['output'];
  /** Since the level began. */
  xpIntoLevel: Scalars['SafeInt']['output'];
  /** Still missing; null at the last level. */
  xpToNextLevel: Maybe<Scalars['SafeInt']['output']>;
};

/** A level was passed, or several at once. */
export type LevelUp = {
  __typename?: 'LevelUp';
  /** What the catalog gives with the level, untouched. */
  data: Maybe<Scalars['JSON']['output']>;
  /** The level before. */
  from: Scalars['Int']['output'];
  /** The title of the level now. */
  title: Maybe<Scalars['String']['output']>;
  /** The level now. */
  to: Scalars['Int']['output'];
};

/** Which messages: all up to a cursor, or some by id. */
export type MarkNotificationsSeenInput = {
  /** These messages. */
  ids?: InputMaybe<Array<Scalars['ID']['input']>>;
  /** This message and all before it. */
  upTo?: InputMaybe<Scalars['String']['input']>;
  /** Whose; the viewer by default. */
  user?: InputMaybe<UserRef>;
};

/** How many were marked, or why not. */
export type MarkNotificationsSeenResult = MarkNotificationsSeenSuccess | UserNotFoundError;

/** They are marked. */
export type MarkNotificationsSeenSuccess = {
  __typename?: 'MarkNotificationsSeenSuccess';
  /** How many were not marked before. */
  marked: Scalars['Int']['output'];
  /** How many are left. */
  unseenCount: Scalars['Int']['output'];
  /** Whose they are. */
  user: Maybe<User>;
};

/** Writes. Each takes one input; a refusal is a member of the result union. */
export type Mutation = {
  __typename?: 'Mutation';
  /** Creates a user. */
  createUser: CreateUserResult;
  /** Marks messages seen; doing it twice changes nothing. */
  markNotificationsSeen: MarkNotificationsSeenResult;
  /** Records an event with all its effects; answers after the commit. */
  recordEvent: RecordEventResult;
  /** Records up to 1,000 events; a bad one never fails its neighbours. */
  recordEvents: RecordEventsPayload;
  /** Creates or changes a user; doing it twice changes nothing. */
  upsertUser: UpsertUserResult;
  /** Creates or changes up to 1,000 users, each by itself. */
  upsertUsers: UpsertUsersPayload;
};


/** Writes. Each takes one input; a refusal is a member of the result union. */
export type MutationCreateUserArgs = {
  input: CreateUserInput;
};


/** Writes. Each takes one input; a refusal is a member of the result union. */
export type MutationMarkNotificationsSeenArgs = {
  input: MarkNotificationsSeenInput;
};


/** Writes. Each takes one input; a refusal is a member of the result union. */
export type MutationRecordEventArgs = {
  input: RecordEventInput;
};


/** Writes. Each takes one input; a refusal is a member of the result union. */
export type MutationRecordEventsArgs = {
  input: RecordEventsInput;
};


/** Writes. Each takes one input; a refusal is a member of the result union. */
export type MutationUpsertUserArgs = {
  input: UpsertUserInput;
};


/** Writes. Each takes one input; a refusal is a member of the result union. */
export type MutationUpsertUsersArgs = {
  input: UpsertUsersInput;
};

/** Anything with a global id. */
export type Node = {
  id: Scalars['ID']['output'];
};

/** A stored message to a user. */
export type Notification = Node & {
  __typename?: 'Notification';
  /** A sentence. */
  body: Scalars['String']['output'];
  /** When it was stored. */
  createdAt: Scalars['DateTime']['output'];
  /** Its place in the user's order: subscribe with `after: cursor`. */
  cursor: Scalars['String']['output'];
  /** The keys and numbers it tells of. */
  data: Maybe<Scalars['JSON']['output']>;
  /** URL or key of a picture. */
  icon: Maybe<Scalars['String']['output']>;
  /** `notification_`, the user's UUID, a dot and its place. */
  id: Scalars['ID']['output'];
  /** What it tells. */
  kind: NotificationKind;
  /** The level change it tells of, or that came with the unlock. */
  levelUp: Maybe<LevelUp>;
  /** When it was marked seen. */
  seenAt: Maybe<Scalars['DateTime']['output']>;
  /** A line. */
  title: Scalars['String']['output'];
  /** The achievement it tells of. */
  userAchievement: Maybe<UserAchievement>;
};

export type NotificationConnection = {
  __typename?: 'NotificationConnection';
  edges: Array<NotificationEdge>;
  nodes: Array<Notification>;
  pageInfo: PageInfo;
  /** How many messages are not marked seen, on all pages. */
  unseenCount: Scalars['Int']['output'];
};

export type NotificationEdge = {
  __typename?: 'NotificationEdge';
  cursor: Scalars['String']['output'];
  node: Notification;
};

/** What a message tells. More kinds may come. */
export type NotificationKind =
  /** An achievement, or a tier or a period of one, was unlocked. */
  | 'ACHIEVEMENT_UNLOCKED'
  /** A level was passed, or several at once. */
  | 'LEVEL_UP';

/** A stored message, as it comes or again after a lost connection. */
export type NotificationReceived = {
  __typename?: 'NotificationReceived';
  /** Its place: after a lost connection subscribe with `after: cursor`. */
  cursor: Scalars['String']['output'];
  /** The message. */
  notification: Notification;
  /** It was stored before the subscription began. */
  replayed: Scalars['Boolean']['output'];
};

/** Where a page stands in its list. */
export type PageInfo = {
  __typename?: 'PageInfo';
  endCursor: Maybe<Scalars['String']['output']>;
  hasNextPage: Scalars['Boolean']['output'];
  hasPreviousPage: Scalars['Boolean']['output'];
  startCursor: Maybe<Scalars['String']['output']>;
};

/** Reads. What is absent or not visible is null, alike. */
export type Query = {
  __typename?: 'Query';
  /** The achievement with this key; null when absent or not visible. */
  achievement: Maybe<Achievement>;
  /** Everything that can be unlocked, in catalog order. Secret ones are left out until the viewer has them. */
  achievements: AchievementConnection;
  /** The live catalog. */
  catalog: Catalog;
  /** The event with this global id; null when absent or not visible. */
  event: Maybe<Event>;
  /** Every declared kind of event. */
  eventTypes: Array<EventType>;
  /** The object with this global id; null when absent or not visible, alike. */
  node: Maybe<Node>;
  /** The objects with these global ids (at most 100), in order; null where absent or not visible. */
  nodes: Array<Maybe<Node>>;
  /** Statistics of a user; null when absent or not visible. */
  stats: Maybe<UserStats>;
  /** The user named; null when absent. */
  user: Maybe<User>;
  /** All users, oldest first. */
  users: UserConnection;
  /** At most 100 users, in order, null where absent. */
  usersBy: Array<Maybe<User>>;
  /** The player who calls; null for keys, admins and anonymous callers. */
  viewer: Maybe<User>;
};


/** Reads. What is absent or not visible is null, alike. */
export type QueryAchievementArgs = {
  key: Scalars['String']['input'];
};


/** Reads. What is absent or not visible is null, alike. */
export type QueryAchievementsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<AchievementFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
};


/** Reads. What is absent or not visible is null, alike. */
export type QueryEventArgs = {
  id: Scalars['ID']['input'];
};


/** Reads. What is absent or not visible is null, alike. */
export type QueryNodeArgs = {
  id: Scalars['ID']['input'];
};


/** Reads. What is absent or not visible is null, alike. */
export type QueryNodesArgs = {
  ids: Array<Scalars['ID']['input']>;
};


/** Reads. What is absent or not visible is null, alike. */
export type QueryStatsArgs = {
  user: UserRef;
};


/** Reads. What is absent or not visible is null, alike. */
export type QueryUserArgs = {
  by: UserRef;
};


/** Reads. What is absent or not visible is null, alike. */
export type QueryUsersArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
  search?: InputMaybe<Scalars['String']['input']>;
};


/** Reads. What is absent or not visible is null, alike. */
export type QueryUsersByArgs = {
  refs: Array<UserRef>;
};

/** How rare, from common to legendary. */
export type Rarity =
  | 'COMMON'
  | 'EPIC'
  | 'LEGENDARY'
  | 'RARE'
  | 'UNCOMMON';

/** Achievements of one rarity. */
export type RarityStats = {
  __typename?: 'RarityStats';
  /** 0 to 100, two decimals. */
  completionPercent: Scalars['Float']['output'];
  /** The rarity. */
  rarity: Rarity;
  /** How many there are for the user. */
  total: Scalars['Int']['output'];
  /** How many the user has. */
  unlocked: Scalars['Int']['output'];
};

/** Something that happened. */
export type RecordEventInput = {
  /** As the event type declares, at most 1,024 bytes of JSON. */
  details?: InputMaybe<Scalars['JSON']['input']>;
  /** 1 to 200 characters, unique per user: the same event twice changes nothing. */
  idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** When; the time of receipt by default. */
  occurredAt?: InputMaybe<Scalars['DateTime']['input']>;
  /** The sender's clock when the request leaves; occurredAt is shifted by its error. */
  sentAt?: InputMaybe<Scalars['DateTime']['input']>;
  /** Key of the event type. */
  type: Scalars['String']['input'];
  /** To whom; an unknown externalId may create the user. */
  user: UserRef;
};

/** The recorded event, or why not. */
export type RecordEventResult = EventLimitError | EventNotAllowedError | EventTimeError | IdempotencyConflictError | InvalidEventDetailsError | RecordEventSuccess | TemporarilyUnavailableError | UnknownEventTypeError | UserNotFoundError | ValueOutOfRangeError;

/** The event and all its effects are committed. */
export type RecordEventSuccess = {
  __typename?: 'RecordEventSuccess';
  /** The user's newest stored message after it. */
  cursor: Scalars['String']['output'];
  /** As it was recorded. */
  event: Event;
  /** The level it raised; null for a replay. */
  levelUp: Maybe<LevelUp>;
  /** Points of the event, its share of the score. */
  pointsAwarded: Scalars['SafeInt']['output'];
  /** Counted rules it moved without unlocking them; empty for a replay. */
  progressed: Array<AchievementProgress>;
  /** It was recorded before with the same key. */
  replayed: Scalars['Boolean']['output'];
  /** What it unlocked, in catalog order. */
  unlocked: Array<UserAchievement>;
  /** The user after it. */
  user: User;
  /** XP of the event. */
  xpAwarded: Scalars['SafeInt']['output'];
};

/** Up to 1,000 events. */
export type RecordEventsInput = {
  /** One user's are taken in list order. */
  events: Array<RecordEventInput>;
};

/** What became of each event. */
export type RecordEventsPayload = {
  __typename?: 'RecordEventsPayload';
  /** How many were recorded now. */
  recorded: Scalars['Int']['output'];
  /** How many were refused. */
  refused: Scalars['Int']['output'];
  /** How many were recorded before. */
  replayed: Scalars['Int']['output'];
  /** In order. */
  results: Array<RecordEventResult>;
};

/** Consecutive active days or weeks, in the user's zone, as of now. */
export type Streak = {
  __typename?: 'Streak';
  /** Length of the run that is alive; 0 when none is. */
  current: Scalars['Int']['output'];
  /** When it ends unless the user is active again; null when none is alive. */
  endsAt: Maybe<Scalars['DateTime']['output']>;
  /** Missed days it can still bridge. */
  freezesLeft: Scalars['Int']['output'];
  /** Key of the streak. */
  key: Scalars['ID']['output'];
  /** The last active day; of a weekly streak the Monday. */
  lastActiveOn: Maybe<Scalars['Date']['output']>;
  /** Length of the longest run. */
  longest: Scalars['Int']['output'];
  /** Its name. */
  name: Scalars['String']['output'];
};

/** Pushes over graphql-transport-ws or SSE. */
export type Subscription = {
  __typename?: 'Subscription';
  /** Counted rules of a user that moved on, live only. */
  achievementProgressed: AchievementProgress;
  /** Toasts of a user. */
  achievementUnlocked: AchievementUnlocked;
  /** Events of all users as they are recorded, live only. */
  eventRecorded: Event;
  /** All messages of a user: the one stream of a game UI. */
  notificationReceived: NotificationReceived;
  /** Changes of a user's score, level and streaks, live only. */
  userProgressed: UserProgress;
};


/** Pushes over graphql-transport-ws or SSE. */
export type SubscriptionAchievementProgressedArgs = {
  milestonesOnly?: InputMaybe<Scalars['Boolean']['input']>;
  user?: InputMaybe<UserRef>;
};


/** Pushes over graphql-transport-ws or SSE. */
export type SubscriptionAchievementUnlockedArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  user?: InputMaybe<UserRef>;
};


/** Pushes over graphql-transport-ws or SSE. */
export type SubscriptionEventRecordedArgs = {
  type?: InputMaybe<Scalars['String']['input']>;
};


/** Pushes over graphql-transport-ws or SSE. */
export type SubscriptionNotificationReceivedArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  kinds?: InputMaybe<Array<NotificationKind>>;
  user?: InputMaybe<UserRef>;
};


/** Pushes over graphql-transport-ws or SSE. */
export type SubscriptionUserProgressedArgs = {
  user?: InputMaybe<UserRef>;
};

/** It could not be recorded now; it is safe to send again with the same key. */
export type TemporarilyUnavailableError = Error & {
  __typename?: 'TemporarilyUnavailableError';
  /** The type name in capitals: USER_NOT_FOUND. */
  code: Scalars['String']['output'];
  /** For people, in the caller's language. */
  message: Scalars['String']['output'];
};

/** The catalog declares no such event type. */
export type UnknownEventTypeError = Error & {
  __typename?: 'UnknownEventTypeError';
  /** The type name in capitals: USER_NOT_FOUND. */
  code: Scalars['String']['output'];
  /** For people, in the caller's language. */
  message: Scalars['String']['output'];
  /** The type that was probably meant. */
  suggestion: Maybe<Scalars['String']['output']>;
};

/** Creates or changes a user; what is absent or null stays as it is. */
export type UpsertUserInput = {
  /** As in CreateUserInput; replaces what was there. */
  attributes?: InputMaybe<Scalars['JSON']['input']>;
  /** As in CreateUserInput. */
  avatar?: InputMaybe<Scalars['String']['input']>;
  /** As in CreateUserInput. */
  displayName?: InputMaybe<Scalars['String']['input']>;
  /** As in CreateUserInput. */
  email?: InputMaybe<Scalars['String']['input']>;
  /** As in CreateUserInput. */
  externalId?: InputMaybe<Scalars['String']['input']>;
  /** As in CreateUserInput. */
  locale?: InputMaybe<Scalars['String']['input']>;
  /** As in CreateUserInput. */
  test?: InputMaybe<Scalars['Boolean']['input']>;
  /** As in CreateUserInput. */
  timezone?: InputMaybe<Scalars['String']['input']>;
  /** Who; an unknown externalId or username is created. */
  user: UserRef;
  /** As in CreateUserInput. */
  username?: InputMaybe<Scalars['String']['input']>;
};

/** The user, or why not. */
export type UpsertUserResult = EmailTakenError | ExternalIdTakenError | InvalidUserError | UpsertUserSuccess | UserNotFoundError | UsernameTakenError;

/** The user is as asked for. */
export type UpsertUserSuccess = {
  __typename?: 'UpsertUserSuccess';
  /** It was not there before. */
  created: Scalars['Boolean']['output'];
  /** The user. */
  user: User;
};

/** Up to 1,000 users, each created or changed by itself. */
export type UpsertUsersInput = {
  /** In order. */
  users: Array<UpsertUserInput>;
};

/** What became of each user. */
export type UpsertUsersPayload = {
  __typename?: 'UpsertUsersPayload';
  /** How many were not there before. */
  created: Scalars['Int']['output'];
  /** How many were refused. */
  refused: Scalars['Int']['output'];
  /** In order. */
  results: Array<UpsertUserResult>;
};

/** A player. What a stranger may not see is null. */
export type User = Node & {
  __typename?: 'User';
  /** Sum of achievement points. */
  achievementPoints: Scalars['SafeInt']['output'];
  /** The way to every achievement; strangers see the unlocked ones. */
  achievements: UserAchievementConnection;
  /** What the game keeps on a player. */
  attributes: Maybe<Scalars['JSON']['output']>;
  /** URL or key of a picture. */
  avatar: Maybe<Scalars['String']['output']>;
  /** When the user was created. */
  createdAt: Maybe<Scalars['DateTime']['output']>;
  /** The newest stored message: subscribe with `after: cursor` from the first page on. */
  cursor: Maybe<Scalars['String']['output']>;
  /** The name others see. */
  displayName: Scalars['String']['output'];
  /** Unique whatever the case. */
  email: Maybe<Scalars['String']['output']>;
  /** What happened to the user, newest first. */
  events: Maybe<EventConnection>;
  /** The game's own id of this player. */
  externalId: Maybe<Scalars['String']['output']>;
  /** `user_` and a UUIDv7. */
  id: Scalars['ID']['output'];
  /** The level of the XP; everybody starts at 1. */
  level: Scalars['Int']['output'];
  /** The way through the levels. */
  levelProgress: LevelProgress;
  /** Language of messages to this player. */
  locale: Maybe<Scalars['String']['output']>;
  /** Metrics that have a value, in catalog order. */
  metrics: Maybe<Array<UserMetric>>;
  /** Stored messages, newest first. */
  notifications: Maybe<NotificationConnection>;
  /** Sum of event points. */
  score: Scalars['SafeInt']['output'];
  /** Statistics. */
  stats: Maybe<UserStats>;
  /** Every streak of the catalog, as of now. */
  streaks: Maybe<Array<Streak>>;
  /** A test user: sees drafts, stands on no board. */
  test: Maybe<Scalars['Boolean']['output']>;
  /** IANA zone; null is UTC. */
  timezone: Maybe<Scalars['String']['output']>;
  /** score + achievementPoints. */
  totalPoints: Scalars['SafeInt']['output'];
  /** Unique whatever the case. */
  username: Maybe<Scalars['String']['output']>;
};


/** A player. What a stranger may not see is null. */
export type UserAchievementsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
  orderBy?: InputMaybe<UserAchievementOrder>;
  status?: InputMaybe<UserAchievementStatus>;
};


/** A player. What a stranger may not see is null. */
export type UserEventsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
  type?: InputMaybe<Scalars['String']['input']>;
};


/** A player. What a stranger may not see is null. */
export type UserMetricsArgs = {
  by?: InputMaybe<Scalars['String']['input']>;
  keys?: InputMaybe<Array<Scalars['String']['input']>>;
  period?: InputMaybe<Scalars['String']['input']>;
};


/** A player. What a stranger may not see is null. */
export type UserNotificationsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
  unseenOnly?: InputMaybe<Scalars['Boolean']['input']>;
};

/** One user and one achievement: the same object before and after the unlock, over tiers and repeats. */
export type UserAchievement = Node & {
  __typename?: 'UserAchievement';
  /** The definition. */
  achievement: Achievement;
  /** The value so far; null unless the rule is one counted leaf. */
  current: Maybe<Scalars['Float']['output']>;
  /** `userAchievement_`, the user's UUID, a dot and the achievement's key. */
  id: Scalars['ID']['output'];
  /** How far, 0 to 1: current / target of a counted rule, the mean of `all`, the best of `any`. */
  progress: Scalars['Float']['output'];
  /** `3 / 5`; null where current is. */
  progressText: Maybe<Scalars['String']['output']>;
  /** The value wanted (of the next tier); null unless the rule is one counted leaf. */
  target: Maybe<Scalars['Float']['output']>;
  /** The highest tier reached; 0 before the first. */
  tier: Scalars['Int']['output'];
  /** How many unlocks there are. */
  timesUnlocked: Scalars['Int']['output'];
  /** The user has it (the first tier at least). */
  unlocked: Scalars['Boolean']['output'];
  /** When it was unlocked first. */
  unlockedAt: Maybe<Scalars['DateTime']['output']>;
  /** The unlocks, newest first. */
  unlocks: Array<AchievementUnlock>;
  /** The user. */
  user: User;
};


/** One user and one achievement: the same object before and after the unlock, over tiers and repeats. */
export type UserAchievementUnlocksArgs = {
  first?: InputMaybe<Scalars['Int']['input']>;
};

export type UserAchievementConnection = {
  __typename?: 'UserAchievementConnection';
  edges: Array<UserAchievementEdge>;
  nodes: Array<UserAchievement>;
  pageInfo: PageInfo;
  /** How many there are on all pages. */
  totalCount: Scalars['Int']['output'];
};

export type UserAchievementEdge = {
  __typename?: 'UserAchievementEdge';
  cursor: Scalars['String']['output'];
  node: UserAchievement;
};

/** In which order: as the catalog has them, nearest to the unlock first, or newest unlock first. */
export type UserAchievementOrder =
  | 'CATALOG'
  | 'PROGRESS'
  | 'UNLOCKED_AT';

/** Which of them. */
export type UserAchievementStatus =
  | 'ALL'
  | 'IN_PROGRESS'
  | 'LOCKED'
  | 'UNLOCKED';

export type UserConnection = {
  __typename?: 'UserConnection';
  edges: Array<UserEdge>;
  nodes: Array<User>;
  pageInfo: PageInfo;
  totalCount: Scalars['Int']['output'];
};

export type UserEdge = {
  __typename?: 'UserEdge';
  cursor: Scalars['String']['output'];
  node: User;
};

/** A metric of a user, as the user reads it. */
export type UserMetric = {
  __typename?: 'UserMetric';
  /** Which value of a keyed metric. */
  by: Maybe<Scalars['String']['output']>;
  /** The run that is going on, of a `run` metric. */
  current: Maybe<Scalars['Float']['output']>;
  /** Key of the metric. */
  key: Scalars['ID']['output'];
  /** `all`, or the key of the period. */
  period: Scalars['String']['output'];
  /** The value, unscaled. */
  value: Scalars['Float']['output'];
  /** The value with its decimals and unit. */
  valueText: Scalars['String']['output'];
};

/** Nobody is named so. */
export type UserNotFoundError = Error & {
  __typename?: 'UserNotFoundError';
  /** The type name in capitals: USER_NOT_FOUND. */
  code: Scalars['String']['output'];
  /** For people, in the caller's language. */
  message: Scalars['String']['output'];
};

/** A user's score, level or streaks changed. */
export type UserProgress = {
  __typename?: 'UserProgress';
  /** The level now. */
  level: Scalars['Int']['output'];
  /** The level change. */
  levelUp: Maybe<LevelUp>;
  /** The score now. */
  score: Scalars['SafeInt']['output'];
  /** The streaks now. */
  streaks: Array<Streak>;
  /** The user as it is now. */
  user: User;
};

/** Names a user by exactly one of its fields; null and "" count as unset. */
export type UserRef = {
  /** The game's own id. */
  externalId?: InputMaybe<Scalars['String']['input']>;
  /** The global id or the bare UUID. */
  id?: InputMaybe<Scalars['ID']['input']>;
  /** The username, whatever the case. */
  username?: InputMaybe<Scalars['String']['input']>;
};

/** A user's statistics; zeros and nulls for one without events. */
export type UserStats = {
  __typename?: 'UserStats';
  /** Sum of achievement points. */
  achievementPoints: Scalars['SafeInt']['output'];
  /** How many achievements the user has. */
  achievementsCount: Scalars['Int']['output'];
  /** How many there are for the user; secret ones count once unlocked. */
  achievementsTotal: Scalars['Int']['output'];
  /** By event type, most points first. */
  byEventType: Array<EventTypeStats>;
  /** Achievements by rarity, common first. */
  byRarity: Array<RarityStats>;
  /** 0 to 100, two decimals. */
  completionPercent: Scalars['Float']['output'];
  /** Days with events among the last ones, newest first. */
  daily: Array<DailyStats>;
  /** occurredAt of the newest event. */
  lastActivityAt: Maybe<Scalars['DateTime']['output']>;
  /** The five newest events. */
  recentEvents: Array<Event>;
  /** Sum of event points. */
  score: Scalars['SafeInt']['output'];
  /** score + achievementPoints. */
  totalPoints: Scalars['SafeInt']['output'];
};


/** A user's statistics; zeros and nulls for one without events. */
export type UserStatsDailyArgs = {
  last?: InputMaybe<Scalars['Int']['input']>;
};

/** Another user has this username. */
export type UsernameTakenError = Error & {
  __typename?: 'UsernameTakenError';
  /** The type name in capitals: USER_NOT_FOUND. */
  code: Scalars['String']['output'];
  /** For people, in the caller's language. */
  message: Scalars['String']['output'];
};

/** A total would pass 2^53-1. */
export type ValueOutOfRangeError = Error & {
  __typename?: 'ValueOutOfRangeError';
  /** The type name in capitals: USER_NOT_FOUND. */
  code: Scalars['String']['output'];
  /** For people, in the caller's language. */
  message: Scalars['String']['output'];
};

/** What one sees of it before it is unlocked. */
export type Visibility =
  /** That it exists; name and description are placeholders. */
  | 'HIDDEN'
  /** Everything. */
  | 'PUBLIC'
  /** Nothing. */
  | 'SECRET';

/** A new user; everything is optional. */
export type CreateUserInput = {
  /** An object of at most 4,096 bytes. */
  attributes?: unknown;
  /** URL or key of a picture, at most 500 characters. */
  avatar?: string | null | undefined;
  /** At most 100 characters; the username by default. */
  displayName?: string | null | undefined;
  /** At most 100 characters, unique whatever the case. */
  email?: string | null | undefined;
  /** The game's own id, at most 200 characters, unique. */
  externalId?: string | null | undefined;
  /** Language tag, such as ru or en-GB. */
  locale?: string | null | undefined;
  /** A test user: sees drafts, stands on no board. */
  test?: boolean | null | undefined;
  /** IANA zone, such as Europe/Moscow. */
  timezone?: string | null | undefined;
  /** At most 50 characters, unique whatever the case; player_ and 8 characters by default. */
  username?: string | null | undefined;
};

/** What a message tells. More kinds may come. */
export type NotificationKind =
  /** An achievement, or a tier or a period of one, was unlocked. */
  | 'ACHIEVEMENT_UNLOCKED'
  /** A level was passed, or several at once. */
  | 'LEVEL_UP';

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

/** Names a user by exactly one of its fields; null and "" count as unset. */
export type UserRef = {
  /** The game's own id. */
  externalId?: string | null | undefined;
  /** The global id or the bare UUID. */
  id?: string | number | null | undefined;
  /** The username, whatever the case. */
  username?: string | null | undefined;
};

export type CreateUserMutationVariables = Exact<{
  input: CreateUserInput;
}>;


export type CreateUserMutation = { createUser:
    | { __typename: 'CreateUserSuccess', user: { id: string, username: string | null } }
    | { __typename: 'EmailTakenError', code: string, message: string }
    | { __typename: 'ExternalIdTakenError', code: string, message: string }
    | { __typename: 'InvalidUserError', code: string, message: string }
    | { __typename: 'UsernameTakenError', code: string, message: string }
   };

export type RecordEventMutationVariables = Exact<{
  input: RecordEventInput;
}>;


export type RecordEventMutation = { recordEvent:
    | { __typename: 'EventLimitError', code: string, message: string }
    | { __typename: 'EventNotAllowedError', code: string, message: string }
    | { __typename: 'EventTimeError', code: string, message: string }
    | { __typename: 'IdempotencyConflictError', code: string, message: string }
    | { __typename: 'InvalidEventDetailsError', code: string, message: string }
    | { __typename: 'RecordEventSuccess', replayed: boolean, pointsAwarded: number, xpAwarded: number, cursor: string, event: { id: string }, unlocked: Array<{ achievement: { key: string } }>, user: { id: string, score: number, achievementPoints: number, totalPoints: number } }
    | { __typename: 'TemporarilyUnavailableError', code: string, message: string }
    | { __typename: 'UnknownEventTypeError', code: string, message: string }
    | { __typename: 'UserNotFoundError', code: string, message: string }
    | { __typename: 'ValueOutOfRangeError', code: string, message: string }
   };

export type ProfileQueryVariables = Exact<{
  by: UserRef;
}>;


export type ProfileQuery = { user: { id: string, score: number, achievementPoints: number, totalPoints: number, level: number, cursor: string | null, achievements: { nodes: Array<{ unlocked: boolean, current: number | null, target: number | null, achievement: { key: string } }> }, notifications: { unseenCount: number, nodes: Array<{ kind: NotificationKind, title: string, body: string }> } | null } | null };

export type ToastsSubscriptionVariables = Exact<{
  user?: UserRef | null | undefined;
  after?: string | null | undefined;
}>;


export type ToastsSubscription = { achievementUnlocked: { cursor: string, replayed: boolean, title: string, message: string, achievement: { key: string }, user: { score: number } } };


export const CreateUserDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"CreateUser"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"CreateUserInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"createUser"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"CreateUserSuccess"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"user"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"username"}}]}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Error"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}}]}}]}}]}}]} as unknown as DocumentNode<CreateUserMutation, CreateUserMutationVariables>;
export const RecordEventDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"RecordEvent"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"RecordEventInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"recordEvent"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"RecordEventSuccess"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"replayed"}},{"kind":"Field","name":{"kind":"Name","value":"pointsAwarded"}},{"kind":"Field","name":{"kind":"Name","value":"xpAwarded"}},{"kind":"Field","name":{"kind":"Name","value":"cursor"}},{"kind":"Field","name":{"kind":"Name","value":"event"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}}]}},{"kind":"Field","name":{"kind":"Name","value":"unlocked"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"achievement"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"key"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"user"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"score"}},{"kind":"Field","name":{"kind":"Name","value":"achievementPoints"}},{"kind":"Field","name":{"kind":"Name","value":"totalPoints"}}]}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Error"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}}]}}]}}]}}]} as unknown as DocumentNode<RecordEventMutation, RecordEventMutationVariables>;
export const ProfileDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"Profile"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"by"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"UserRef"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"user"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"by"},"value":{"kind":"Variable","name":{"kind":"Name","value":"by"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"score"}},{"kind":"Field","name":{"kind":"Name","value":"achievementPoints"}},{"kind":"Field","name":{"kind":"Name","value":"totalPoints"}},{"kind":"Field","name":{"kind":"Name","value":"level"}},{"kind":"Field","name":{"kind":"Name","value":"cursor"}},{"kind":"Field","name":{"kind":"Name","value":"achievements"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"IntValue","value":"100"}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"nodes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"achievement"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"key"}}]}},{"kind":"Field","name":{"kind":"Name","value":"unlocked"}},{"kind":"Field","name":{"kind":"Name","value":"current"}},{"kind":"Field","name":{"kind":"Name","value":"target"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"notifications"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"IntValue","value":"100"}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"unseenCount"}},{"kind":"Field","name":{"kind":"Name","value":"nodes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"kind"}},{"kind":"Field","name":{"kind":"Name","value":"title"}},{"kind":"Field","name":{"kind":"Name","value":"body"}}]}}]}}]}}]}}]} as unknown as DocumentNode<ProfileQuery, ProfileQueryVariables>;
export const ToastsDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"subscription","name":{"kind":"Name","value":"Toasts"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"user"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"UserRef"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"after"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"achievementUnlocked"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"user"},"value":{"kind":"Variable","name":{"kind":"Name","value":"user"}}},{"kind":"Argument","name":{"kind":"Name","value":"after"},"value":{"kind":"Variable","name":{"kind":"Name","value":"after"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"cursor"}},{"kind":"Field","name":{"kind":"Name","value":"replayed"}},{"kind":"Field","name":{"kind":"Name","value":"title"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"achievement"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"key"}}]}},{"kind":"Field","name":{"kind":"Name","value":"user"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"score"}}]}}]}}]}}]} as unknown as DocumentNode<ToastsSubscription, ToastsSubscriptionVariables>;