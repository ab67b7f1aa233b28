import DataLoader from 'dataloader';
import type { BoardEntry, BoardView } from './entry.ts';
import type { LeaderboardService } from './service.ts';

/** A user on a ranking. */
export interface PlaceRequest {
  readonly view: BoardView;
  readonly userId: string;
}

/** Batching reads of boards. */
export interface LeaderboardLoaders {
  /** A ranking as a user sees it. All rankings that one user asks for are read at once. */
  readonly seen: DataLoader<PlaceRequest, BoardView, string>;
  /** Where a user stands; null for who has no entry. All users of one ranking are asked for at once. */
  readonly places: DataLoader<PlaceRequest, BoardEntry | null, string>;
  /** How many entries a ranking has. */
  readonly counts: DataLoader<BoardView, number, string>;
}

/** Makes the loaders of one operation. */
export function createLeaderboardLoaders(boards: LeaderboardService): LeaderboardLoaders {
  const cacheKeyFn = ({ view, userId }: PlaceRequest): string => `${userId}/${keyOf(view)}`;
  return {
    seen: new DataLoader<PlaceRequest, BoardView, string>(
      async (requests) => {
        const found = await inGroups(requests, userOf, ({ userId }, group) => boards.seenBy(group.map(viewOf), userId));
        return requests.map((request) => found.get(request) ?? request.view);
      },
      { cacheKeyFn },
    ),
    places: new DataLoader<PlaceRequest, BoardEntry | null, string>(
      async (requests) => {
        const found = await inGroups(
          requests,
          ({ view }) => keyOf(view),
          ({ view }, group) => boards.places(view, group.map(userOf)),
        );
        return requests.map((request) => found.get(request) ?? null);
      },
      { cacheKeyFn },
    ),
    counts: new DataLoader((views) => Promise.all(views.map((view) => boards.count(view))), { cacheKeyFn: keyOf }),
  };
}

const userOf = ({ userId }: PlaceRequest): string => userId;
const viewOf = ({ view }: PlaceRequest): BoardView => view;

/** What is read of requests, those of one group at once and in their order. */
async function inGroups<T>(
  requests: readonly PlaceRequest[],
  groupOf: (request: PlaceRequest) => string,
  read: (first: PlaceRequest, group: readonly PlaceRequest[]) => Promise<readonly T[]>,
): Promise<Map<PlaceRequest, T | undefined>> {
  const found = new Map<PlaceRequest, T | undefined>();
  await Promise.all(
    [...Map.groupBy(requests, groupOf).values()].map(async (group) => {
      const [first] = group;
      const answers = first === undefined ? [] : await read(first, group);
      for (const [index, request] of group.entries()) found.set(request, answers[index]);
    }),
  );
  return found;
}

function keyOf({ board, by, period, own }: BoardView): string {
  return JSON.stringify([board.key, period.period, by, own?.standing]);
}
