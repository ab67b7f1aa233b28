import type { EntryTable } from './entry-table.ts';
import { LeafList } from './leaf-list.ts';
import { LEAF_MOST, type Leaves } from './leaves.ts';

/** A leaf with fewer entries is joined with a neighbour ... */
const FEW = LEAF_MOST / 4;
/** ... unless the two have more than this: what was joined should not be cut again soon. */
const JOINED_MOST = LEAF_MOST * 0.75;

/** Says of an entry that is equal in what entries are ordered by first whether it stands before the place that is looked for. */
export type IsBefore = (entry: number) => boolean;

/**
 * The entries of one ranking in their order, in leaves of a hundred and more: ascending by a number (`primary`), then by what the table
 * knows of them, which must not change while they stand here. An entry is found, counted, put in and taken out in the logarithm of
 * their number and a walk through one leaf.
 */
export class OrderedEntries {
  readonly number: number;
  readonly #table: EntryTable;
  readonly #leaves: Leaves;
  readonly #list: LeafList;
  #size = 0;

  /** @param number names the ranking among those of the table */
  constructor(table: EntryTable, number: number) {
    this.number = number;
    this.#table = table;
    this.#leaves = table.leaves;
    this.#list = new LeafList(table.leaves);
  }

  /** How many entries stand here. */
  get size(): number {
    return this.#size;
  }

  /** Puts in an entry of this ranking that stands nowhere. */
  insert(entry: number, primary: number): void {
    const table = this.#table;
    const isBefore: IsBefore = (other) => table.isBeforeEqual(other, entry);
    if (this.#size === 0) this.#list.insert(0, this.#leaves.make(this.number));
    const leaf = this.#list.leafFor(primary, isBefore);
    this.#leaves.insert(leaf, this.#placeIn(leaf, primary, isBefore), entry, primary);
    table.settle(entry, leaf);
    this.#size += 1;
    if (this.#leaves.sizeOf(leaf) < LEAF_MOST) this.#list.changed(leaf, 1);
    else this.#cut(leaf);
  }

  /**
   * Gives the entry that stands in a place of a leaf another `primary`, where it stays between its neighbours in the leaf with it and with
   * what the table knows of it by now; false: it does not, or has none on a side, and nothing is changed.
   */
  replace(leaf: number, place: number, primary: number): boolean {
    const { entries, primaries } = this.#leaves;
    const at = this.#leaves.startOf(leaf) + place;
    if (place === 0 || place + 1 >= this.#leaves.sizeOf(leaf)) return false;
    const before = primaries.data[at - 1] as number;
    const after = primaries.data[at + 1] as number;
    if (before > primary || after < primary) return false;
    const entry = entries[at] as number;
    if (before === primary && !this.#table.isBeforeEqual(entries[at - 1] as number, entry)) return false;
    if (after === primary && !this.#table.isBeforeEqual(entry, entries[at + 1] as number)) return false;
    primaries.set(at, primary);
    return true;
  }

  /** Takes out the entry that stands in a place of a leaf. */
  remove(leaf: number, place: number): void {
    const leaves = this.#leaves;
    this.#table.unsettle(leaves.entries[leaves.startOf(leaf) + place] as number, this.number);
    leaves.removeAt(leaf, place);
    this.#size -= 1;
    const size = leaves.sizeOf(leaf);
    if (size === 0) this.#drop(leaf);
    else this.#list.changed(leaf, -1);
    if (size > 0 && size < FEW) this.#join(leaf);
  }

  /** How many entries stand before a place of a leaf. */
  positionOf(leaf: number, place: number): number {
    return this.#list.before(leaf) + place;
  }

  /**
   * How many entries stand before a place: those with a lower `primary`, and those with the same of which `isBefore` says so; it must say
   * so of all up to one of them, and of none after it.
   */
  countBefore(primary: number, isBefore: IsBefore): number {
    if (this.#size === 0) return 0;
    const leaf = this.#list.leafFor(primary, isBefore);
    return this.positionOf(leaf, this.#placeIn(leaf, primary, isBefore));
  }

  /** Shows entries in order from a position on; fewer than `limit` where they end. */
  show(from: number, limit: number, see: (entry: number, primary: number, position: number) => void): void {
    const until = Math.min(from + limit, this.#size);
    if (from >= until) return;
    const leaves = this.#leaves;
    let position = from;
    let leaf: number | undefined = this.#list.leafWith(from);
    let place = from - this.#list.before(leaf);
    while (leaf !== undefined && position < until) {
      const [start, size] = [leaves.startOf(leaf), leaves.sizeOf(leaf)];
      for (; place < size && position < until; place += 1) {
        see(leaves.entries[start + place] as number, leaves.primaries.data[start + place] as number, position);
        position += 1;
      }
      leaf = this.#list.at(leaves.placeOf(leaf) + 1);
      place = 0;
    }
  }

  #cut(leaf: number): void {
    const rest = this.#leaves.make(this.number);
    this.#leaves.move(leaf, LEAF_MOST / 2, rest);
    this.#leaves.trim(leaf);
    this.#settle(rest, 0);
    this.#list.insert(this.#leaves.placeOf(leaf) + 1, rest);
  }

  /** Joins a small leaf with the next one or the one before, where both are small enough together. */
  #join(leaf: number): void {
    const leaves = this.#leaves;
    const own = leaves.placeOf(leaf);
    for (const at of [own, own - 1]) {
      const [left, right] = [this.#list.at(at), this.#list.at(at + 1)];
      if (left === undefined || right === undefined) continue;
      const from = leaves.sizeOf(left);
      if (from + leaves.sizeOf(right) > JOINED_MOST) continue;
      leaves.move(right, 0, left);
      this.#settle(left, from);
      this.#drop(right);
      return;
    }
  }

  #settle(leaf: number, from: number): void {
    const { entries } = this.#leaves;
    const start = this.#leaves.startOf(leaf);
    const end = start + this.#leaves.sizeOf(leaf);
    for (let at = start + from; at < end; at += 1) this.#table.settle(entries[at] as number, leaf);
  }

  #drop(leaf: number): void {
    this.#list.remove(leaf);
    this.#leaves.free(leaf);
  }

  /** How many entries of a leaf are before a place. */
  #placeIn(leaf: number, primary: number, isBefore: IsBefore): number {
    const { entries, primaries } = this.#leaves;
    const { data } = primaries;
    const start = this.#leaves.startOf(leaf);
    let low = start;
    let high = start + this.#leaves.sizeOf(leaf);
    while (low < high) {
      const middle = (low + high) >>> 1;
      const own = data[middle] as number;
      if (own === primary ? isBefore(entries[middle] as number) : own < primary) low = middle + 1;
      else high = middle;
    }
    return low - start;
  }
}
