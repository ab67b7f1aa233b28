import { renderGraphiQL } from '@graphql-yoga/render-graphiql';
import type { GraphiQLOptions } from 'graphql-yoga';

const SUBSCRIBE = `# 1. Press the play button: this waits for toasts of the player with externalId "player-1".
#    Create the player first (tab 2), then come back and press play here.
subscription Toasts {
  achievementUnlocked(user: { externalId: "player-1" }) {
    title
    message
    replayed
    cursor
    achievement { key rarity points }
    user { displayName score }
  }
}
`;

const RECORD = `# 2. Something happens in the game. The first event of an unknown externalId creates the player.
#    Press play more than once: the toast of tab 1 comes with the first login, the score grows with each.
mutation Login {
  recordEvent(input: { user: { externalId: "player-1" }, type: "login" }) {
    ... on RecordEventSuccess {
      pointsAwarded
      unlocked { achievement { key name points } }
      progressed { userAchievement { achievement { name } } current target }
      user { id score level }
    }
    ... on Error { code message }
  }
}

mutation FindSecret {
  recordEvent(input: { user: { externalId: "player-1" }, type: "find_secret", details: { location: "cave" } }) {
    ... on RecordEventSuccess {
      pointsAwarded
      unlocked { achievement { key name points } }
      user { score totalPoints }
    }
    ... on Error { code message }
  }
}
`;

const PROFILE = `# 3. The player's screen.
query Profile {
  user(by: { externalId: "player-1" }) {
    displayName
    score
    achievementPoints
    totalPoints
    levelProgress { level xp xpToNextLevel progress }
    achievements(orderBy: PROGRESS) {
      totalCount
      nodes { achievement { name rarity } unlocked unlockedAt progress progressText }
    }
    stats { achievementsCount completionPercent byEventType { eventType { key } count points } }
    notifications { unseenCount nodes { title body createdAt } }
  }
}
`;

/** The tabs a newcomer finds: subscribe, record, look. They work in this order on an empty database. */
export const GRAPHIQL_OPTIONS: GraphiQLOptions = {
  title: 'Laurel',
  subscriptionsProtocol: 'WS',
  defaultTabs: [{ query: RECORD }, { query: SUBSCRIBE }, { query: PROFILE }],
};

/** GraphiQL from the package itself: nothing is loaded from another host. */
export const renderExplorer = renderGraphiQL;
