import { SignJWT } from 'jose';
import { type BareSocket, frameOf, openBareSocket } from './bare-socket.ts';

/** Sockets that are being opened at a time: a server takes a client that says nothing for 3 s off. */
const OPENING = 64;
const MOST_REFS = 100;
const TOKEN_LIFE_S = 15 * 60;
const ACKNOWLEDGED = Buffer.from('"connection_ack"');

/** A player as the server knows it. */
export interface Player {
  readonly userId: string;
  /** Of its newest message. */
  readonly cursor: string;
}

/** Asks for `player-<n>`, so many from the first on. @throws when one is not there */
export async function readPlayers(url: string, key: string, first: number, count: number): Promise<Player[]> {
  const players: Player[] = [];
  for (let from = first; from < first + count; from += MOST_REFS) {
    const length = Math.min(MOST_REFS, first + count - from);
    const refs = Array.from({ length }, (_, at) => ({ externalId: `player-${from + at}` }));
    const query = 'query ($refs: [UserRef!]!) { usersBy(refs: $refs) { id cursor } }';
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
      body: JSON.stringify({ query, variables: { refs } }),
    });
    const { data } = (await response.json()) as { data: { usersBy: readonly { id: string; cursor: string }[] } };
    players.push(...data.usersBy.map(({ id, cursor }) => ({ userId: id.replace('user_', ''), cursor })));
  }
  return players;
}

/** An access token of a player, as Laurel signs it. */
export async function tokenOf(secret: string, userId: string): Promise<string> {
  const issuedAt = Math.floor(Date.now() / 1_000);
  return new SignJWT({})
    .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt' })
    .setIssuer('laurel')
    .setAudience('laurel')
    .setSubject(userId)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + TOKEN_LIFE_S)
    .sign(new TextEncoder().encode(secret));
}

/** What a socket says, and what is done with what it is told. */
export interface PlayerSocket {
  /** Null: it presents none. */
  readonly token: string | null;
  readonly subscriptions: readonly object[];
  readonly onMessage: (payload: Buffer) => void;
}

/** Opens sockets, a few at a time, each subscribed under `1`, `2`, ... once it was welcomed. */
export async function openSockets(url: URL, sockets: readonly PlayerSocket[]): Promise<BareSocket[]> {
  const open = ({ token, subscriptions, onMessage }: PlayerSocket): Promise<BareSocket> => {
    const { promise, resolve } = Promise.withResolvers<BareSocket>();
    const payload = token === null ? {} : { payload: { authorization: `Bearer ${token}` } };
    let isWelcome = false;
    const socket: BareSocket = openBareSocket(
      url,
      () => socket.send(messageOf({ type: 'connection_init', ...payload })),
      (received) => {
        if (isWelcome) return onMessage(received);
        if (!received.includes(ACKNOWLEDGED))
          throw new Error(`not welcome: ${received.toString('utf8').slice(0, 500)}`);
        isWelcome = true;
        for (const [place, wanted] of subscriptions.entries()) {
          socket.send(messageOf({ id: String(place + 1), type: 'subscribe', payload: wanted }));
        }
        resolve(socket);
      },
    );
    return promise;
  };
  const opened: BareSocket[] = [];
  let begun = 0;
  const opener = async (): Promise<void> => {
    for (let next = sockets[begun]; next !== undefined; next = sockets[begun]) {
      begun += 1;
      opened.push(await open(next));
    }
  };
  await Promise.all(Array.from({ length: OPENING }, opener));
  return opened;
}

/** Closes them in order; resolves when the server has. */
export async function closeSockets(sockets: readonly BareSocket[]): Promise<void> {
  for (const socket of sockets) socket.close();
  await Promise.all(sockets.map(({ closed }) => closed));
}

function messageOf(message: object): Buffer {
  return frameOf(Buffer.from(JSON.stringify(message)));
}
