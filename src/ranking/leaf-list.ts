import { resized } from './growing-arrays.ts';
import type { Leaves } from './leaves.ts';

/** Room for more leaves than there are. */
const SPARE = 16;
/** Of all rankings of one leaf; an empty array of each would be half of what a small ranking takes. */
const NO_FIRSTS = new Float64Array(0);
const NO_SUMS = new Int32Array(0);

/**
 * The leaves of a ranking in order: finds the leaf of a place or of a position, and counts what is before a leaf. Taking a leaf in or
 * out costs a walk over all of them, which the hundreds of entries that come between two such times pay.
 */
export class LeafList {
  readonly #leaves: Leaves;
  readonly #order: number[] = [];
  /** The `primary` of the first entry of each leaf; of no meaning while there is only one. */
  #firsts = NO_FIRSTS;
  /** Sizes of the leaves as a Fenwick tree, from 1; of no meaning while there is only one. */
  #sums = NO_SUMS;

  constructor(leaves: Leaves) {
    this.#leaves = leaves;
  }

  /** The leaf in a place; undefined: there are fewer. */
  at(place: number): number | undefined {
    return this.#order[place];
  }

  /** Puts a leaf in, at a place, which may have taken entries over from the one before. */
  insert(place: number, leaf: number): void {
    this.#order.splice(place, 0, leaf);
    this.#makeRoom();
    this.#firsts.copyWithin(place + 1, place, this.#order.length - 1);
    this.#renumber(place);
  }

  /** Takes a leaf out, whose entries the one before may have taken over. */
  remove(leaf: number): void {
    const place = this.#leaves.placeOf(leaf);
    this.#order.splice(place, 1);
    this.#firsts.copyWithin(place, place + 1, this.#order.length + 1);
    this.#renumber(place);
  }

  /** Takes in that a leaf has other entries than before, one more (1) or one less (-1). */
  changed(leaf: number, by: 1 | -1): void {
    const { length } = this.#order;
    if (length < 2) return;
    const [sums, place] = [this.#sums, this.#leaves.placeOf(leaf)];
    this.#firsts[place] = this.#leaves.firstOf(leaf);
    for (let at = place + 1; at <= length; at += at & -at) sums[at] = (sums[at] as number) + by;
  }

  /** How many entries stand in the leaves before one. */
  before(leaf: number): number {
    if (this.#order.length < 2) return 0;
    const sums = this.#sums;
    let sum = 0;
    for (let at = this.#leaves.placeOf(leaf); at > 0; at -= at & -at) sum += sums[at] as number;
    return sum;
  }

  /** The last leaf whose first entry is before a place, or the first leaf. There must be one. `isBefore` decides among equals. */
  leafFor(primary: number, isBefore: (entry: number) => boolean): number {
    const firsts = this.#firsts;
    let low = 0;
    let high = this.#order.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      const first = firsts[middle] as number;
      const isLater = first === primary ? isBefore(this.#firstEntryOf(this.#order[middle] as number)) : first < primary;
      if (isLater) low = middle;
      else high = middle - 1;
    }
    return this.#order[low] as number;
  }

  /** The leaf that has the entry of a position; there must be one. */
  leafWith(position: number): number {
    const { length } = this.#order;
    let at = 0;
    let left = position;
    if (length > 1) {
      for (let step = 2 ** Math.floor(Math.log2(length)); step > 0; step >>>= 1) {
        const sum = at + step <= length ? (this.#sums[at + step] as number) : Number.POSITIVE_INFINITY;
        if (sum > left) continue;
        at += step;
        left -= sum;
      }
    }
    return this.#order[at] as number;
  }

  #firstEntryOf(leaf: number): number {
    return this.#leaves.entries[this.#leaves.startOf(leaf)] as number;
  }

  /** Makes room for the leaves in order, and one more. */
  #makeRoom(): void {
    const { length } = this.#order;
    if (length < 2 || this.#sums.length > length) return;
    this.#firsts = resized(this.#firsts, length + SPARE + (length >>> 3));
    this.#sums = new Int32Array(this.#firsts.length);
  }

  /** Makes true again what is kept by the place of a leaf, where the leaves from one on have other places, and this one other entries. */
  #renumber(from: number): void {
    const [leaves, order, firsts] = [this.#leaves, this.#order, this.#firsts];
    for (let at = from; at < order.length; at += 1) leaves.setPlace(order[at] as number, at);
    if (order.length < 2) return;
    for (let at = Math.max(0, from - 1); at <= from && at < order.length; at += 1) {
      firsts[at] = leaves.firstOf(order[at] as number);
    }
    this.#sum();
  }

  #sum(): void {
    const [leaves, order, sums] = [this.#leaves, this.#order, this.#sums];
    const { length } = order;
    sums.fill(0, 0, length + 1);
    for (let at = 1; at <= length; at += 1) {
      const own = (sums[at] as number) + leaves.sizeOf(order[at - 1] as number);
      sums[at] = own;
      const parent = at + (at & -at);
      if (parent <= length) sums[parent] = (sums[parent] as number) + own;
    }
  }
}
