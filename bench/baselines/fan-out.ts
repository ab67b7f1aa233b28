/**
 * The baselines of P7 and, of its first, P9, each a server of its own process that knows the board by heart: `graphql-ws`: the stock server on `ws` with a plain
 * graphql-js schema, one execution a subscriber; `ws`: every client is sent the same string in a loop. `POST /graphql` with the number of an
 * update makes that update. Run by p7.ts and p9.ts.
 */
import { EventEmitter } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buildSchema } from 'graphql';
import { PubSub } from 'graphql-subscriptions';
import { useServer } from 'graphql-ws/use/ws';
import { WebSocketServer } from 'ws';
import { entriesAfter, type MovingEntry, messageOf } from '../load/moving-board.ts';

const SCHEMA = `
  type Query { nothing: Boolean }
  type Subscription {
    leaderboardUpdated(key: String!, by: String, first: Int! = 10): LeaderboardUpdate!
    achievementUnlocked(after: String): AchievementUnlocked!
  }
  type LeaderboardUpdate { entries: [LeaderboardEntry!]! }
  type LeaderboardEntry { rank: Int!, score: Float!, user: User! }
  type User { displayName: String! }
  type AchievementUnlocked { cursor: String!, title: String! }
`;
const MOVED = 'moved';

/** Tells all followers of an update. */
type Publish = (update: number) => void;

interface Event {
  readonly leaderboardUpdated: { readonly entries: readonly MovingEntry[] };
}

function stockServer(sockets: WebSocketServer, first: number): Publish {
  const moves = new PubSub({ eventEmitter: new EventEmitter().setMaxListeners(0) });
  let event: Event = { leaderboardUpdated: { entries: entriesAfter(first) } };
  async function* leaderboardUpdated(): AsyncGenerator<Event> {
    yield event;
    const moved: AsyncIterable<Event> = moves.asyncIterableIterator<Event>(MOVED);
    yield* moved;
  }
  let players = 0;
  const achievementUnlocked = (): AsyncIterableIterator<unknown> => {
    players += 1;
    return moves.asyncIterableIterator(`unlocked by ${players}`);
  };
  const roots = { subscription: { leaderboardUpdated, achievementUnlocked } };
  useServer({ schema: buildSchema(SCHEMA), roots }, sockets);
  return (update) => {
    event = { leaderboardUpdated: { entries: entriesAfter(update) } };
    void moves.publish(MOVED, event);
  };
}

function rawServer(sockets: WebSocketServer, first: number): Publish {
  let text = messageOf(first);
  sockets.on('connection', (socket) => {
    socket.on('message', (data) => {
      const isInit = String(data).includes('"connection_init"');
      socket.send(isInit ? '{"type":"connection_ack"}' : text);
    });
  });
  return (update) => {
    text = messageOf(update);
    for (const client of sockets.clients) client.send(text);
  };
}

const kinds: Readonly<Record<string, (sockets: WebSocketServer, first: number) => Publish>> = {
  'graphql-ws': stockServer,
  ws: rawServer,
};
const kind = kinds[process.argv[2] ?? ''];
if (kind === undefined) throw new Error(`one of ${Object.keys(kinds).join(', ')} is wanted`);

const server = createServer((request, response) => {
  let text = '';
  request.setEncoding('utf8').on('data', (part: string) => {
    text += part;
  });
  request.on('end', () => {
    response.writeHead(200, { 'content-length': 2 }).end('{}');
    publish((JSON.parse(text) as { update: number }).update);
  });
});
const sockets = new WebSocketServer({ server, path: '/graphql', handleProtocols: () => 'graphql-transport-ws' });
const publish = kind(sockets, Number(process.argv[3]));
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`serves http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql\n`);
});
process.once('SIGTERM', () => process.exit(0));
