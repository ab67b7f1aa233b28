/** Answers the key under which a cache keeps an object; null: inside the object that it came with. */
export type CacheKey = (data: Readonly<Record<string, unknown>>) => string | null;

const byKey: CacheKey = ({ key }) => (typeof key === 'string' ? key : null);
const embedded: CacheKey = () => null;

/** Types of the schema that have neither an id nor a key of their own. */
const EMBEDDED = `
  AccountTakenError AchievementAlreadyHeldError AchievementConnection AchievementEdge
  AchievementNotFoundError AchievementNotHeldError AchievementProgress AchievementTierNotFoundError
  AchievementUnlock AchievementUnlocked ApplyCatalogSuccess AuditEntryConnection AuditEntryEdge
  BlockUserSuccess BooksOutOfBalanceError Catalog CatalogCounts CatalogFault CatalogFile
  CatalogInvalidError CatalogVersionConflictError ChangePasswordSuccess ClaimAdminSuccess
  CreateServerKeySuccess CreateUserSuccess DailyStats DecideSuspicionSuccess DefinitionChange
  DeleteUserSuccess DetailsIssue DomainEventConnection DomainEventEdge EmailTakenError EventConnection
  EventEdge EventLimitError EventNotAllowedError EventTimeError EventTypeStats ExplainedEvent Explanation
  ExportUserSuccess ExternalIdTakenError GateView GrantAchievementSuccess HandDecision
  HideFromLeaderboardsSuccess IdempotencyConflictError InvalidCredentialsError InvalidEventDetailsError
  InvalidRefreshTokenError InvalidUserError LastAdminError LeaderboardEntryConnection LeaderboardEntryEdge
  LeaderboardPeriod LeaderboardUpdate LevelDown LevelProgress LevelUp LinkAccountSuccess
  MarkNotificationsSeenSuccess NoSuchVersionError NotificationConnection NotificationEdge
  NotificationReceived PageInfo PasswordAlreadySetError PersonConnection PersonEdge PlanCatalogSuccess
  PlannedAchievement QuarantineUserSuccess QuarantinedUserConnection QuarantinedUserEdge RarityStats
  RateLimit Recommendation RecordEventSuccess RecordEventsPayload RefreshTokensSuccess ReleaseUserSuccess
  ResetUserSuccess RevokeAchievementSuccess RevokeServerKeySuccess RotateServerKeySuccess RuleView
  ServerKeyConnection ServerKeyEdge ServerKeyEndedError ServerKeyNotFoundError SessionNotFoundError
  SetRoleSuccess SignInAsGuestSuccess SignInMethodOffError SignInSuccess SignInWithTelegramSuccess
  SignOutSuccess SignUpSuccess Streak SuspicionConnection SuspicionDecidedError SuspicionEdge
  SuspicionNotFoundError TemporarilyUnavailableError TestUserRequiredError Tokens UnblockUserSuccess
  UnknownEventTypeError UpsertUserSuccess UpsertUsersPayload UserAchievementConnection UserAchievementEdge
  UserBlock UserBlockedError UserConnection UserEdge UserMetric UserNotFoundError UserProgress
  UserQuarantine UserStats UsernameTakenError ValueOutOfRangeError
`;

/**
 * `keys` for urql's Graphcache: of every type without an id, so that it neither warns nor mixes up the progress of two players. Apollo needs
 * none of it, but `possibleTypes` from `laurel/possible-types.json`, or it drops fragments on `Error` and `Node`.
 */
export const cacheKeys: Readonly<Record<string, CacheKey>> = {
  ...Object.fromEntries(
    EMBEDDED.trim()
      .split(/\s+/)
      .map((name) => [name, embedded]),
  ),
  Category: byKey,
  EventType: byKey,
  Season: byKey,
};
