/**
 * Who may read a field. Every field of the schema has a row here; the build fails on one without.
 *
 * - `same`: whoever reached the object, and whoever asks in one language reads the same;
 * - `public`: whoever reached the object;
 * - `private`: the user it belongs to, and whom `readsUsers` names; null for everybody else;
 * - `own`: the user it belongs to alone; null for everybody else;
 * - `isPlayer`: players, whoever they are;
 * - `signedIn`: any credential that verifies;
 * - `readsUsers`: keys that read or write users or events, moderators, observers;
 * - `recordsEvents`: players (for themselves, what the catalog lets them report) but observers, and the scope events:write;
 * - `moderates`: moderators and the scope users:write;
 * - `observes`: observers;
 * - `reviews`: moderators, observers and the scope users:write;
 * - `readsCatalog`: observers and the scope catalog:write;
 * - `administers`: the scope admin;
 * - the rest: the scope of that name.
 *
 * The role ADMIN holds all scopes, DESIGNER catalog:write, OBSERVER events:read; the scope admin holds all rights but `own` and `isPlayer`.
 */
export type Right =
  | 'same'
  | 'public'
  | 'private'
  | 'own'
  | 'isPlayer'
  | 'signedIn'
  | 'readsUsers'
  | 'recordsEvents'
  | 'eventsWrite'
  | 'eventsRead'
  | 'usersWrite'
  | 'catalogWrite'
  | 'administers'
  | 'moderates'
  | 'observes'
  | 'reviews'
  | 'readsCatalog';

type Row = Right | Readonly<Record<string, Right>>;

const ROWS: Readonly<Record<string, Row>> = {
  Query: {
    viewer: 'public',
    node: 'public',
    nodes: 'public',
    user: 'signedIn',
    usersBy: 'signedIn',
    users: 'readsUsers',
    stats: 'signedIn',
    eventTypes: 'public',
    achievements: 'public',
    achievement: 'public',
    leaderboards: 'public',
    leaderboard: 'public',
    seasons: 'public',
    catalog: 'public',
    event: 'signedIn',
    explain: 'signedIn',
    domainEvents: 'eventsRead',
    people: 'observes',
    serverKeys: 'administers',
    auditLog: 'observes',
    rateLimit: 'public',
    quarantinedUsers: 'moderates',
    suspicions: 'reviews',
  },
  Mutation: {
    signInAsGuest: 'public',
    signUp: 'public',
    signIn: 'public',
    signInWithTelegram: 'public',
    claimAdmin: 'public',
    linkAccount: 'isPlayer',
    changePassword: 'isPlayer',
    refreshTokens: 'public',
    signOut: 'isPlayer',
    signOutEverywhere: 'isPlayer',
    createUser: 'usersWrite',
    upsertUser: 'usersWrite',
    upsertUsers: 'usersWrite',
    recordEvent: 'recordsEvents',
    recordEvents: 'recordsEvents',
    markNotificationsSeen: 'signedIn',
    planCatalog: 'catalogWrite',
    applyCatalog: 'catalogWrite',
    rollbackCatalog: 'catalogWrite',
    grantAchievement: 'moderates',
    revokeAchievement: 'moderates',
    resetUser: 'moderates',
    hideFromLeaderboards: 'moderates',
    deleteUser: 'signedIn',
    exportUser: 'signedIn',
    blockUser: 'moderates',
    unblockUser: 'moderates',
    quarantineUser: 'moderates',
    releaseUser: 'moderates',
    decideSuspicion: 'moderates',
    setRole: 'administers',
    createServerKey: 'administers',
    rotateServerKey: 'administers',
    revokeServerKey: 'administers',
  },
  Subscription: {
    achievementUnlocked: 'signedIn',
    achievementProgressed: 'signedIn',
    userProgressed: 'signedIn',
    notificationReceived: 'signedIn',
    leaderboardUpdated: 'same',
    eventRecorded: 'eventsRead',
    domainEventPublished: 'eventsRead',
  },
  User: {
    id: 'same',
    displayName: 'same',
    avatar: 'same',
    score: 'same',
    achievementPoints: 'same',
    totalPoints: 'same',
    level: 'same',
    levelProgress: 'same',
    achievements: 'public',
    leaderboardEntry: 'public',
    username: 'private',
    email: 'private',
    externalId: 'private',
    attributes: 'private',
    timezone: 'private',
    locale: 'private',
    test: 'private',
    showOnLeaderboards: 'private',
    hiddenOnLeaderboards: 'private',
    createdAt: 'private',
    stats: 'private',
    metrics: 'private',
    events: 'private',
    streaks: 'private',
    notifications: 'private',
    recommendations: 'private',
    cursor: 'private',
    block: 'private',
    role: 'private',
    sessions: 'own',
    quarantine: 'moderates',
  },
  UserAchievement: {
    id: 'public',
    achievement: 'public',
    user: 'public',
    unlocked: 'public',
    unlockedAt: 'public',
    tier: 'public',
    timesUnlocked: 'public',
    unlocks: 'public',
    progress: 'public',
    current: 'private',
    target: 'private',
    progressText: 'private',
  },
  AchievementUnlock: {
    unlockedAt: 'public',
    tier: 'public',
    period: 'public',
    version: 'public',
    pointsAwarded: 'public',
    xpAwarded: 'public',
    evidence: 'private',
  },
  Catalog: {
    version: 'public',
    environment: 'public',
    checksum: 'public',
    appliedAt: 'public',
    appliedBy: 'public',
    note: 'public',
    counts: 'public',
    files: 'readsCatalog',
  },
  Leaderboard: {
    id: 'same',
    key: 'same',
    by: 'same',
    name: 'same',
    order: 'same',
    keys: 'same',
    period: 'same',
    periods: 'same',
    entryCount: 'same',
    entry: 'public',
    around: 'same',
    entriesFor: 'same',
    entries: 'same',
  },
  ...Object.fromEntries(
    [
      'LeaderboardEntry',
      'LeaderboardPeriod',
      'LeaderboardEntryConnection',
      'LeaderboardEntryEdge',
      'LeaderboardUpdate',
      'LevelProgress',
      'PageInfo',
    ].map((type) => [type, 'same'] as const),
  ),
  // Reached only through fields that are guarded themselves, or public in every part.
  ...Object.fromEntries(
    [
      'Node',
      'Error',
      'Achievement',
      'Category',
      'EventType',
      'Season',
      'Event',
      'Notification',
      'DomainEvent',
      'DomainEventConnection',
      'DomainEventEdge',
      'CatalogFile',
      'CatalogCounts',
      'UserStats',
      'EventTypeStats',
      'RarityStats',
      'DailyStats',
      'UserMetric',
      'Streak',
      'LevelUp',
      'AchievementProgress',
      'UserProgress',
      'AchievementUnlocked',
      'NotificationReceived',
      'UserConnection',
      'UserEdge',
      'EventConnection',
      'EventEdge',
      'AchievementConnection',
      'AchievementEdge',
      'UserAchievementConnection',
      'UserAchievementEdge',
      'NotificationConnection',
      'NotificationEdge',
      'RecordEventSuccess',
      'RecordEventsPayload',
      'CreateUserSuccess',
      'UpsertUserSuccess',
      'UpsertUsersPayload',
      'MarkNotificationsSeenSuccess',
      'GrantAchievementSuccess',
      'RevokeAchievementSuccess',
      'ResetUserSuccess',
      'HideFromLeaderboardsSuccess',
      'DeleteUserSuccess',
      'ExportUserSuccess',
      'UserBlock',
      'BlockUserSuccess',
      'UnblockUserSuccess',
      'UserQuarantine',
      'QuarantineUserSuccess',
      'ReleaseUserSuccess',
      'QuarantinedUserConnection',
      'QuarantinedUserEdge',
      'Suspicion',
      'SuspicionConnection',
      'SuspicionEdge',
      'DecideSuspicionSuccess',
      'RateLimit',
      'SetRoleSuccess',
      'ClaimAdminSuccess',
      'PersonConnection',
      'ServerKey',
      'ServerKeyConnection',
      'ServerKeyEdge',
      'CreateServerKeySuccess',
      'RotateServerKeySuccess',
      'RevokeServerKeySuccess',
      'AuditEntry',
      'AuditEntryConnection',
      'AuditEntryEdge',
      'PersonEdge',
      'Tokens',
      'Session',
      'SignInAsGuestSuccess',
      'SignUpSuccess',
      'SignInSuccess',
      'SignInWithTelegramSuccess',
      'LinkAccountSuccess',
      'ChangePasswordSuccess',
      'RefreshTokensSuccess',
      'SignOutSuccess',
      'LevelDown',
      'Explanation',
      'RuleView',
      'GateView',
      'ExplainedEvent',
      'HandDecision',
      'Recommendation',
      'DetailsIssue',
      'CatalogFault',
      'DefinitionChange',
      'PlannedAchievement',
      'PlanCatalogSuccess',
      'ApplyCatalogSuccess',
    ].map((type) => [type, 'public'] as const),
  ),
};

/** The row of a field; undefined where there is none. Refusals (`...Error`) are public: they answer the caller's own request. */
export function rightOf(type: string, field: string): Right | undefined {
  const row = own(ROWS, type) ?? (type.endsWith('Error') ? 'public' : undefined);
  return typeof row === 'object' ? own(row, field) : row;
}

function own<Value>(table: Readonly<Record<string, Value>>, key: string): Value | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}

/** The user to whom a private field's parent belongs. */
export function ownerOf(type: string, parent: unknown): string {
  const owned = parent as { readonly id: string; readonly userId: string };
  return type === 'User' ? owned.id : owned.userId;
}
