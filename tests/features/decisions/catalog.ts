/** Achievements that hang together by each other, by levels, by points and by their number. */
export const DECISIONS_CATALOG = `
laurel: 1
name: Decisions
locales: [en, ru]
eventTypes:
  login: { points: 0, xp: 5 }
  win: { points: 0, xp: 1 }
  fortune: { points: details.coins, xp: 0, details: { coins: integer } }
metrics:
  logins: { count: login }
  wins: { count: win }
levels: { thresholds: [0, 50, 100, 1000] }
streaks: { daily: { of: [login], per: day } }
achievements:
  first: { name: { en: First, ru: Первый }, points: 5, when: { metric: logins, atLeast: 1 } }
  regular: { points: 5, when: { metric: logins, atLeast: 20 } }
  helper: { name: { en: Helper, ru: Помощник }, points: 7, xp: 60, when: manual }
  friend: { points: 3, when: { achievement: helper } }
  climber: { points: 20, when: { level: 2 } }
  rich: { points: 1, when: { points: 30 } }
  trio: { points: 2, when: { achievements: all, atLeast: 3 } }
  winner:
    tiers: [{ at: 2, points: 10 }, { at: 4, points: 20, xp: 60 }, { at: 8, points: 40 }]
    when: { metric: wins }
  weekly: { name: { en: Of the week, ru: За неделю }, points: 4, repeat: week, when: { metric: wins, atLeast: 1 } }
`;

export const GRANT = `mutation ($input: GrantAchievementInput!) { grantAchievement(input: $input) { __typename
  ... on GrantAchievementSuccess {
    userAchievement { achievement { key } unlocked tier timesUnlocked unlocks { tier pointsAwarded xpAwarded version evidence { id } } }
    unlocked { achievement { key } } pointsAwarded xpAwarded levelUp { from to }
    user { score achievementPoints totalPoints level levelProgress { xp } cursor } cursor
  }
  ... on AchievementNotFoundError { suggestion }
  ... on AchievementTierNotFoundError { tierCount }
  ... on AchievementAlreadyHeldError { userAchievement { unlocked } }
  ... on Error { code message } } }`;

export const REVOKE = `mutation ($input: RevokeAchievementInput!) { revokeAchievement(input: $input) { __typename
  ... on RevokeAchievementSuccess {
    userAchievement { achievement { key } unlocked tier timesUnlocked }
    revoked { achievement { key } unlocked } pointsTaken xpTaken levelDown { from to }
    user { score achievementPoints totalPoints level levelProgress { xp } cursor }
  }
  ... on AchievementNotFoundError { suggestion }
  ... on AchievementNotHeldError { userAchievement { unlocked } }
  ... on Error { code message } } }`;

export const RESET = `mutation ($input: ResetUserInput!) { resetUser(input: $input) { __typename
  ... on ResetUserSuccess { eventsDeleted cursor user { score achievementPoints totalPoints level levelProgress { xp } cursor } }
  ... on Error { code message } } }`;

/** Everything a player sees that a decision could change. */
export const SEEN = `query ($user: UserRef!) { user(by: $user) {
  score achievementPoints totalPoints level levelProgress { xp xpIntoLevel }
  achievements { nodes { achievement { key } unlocked unlockedAt tier timesUnlocked progress current target unlocks { tier period pointsAwarded } } }
  stats { achievementsCount completionPercent byRarity { rarity unlocked } }
  metrics { key period value } streaks { key current longest } } }`;
