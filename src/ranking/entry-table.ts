import { longer, resized, WideningColumn } from './growing-arrays.ts';
import { Leaves } from './leaves.ts';
import type { LookUp } from './look-up.ts';
import { type HashPart, NumberHash, spread } from './number-hash.ts';
import type { UserTable } from './user-table.ts';

/**
 * The entries of all rankings of a span, by number: a user in a ranking. 20 bytes and about 6 to find it (24 once there is a version of
 * more than 32 bits); what it is ordered by first stands in its leaf. An entry is never taken out: who has left a ranking is
 * remembered with the version that took them away.
 */
export class EntryTable {
  readonly users: UserTable;
  readonly leaves = new Leaves();
  readonly versions = new WideningColumn(new Uint32Array(0));
  /**
   * Of each entry 16 bytes that are read together: what it is ordered by second, the user, and the leaf it stands in; of one that stands
   * nowhere the ranking, as -1 - number.
   */
  #seconds = new Float64Array(0);
  #links = new Int32Array(0);
  #size = 0;
  readonly #hash = new NumberHash();
  readonly #hashOf = (entry: number): number => hashOf(this.#rankingOf(entry), this.userOf(entry));

  constructor(users: UserTable) {
    this.users = users;
  }

  /** The entry of a user in a ranking; -1: there never was one. */
  find(ranking: number, user: number): number {
    const hash = hashOf(ranking, user);
    return this.#findIn(this.#hash.partOf(hash), hash, ranking, user);
  }

  /** Finds the entries of the first `count` users in their rankings; -1: there never was one, or the user is not known. */
  findAll(count: number, { users, rankings, hashes, entries, touched }: LookUp): void {
    const hash = this.#hash;
    let touch = 0;
    for (let at = 0; at < count; at += 1) {
      const own = hashOf(rankings[at] as number, users[at] as number);
      hashes[at] = own;
      touch ^= hash.partOf(own).touch(own);
    }
    for (let at = 0; at < count; at += 1) {
      const likely = (users[at] as number) < 0 ? -1 : hash.partOf(hashes[at] as number).likely(hashes[at] as number);
      entries[at] = likely;
      if (likely >= 0) touch ^= this.userOf(likely);
    }
    for (let at = 0; at < count; at += 1) {
      const [likely, user, ranking] = [entries[at] as number, users[at] as number, rankings[at] as number];
      if (likely < 0) continue;
      if (!this.#isMeant(likely, ranking, user)) {
        const own = hashes[at] as number;
        entries[at] = this.#findIn(hash.partOf(own), own, ranking, user);
      }
      touch ^= this.#touchLeaf(entries[at] as number);
    }
    touched[0] = touch;
  }

  /** Makes the entry of a user in a ranking, where there is none; it stands nowhere yet. */
  add(ranking: number, user: number): number {
    const entry = this.#size;
    if (entry * 2 === this.#seconds.length) this.#grow();
    this.#links[entry * 4 + 2] = user;
    this.#links[entry * 4 + 3] = -1 - ranking;
    this.#hash.add(entry, this.#hashOf);
    this.#size += 1;
    return entry;
  }

  /** The user of an entry. */
  userOf(entry: number): number {
    return this.#links[entry * 4 + 2] as number;
  }

  /** What an entry is ordered by second, ascending. */
  secondaryOf(entry: number): number {
    return this.#seconds[entry * 2] as number;
  }

  /** Changes what an entry that stands nowhere is ordered by second. */
  setSecondary(entry: number, secondary: number): void {
    this.#seconds[entry * 2] = secondary;
  }

  /** The leaf in which an entry stands; below 0: it stands nowhere. */
  leafOf(entry: number): number {
    return this.#links[entry * 4 + 3] as number;
  }

  /** Remembers that an entry stands in a leaf. */
  settle(entry: number, leaf: number): void {
    this.#links[entry * 4 + 3] = leaf;
  }

  /** Remembers that an entry stands in no leaf of its ranking any more. */
  unsettle(entry: number, ranking: number): void {
    this.#links[entry * 4 + 3] = -1 - ranking;
  }

  /** Whether one entry is before another of the same ranking that is equal in what they are ordered by first. */
  isBeforeEqual(one: number, two: number): boolean {
    const left = this.secondaryOf(one);
    const right = this.secondaryOf(two);
    return left === right ? this.users.isBefore(this.userOf(one), this.userOf(two)) : left < right;
  }

  #findIn(part: HashPart, hash: number, ranking: number, user: number): number {
    for (let slot = part.first(hash); ; slot = part.next(hash, slot)) {
      const entry = part.at(slot);
      if (entry < 0 || this.#isMeant(entry, ranking, user)) return entry;
    }
  }

  #isMeant(entry: number, ranking: number, user: number): boolean {
    return this.userOf(entry) === user && this.#rankingOf(entry) === ranking;
  }

  #touchLeaf(entry: number): number {
    const leaf = entry < 0 ? -1 : this.leafOf(entry);
    return leaf < 0 ? 0 : this.leaves.touch(leaf);
  }

  #rankingOf(entry: number): number {
    const number = this.#links[entry * 4 + 3] as number;
    return number < 0 ? -1 - number : this.leaves.rankingOf(number);
  }

  #grow(): void {
    const length = longer(this.#seconds.length / 2);
    this.versions.resize(length);
    this.#seconds = resized(this.#seconds, length * 2);
    this.#links = new Int32Array(this.#seconds.buffer);
  }
}

function hashOf(ranking: number, user: number): number {
  return spread(user ^ Math.imul(ranking, 0x9e3779b1));
}
