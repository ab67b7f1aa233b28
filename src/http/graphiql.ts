import { renderGraphiQL } from '@graphql-yoga/render-graphiql';
import type { GraphiQLOptions } from 'graphql-yoga';

const SUBSCRIBE = `# 1. Press play and choose Player: it makes a player.
# 2. Press play and choose Toasts: it waits for toasts.
# 3. Leave it waiting (changing the tab ends it). Open this page
#    in a second window and record events in its tab Login.
mutation Player {
  upsertUser(input: { user: { externalId: "player-1" }, displayName: "Anna" }) {
    ... on UpsertUserSuccess { created user { id displayName score } }
    ... on Error { code message }
  }
}

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

const RECORD = `# Something happens in the game: press play and choose Login.
# The first one unlocks "newcomer": the waiting window shows the
# toast. Three secrets unlock "explorer".
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

const PROFILE = `# The player's screen: press play.
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
  defaultTabs: [{ query: SUBSCRIBE }, { query: RECORD }, { query: PROFILE }],
};

/** GraphiQL from the package itself: nothing is loaded from another host. */
export const renderExplorer = renderGraphiQL;
