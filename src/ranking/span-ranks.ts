import type { Standing } from '../engine/ranking.ts';
import { EntryTable } from './entry-table.ts';
import { TOGETHER } from './look-up.ts';
import { OrderedEntries } from './ordered-entries.ts';
import type { RankChange, RankedBoard, RankedEntry } from './rank-index.ts';
import type { UserTable } from './user-table.ts';

/** What is taken in of a user, under one key of the span. */
export interface Taken extends Pick<RankChange, 'userId' | 'version' | 'standing'> {
  readonly by: string;
}

/** The rankings of one span: a board in one of its periods, with all its keys. Those without an entry answer as empty ones do. */
export class SpanRanks {
  readonly #users: UserTable;
  readonly #table: EntryTable;
  readonly #byKey = new Map<string, OrderedEntries>();
  readonly #isDescending: boolean;
  readonly #isLatestFirst: boolean;
  readonly #isShared: boolean;

  /** @param users gives the users their numbers, over all spans */
  constructor({ order, ties }: RankedBoard, users: UserTable) {
    this.#users = users;
    this.#table = new EntryTable(users);
    this.#isDescending = order === 'desc';
    this.#isLatestFirst = ties === 'latest';
    this.#isShared = ties === 'shared';
  }

  /**
   * Takes in what users bring, in this order, each unless something as new or newer is known of them.
   * @throws TypeError when a user's id is not a UUID in lower case; RangeError when a number is none that can be kept exactly
   */
  take(all: readonly Taken[]): void {
    for (let from = 0; from < all.length; from += TOGETHER) this.#takeTogether(all.slice(from, from + TOGETHER));
  }

  /** How many entries the ranking of a key has. */
  count(by: string): number {
    return this.#byKey.get(by)?.size ?? 0;
  }

  /** Entries of the ranking of a key, in order from a position on. */
  page(by: string, from: number, limit: number): RankedEntry[] {
    const ranking = this.#byKey.get(by);
    if (ranking === undefined) return [];
    const page: RankedEntry[] = [];
    let rank = 0;
    let last = Number.NaN;
    ranking.show(Math.max(0, from), limit, (entry, primary, position) => {
      if (page.length === 0) rank = this.#rankOf(ranking, primary, position);
      else if (!this.#isShared || primary !== last) rank = position + 1;
      last = primary;
      const userId = this.#users.id(this.#table.userOf(entry));
      page.push(this.#entryOf(entry, userId, primary, position, rank));
    });
    return page;
  }

  /** Where users stand in the ranking of a key, in the order asked; null: nowhere. */
  places(by: string, userIds: readonly string[]): (RankedEntry | null)[] {
    const ranking = this.#byKey.get(by);
    if (ranking === undefined) return userIds.map(() => null);
    const places: (RankedEntry | null)[] = [];
    const { found } = this.#users;
    for (let from = 0; from < userIds.length; from += TOGETHER) {
      const ids = userIds.slice(from, from + TOGETHER);
      this.#users.findAll(ids, found);
      found.rankings.fill(ranking.number, 0, ids.length);
      this.#table.findAll(ids.length, found);
      for (let at = 0; at < ids.length; at += 1) {
        places.push(this.#place(ranking, found.entries[at] as number, ids[at] as string));
      }
    }
    return places;
  }

  /** How many entries of the ranking of a key stand before a place. */
  before(by: string, { value, achievedAt, userId }: Standing): number {
    const secondary = this.#secondaryOf(achievedAt);
    const isBefore = (entry: number): boolean => {
      const own = this.#table.secondaryOf(entry);
      // The place may be of a user whom no ranking knows.
      return own === secondary ? this.#users.id(this.#table.userOf(entry)) < userId : own < secondary;
    };
    return this.#byKey.get(by)?.countBefore(this.#primaryOf(value), isBefore) ?? 0;
  }

  /** The keys whose rankings have entries, sorted. */
  keys(): string[] {
    return [...this.#byKey].flatMap(([key, { size }]) => (size > 0 ? [key] : [])).sort();
  }

  #takeTogether(all: readonly Taken[]): void {
    const { found } = this.#users;
    this.#users.findAll(
      all.map(({ userId }) => userId),
      found,
    );
    const rankings = all.map(({ by }) => this.#rankingOf(by));
    for (let at = 0; at < all.length; at += 1) found.rankings[at] = (rankings[at] as OrderedEntries).number;
    this.#table.findAll(all.length, found);
    for (let at = 0; at < all.length; at += 1) {
      this.#take(rankings[at] as OrderedEntries, all[at] as Taken, found.entries[at] as number);
    }
  }

  /** Takes in what a user brings. Who had no entry when they were looked for may have one by now. */
  #take(ranking: OrderedEntries, { userId, version, standing }: Taken, found: number): void {
    check(version);
    if (standing !== null) {
      check(standing.value);
      check(standing.achievedAt);
    }
    const table = this.#table;
    let entry = found;
    const user = entry < 0 ? this.#users.add(userId) : -1;
    if (entry < 0) entry = table.find(ranking.number, user);
    if (entry < 0) entry = table.add(ranking.number, user);
    else if (version <= (table.versions.data[entry] as number)) return;
    table.versions.set(entry, version);
    this.#stand(ranking, entry, standing);
  }

  #place(ranking: OrderedEntries, entry: number, userId: string): RankedEntry | null {
    const leaf = entry < 0 ? -1 : this.#table.leafOf(entry);
    if (leaf < 0) return null;
    const { leaves } = this.#table;
    const place = leaves.find(leaf, entry);
    const position = ranking.positionOf(leaf, place);
    const primary = leaves.primaries.data[leaves.startOf(leaf) + place] as number;
    return this.#entryOf(entry, userId, primary, position, this.#rankOf(ranking, primary, position));
  }

  #rankingOf(by: string): OrderedEntries {
    const known = this.#byKey.get(by);
    if (known !== undefined) return known;
    const ranking = new OrderedEntries(this.#table, this.#byKey.size);
    this.#byKey.set(by, ranking);
    return ranking;
  }

  /** Lets an entry stand where it should from now on. */
  #stand(ranking: OrderedEntries, entry: number, standing: Taken['standing']): void {
    const table = this.#table;
    const { leaves } = table;
    const leaf = table.leafOf(entry);
    const place = leaf < 0 ? 0 : leaves.find(leaf, entry);
    if (standing === null) {
      if (leaf >= 0) ranking.remove(leaf, place);
      return;
    }
    const primary = this.#primaryOf(standing.value);
    table.setSecondary(entry, this.#secondaryOf(standing.achievedAt));
    if (leaf >= 0 && ranking.replace(leaf, place, primary)) return;
    if (leaf >= 0) ranking.remove(leaf, place);
    ranking.insert(entry, primary);
  }

  #rankOf(ranking: OrderedEntries, primary: number, position: number): number {
    return 1 + (this.#isShared ? ranking.countBefore(primary, () => false) : position);
  }

  #entryOf(entry: number, userId: string, primary: number, position: number, rank: number): RankedEntry {
    const achievedAt = this.#secondaryOf(this.#table.secondaryOf(entry));
    return { userId, value: this.#primaryOf(primary), achievedAt, rank, position };
  }

  /** Of a value, by which entries ascend; and of that the value again. 0 - 0 is 0, and not -0 as its negative would be. */
  #primaryOf(value: number): number {
    return this.#isDescending ? 0 - value : value;
  }

  #secondaryOf(achievedAt: number): number {
    return this.#isLatestFirst ? 0 - achievedAt : achievedAt;
  }
}

function check(number: number): void {
  if (!Number.isSafeInteger(number)) throw new RangeError(`ranks are of integers up to 2^53 - 1, not of ${number}`);
}
