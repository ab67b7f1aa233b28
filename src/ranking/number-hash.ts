/** Part of the slots that may be taken. */
const MOST_TAKEN = 0.8;
/** Part of the slots that are taken after growing. */
const TAKEN_AFTER = 0.68;
const FIRST = 8;
const HASHES = 2 ** 32;
/** Numbers from which on a part is split in two: to put so many anew takes about a millisecond. */
const PART_MOST = 8_192;

/** The hash of what a number stands for. */
export type HashOf = (number: number) => number;

/**
 * Finds numbers (0, 1, 2, ...) by a hash of what they stand for, an unsigned integer of 32 bits; 5 to 5.9 bytes a number. Numbers are
 * never taken out. Who looks for one walks the part of its hash from `first` by `next` until `at` is the one meant, or -1: it is not
 * there. It grows part by part, so that no operation waits for all numbers to be put anew.
 */
export class NumberHash {
  /** Bits at the head of a hash that choose its part. */
  #depth = 0;
  /** The part of each head; several heads may have the same one. */
  #parts: HashPart[] = [new HashPart(0)];

  /** The part in which a number with a hash is, or would be. */
  partOf(hash: number): HashPart {
    return this.#parts[this.#headOf(hash)] as HashPart;
  }

  /** Puts in a number that is not in yet. `hashOf` is asked for the hash of numbers that are in, and of this one. */
  add(number: number, hashOf: HashOf): void {
    const hash = hashOf(number);
    while (this.partOf(hash).size >= PART_MOST) this.#split(this.#headOf(hash), number, hashOf);
    this.partOf(hash).add(number, hashOf);
  }

  #headOf(hash: number): number {
    return this.#depth === 0 ? 0 : hash >>> (32 - this.#depth);
  }

  #split(head: number, number: number, hashOf: HashOf): void {
    const part = this.#parts[head] as HashPart;
    if (part.depth === this.#depth) {
      this.#parts = this.#parts.flatMap((each) => [each, each]);
      this.#depth += 1;
      this.#split(head * 2, number, hashOf);
      return;
    }
    const heads = 2 ** (this.#depth - part.depth);
    const from = head - (head % heads);
    const [low, high] = part.halves(number, hashOf);
    this.#parts.fill(low, from, from + heads / 2);
    this.#parts.fill(high, from + heads / 2, from + heads);
  }
}

/** The numbers whose hashes begin with the same bits; open addressing. */
export class HashPart {
  /** How many bits those are. */
  readonly depth: number;
  size = 0;
  /**
   * One more than the number, in as many bits as the longest needs; above it so much of its hash as there is room for: whose hash differs
   * is not looked at, which would be a read of memory that nobody has read before. 0: the slot is free.
   */
  #slots = new Uint32Array(FIRST);
  #numberBits = 3;

  constructor(depth: number) {
    this.depth = depth;
  }

  /** The slot where the walk for a hash begins. */
  first(hash: number): number {
    return this.#seek(hash, this.#home(hash));
  }

  /** The slot where it goes on after one. */
  next(hash: number, slot: number): number {
    return this.#seek(hash, slot + 1);
  }

  /** The number in a slot; -1: the slot is free. */
  at(slot: number): number {
    return (((this.#slots[slot] as number) << (32 - this.#numberBits)) >>> (32 - this.#numberBits)) - 1;
  }

  /** The number where the walk for a hash begins; -1: none with it is here. */
  likely(hash: number): number {
    return this.at(this.first(hash));
  }

  /** What is in the slot of a hash, of no meaning: whoever reads it has it in the cache when it is looked for. */
  touch(hash: number): number {
    return this.#slots[this.#home(hash)] as number;
  }

  /** Puts in a number that belongs here. */
  add(number: number, hashOf: HashOf): void {
    const isLong = bitsOf(number) > this.#numberBits;
    if (isLong || this.size >= this.#slots.length * MOST_TAKEN) this.#grow(number, hashOf);
    this.put(number, hashOf(number));
  }

  /** Two parts for the numbers of this one, by the next bit of their hashes. */
  halves(newest: number, hashOf: HashOf): [HashPart, HashPart] {
    const numberBits = this.#bitsFor(newest);
    const low = new HashPart(this.depth + 1);
    const high = new HashPart(this.depth + 1);
    for (const half of [low, high]) half.#makeRoom(this.size / 2, numberBits);
    for (let slot = 0; slot < this.#slots.length; slot += 1) {
      const number = this.at(slot);
      if (number < 0) continue;
      const hash = hashOf(number);
      const half = (hash << this.depth) >>> 31 === 0 ? low : high;
      if (half.size >= half.#slots.length * MOST_TAKEN) half.#grow(number, hashOf);
      half.put(number, hash);
    }
    return [low, high];
  }

  /** Puts in a number for which there is room. */
  put(number: number, hash: number): void {
    const slots = this.#slots;
    let slot = this.#home(hash);
    while (slots[slot] !== 0) slot = slot + 1 === slots.length ? 0 : slot + 1;
    slots[slot] = (hash << this.#numberBits) | (number + 1);
    this.size += 1;
  }

  /** Makes room for more numbers, and for one that may need more bits. */
  #grow(number: number, hashOf: HashOf): void {
    const before = this.#slots;
    const unused = 32 - this.#numberBits;
    this.#makeRoom(this.size, this.#bitsFor(number));
    this.size = 0;
    for (const held of before) {
      if (held === 0) continue;
      const each = ((held << unused) >>> unused) - 1;
      this.put(each, hashOf(each));
    }
  }

  /** One bit to spare: a number that is too long for all parts at once would have them all grow at once. */
  #bitsFor(number: number): number {
    return Math.max(this.#numberBits, bitsOf(number) + 1);
  }

  #makeRoom(size: number, numberBits: number): void {
    this.#slots = new Uint32Array(Math.max(FIRST, Math.ceil((size + 1) / TAKEN_AFTER)));
    this.#numberBits = numberBits;
  }

  /** Any number of slots, not powers of two only: what doubles would stand half empty. */
  #home(hash: number): number {
    return Math.floor((((hash << this.depth) >>> 0) / HASHES) * this.#slots.length);
  }

  /** The first slot from one on that is free or has the same part of the hash. */
  #seek(hash: number, from: number): number {
    const slots = this.#slots;
    const bits = this.#numberBits;
    const mark = (hash << bits) >>> bits;
    let slot = from;
    for (;;) {
      if (slot >= slots.length) slot = 0;
      const held = slots[slot] as number;
      if (held === 0 || held >>> bits === mark) return slot;
      slot += 1;
    }
  }
}

/** Bits that one more than a number needs. */
function bitsOf(number: number): number {
  return 32 - Math.clz32(number + 1);
}

/** Spreads an integer over all 32 bits, unsigned: the end of MurmurHash3. */
export function spread(value: number): number {
  let hash = value ^ (value >>> 16);
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
