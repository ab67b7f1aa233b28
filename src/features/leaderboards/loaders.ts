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
  /** Where a user stands; null for who has no entry. All users of one ranking are asked for at once. */
  readonly places: DataLoader<PlaceRequest, BoardEntry | null, string>;
  /** How many entries a ranking has. */
  readonly counts: DataLoader<BoardView, number, string>;
}

/** Makes the loaders of one operation. */
export function createLeaderboardLoaders(boards: LeaderboardService): LeaderboardLoaders {
  return {
    places: new DataLoader<PlaceRequest, BoardEntry | null, string>(
      async (requests) => {
        const found = new Map<PlaceRequest, BoardEntry | null>();
        const groups = Map.groupBy(requests, ({ view }) => keyOf(view));
        await Promise.all(
          [...groups.values()].map(async (group) => {
            const [first] = group;
            if (first === undefined) return;
            const places = await boards.places(
              first.view,
              group.map(({ userId }) => userId),
            );
            for (const [index, request] of group.entries()) found.set(request, places[index] ?? null);
          }),
        );
        return requests.map((request) => found.get(request) ?? null);
      },
      { cacheKeyFn: ({ view, userId }) => `${userId}/${keyOf(view)}` },
    ),
    counts: new DataLoader((views) => Promise.all(views.map((view) => boards.count(view))), { cacheKeyFn: keyOf }),
  };
}

function keyOf({ board, by, period, own }: BoardView): string {
  return JSON.stringify([board.key, period.period, by, own?.standing]);
}
