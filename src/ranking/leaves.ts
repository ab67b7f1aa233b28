import { longer, resized, WideningColumn } from './growing-arrays.ts';

/** Entries from which on a leaf is cut in two. */
export const LEAF_MOST = 128;
/** Entries that the room of a leaf grows by. */
const UNIT = 16;
/** What is kept of a leaf, in words. */
const WORDS = 5;
const SIZE = 0;
const START = 1;
const UNITS = 2;
const RANKING = 3;
const PLACE = 4;

/**
 * The leaves of all rankings of a span, by number: each some consecutive entries of a ranking, in order, and what they are ordered by
 * first. They share two arrays, for arrays of their own would each be an object to allocate and to find. What is let go is used again.
 */
export class Leaves {
  /** The entries of a leaf stand from its start on. To be read only, and anew after every change. */
  entries = new Uint32Array(0);
  /** What each entry is ordered by first; of 8 bytes once there was one that does not fit in 4. */
  readonly primaries = new WideningColumn(new Int32Array(0));
  /** Up to where the arrays were cut into blocks. */
  #used = 0;
  /** One more than the start of the first free block of so many units; in it that of the next one. */
  readonly #freeBlocks: number[] = [];
  #heads = new Int32Array(0);
  #count = 0;
  readonly #freeLeaves: number[] = [];

  /** An empty leaf of a ranking. */
  make(ranking: number): number {
    const leaf = this.#freeLeaves.pop() ?? this.#count++;
    if (leaf * WORDS === this.#heads.length) {
      const length = leaf < UNIT ? Math.max(1, leaf * 2) : longer(leaf);
      this.#heads = resized(this.#heads, length * WORDS);
    }
    this.#heads.fill(0, leaf * WORDS, leaf * WORDS + WORDS);
    this.#heads[leaf * WORDS + RANKING] = ranking;
    return leaf;
  }

  /** Takes back a leaf in which nobody stands any more. */
  free(leaf: number): void {
    this.#freeBlock(leaf);
    this.#freeLeaves.push(leaf);
  }

  /** How many entries stand in a leaf. */
  sizeOf(leaf: number): number {
    return this.#heads[leaf * WORDS + SIZE] as number;
  }

  /** Where in the arrays a leaf starts. */
  startOf(leaf: number): number {
    return this.#heads[leaf * WORDS + START] as number;
  }

  /** The ranking of a leaf. */
  rankingOf(leaf: number): number {
    return this.#heads[leaf * WORDS + RANKING] as number;
  }

  /** The place of a leaf among those of its ranking. */
  placeOf(leaf: number): number {
    return this.#heads[leaf * WORDS + PLACE] as number;
  }

  /** Remembers the place of a leaf among those of its ranking. */
  setPlace(leaf: number, place: number): void {
    this.#heads[leaf * WORDS + PLACE] = place;
  }

  /** What the first entry of a leaf is ordered by first. */
  firstOf(leaf: number): number {
    return this.primaries.data[this.startOf(leaf)] as number;
  }

  /** Of the entries of a leaf, of no meaning: whoever reads it has them on the way to the cache when one is looked for. */
  touch(leaf: number): number {
    const [start, size] = [this.startOf(leaf), this.sizeOf(leaf)];
    const { entries } = this;
    return (
      (entries[start] as number) ^ (entries[start + (size >>> 2)] as number) ^ (entries[start + (size >>> 1)] as number)
    );
  }

  /** The place in a leaf of an entry that stands there. */
  find(leaf: number, entry: number): number {
    const { entries } = this;
    const start = this.startOf(leaf);
    let at = start;
    while (entries[at] !== entry) at += 1;
    return at - start;
  }

  /** Puts an entry in at a place of a leaf, before what stood there. */
  insert(leaf: number, place: number, entry: number, primary: number): void {
    const size = this.sizeOf(leaf);
    this.#makeRoom(leaf, size + 1);
    const start = this.startOf(leaf);
    const at = start + place;
    if (place < size) {
      this.entries.copyWithin(at + 1, at, start + size);
      this.primaries.data.copyWithin(at + 1, at, start + size);
    }
    this.entries[at] = entry;
    this.primaries.set(at, primary);
    this.#heads[leaf * WORDS + SIZE] = size + 1;
  }

  /** Takes out the entry at a place of a leaf. */
  removeAt(leaf: number, place: number): void {
    const size = this.sizeOf(leaf) - 1;
    const start = this.startOf(leaf);
    const at = start + place;
    if (place < size) {
      this.entries.copyWithin(at, at + 1, start + size + 1);
      this.primaries.data.copyWithin(at, at + 1, start + size + 1);
    }
    this.#heads[leaf * WORDS + SIZE] = size;
  }

  /** Moves the entries of a leaf from a place on to the end of another one. */
  move(leaf: number, place: number, to: number): void {
    const [size, moved] = [this.sizeOf(to), this.sizeOf(leaf) - place];
    this.#makeRoom(to, size + moved);
    const from = this.startOf(leaf) + place;
    this.#copy(from, moved, this.startOf(to) + size);
    this.#heads[to * WORDS + SIZE] = size + moved;
    this.#heads[leaf * WORDS + SIZE] = place;
  }

  #copy(from: number, count: number, to: number): void {
    this.entries.copyWithin(to, from, from + count);
    this.primaries.data.copyWithin(to, from, from + count);
  }

  /** Gives back the room that a leaf does not need any more, but for some entries more. */
  trim(leaf: number): void {
    const units = Math.ceil((this.sizeOf(leaf) + 1) / UNIT);
    if (units < (this.#heads[leaf * WORDS + UNITS] as number)) this.#settle(leaf, units);
  }

  #makeRoom(leaf: number, size: number): void {
    if (size > (this.#heads[leaf * WORDS + UNITS] as number) * UNIT) this.#settle(leaf, Math.ceil(size / UNIT));
  }

  /** Moves a leaf to a block of so many units. */
  #settle(leaf: number, units: number): void {
    const start = this.#takeBlock(units);
    this.#copy(this.startOf(leaf), this.sizeOf(leaf), start);
    this.#freeBlock(leaf);
    this.#heads[leaf * WORDS + START] = start;
    this.#heads[leaf * WORDS + UNITS] = units;
  }

  #takeBlock(units: number): number {
    const free = this.#freeBlocks[units] ?? 0;
    if (free > 0) {
      this.#freeBlocks[units] = this.entries[free - 1] as number;
      return free - 1;
    }
    if (this.#used + units * UNIT > this.entries.length) this.#grow(units * UNIT);
    const start = this.#used;
    this.#used += units * UNIT;
    return start;
  }

  /** Makes room for so many entries more, and closes the gaps: leaves that grow in step would leave more of them than they fill. */
  #grow(more: number): void {
    const heads = this.#heads;
    let used = 0;
    for (let head = 0; head < this.#count * WORDS; head += WORDS) used += (heads[head + UNITS] as number) * UNIT;
    const [before, own] = [this.entries, this.primaries.data];
    this.entries = new Uint32Array(Math.max(used + more, longer(used)));
    this.primaries.data = resized(own.subarray(0, 0), this.entries.length);
    used = 0;
    for (let head = 0; head < this.#count * WORDS; head += WORDS) {
      const units = heads[head + UNITS] as number;
      if (units === 0) continue;
      const start = heads[head + START] as number;
      const end = start + (heads[head + SIZE] as number);
      this.entries.set(before.subarray(start, end), used);
      this.primaries.data.set(own.subarray(start, end), used);
      heads[head + START] = used;
      used += units * UNIT;
    }
    this.#used = used;
    this.#freeBlocks.length = 0;
  }

  #freeBlock(leaf: number): void {
    const head = leaf * WORDS;
    const units = this.#heads[head + UNITS] as number;
    const start = this.#heads[head + START] as number;
    if (units === 0) return;
    while (this.#freeBlocks.length <= units) this.#freeBlocks.push(0);
    this.entries[start] = this.#freeBlocks[units] as number;
    this.#freeBlocks[units] = start + 1;
    this.#heads[head + UNITS] = 0;
  }
}
