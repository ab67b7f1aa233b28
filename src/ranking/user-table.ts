import { Buffer } from 'node:buffer';
import { longer, resized } from './growing-arrays.ts';
import { LookUp } from './look-up.ts';
import { type HashPart, NumberHash, spread } from './number-hash.ts';

/** Words of 32 bits in a UUID. */
const WORDS = 4;
const LENGTH = 36;
const DASH = 45;
/** Where each digit stands in the text. */
const PLACES = Uint8Array.from({ length: WORDS * 8 }, (_, digit) => {
  return digit + [8, 12, 16, 20].filter((dash) => digit >= dash).length;
});

/** What a digit is worth by its character code; -1: it is none. */
const WORTH = new Int32Array(128).fill(-1);
const DIGITS = Buffer.from('0123456789abcdef', 'latin1');
DIGITS.forEach((code, worth) => {
  WORTH[code] = worth;
});

/**
 * Gives users numbers (0, 1, 2, ...), which are the same in every ranking: 16 bytes for the id and about 6 to find it. A user who has a
 * number keeps it as long as the table lives.
 */
export class UserTable {
  #words = new Uint32Array(0);
  #size = 0;
  readonly #hash = new NumberHash();
  readonly #hashOf = (user: number): number => hashOf(this.#words, user * WORDS);
  readonly #asked = new Uint32Array(WORDS);
  /** Shared by all who look for users of this table, one after the other. */
  readonly found = new LookUp();
  readonly #text = Buffer.alloc(LENGTH, '-', 'latin1');

  /** How many users have a number. */
  get size(): number {
    return this.#size;
  }

  /** The number of a user; -1: has none, as has no text that is not a UUID in its usual form and lower case. */
  find(id: string): number {
    return read(id, this.#asked, 0) ? this.#findAsked() : -1;
  }

  /**
   * Finds users, as many as are looked for together at most; -1 for who has no number. Each step is one for all of them, in a loop so short
   * that the processor waits for the memory of many at once.
   */
  findAll(ids: readonly string[], found: LookUp): void {
    const { words, hashes, users, touched } = found;
    const count = ids.length;
    const hash = this.#hash;
    let touch = 0;
    for (let at = 0; at < count; at += 1) touch ^= touchText(ids[at] as string);
    for (let at = 0; at < count; at += 1) users[at] = read(ids[at] as string, words, at * WORDS) ? 0 : -1;
    for (let at = 0; at < count; at += 1) {
      const own = hashOf(words, at * WORDS);
      hashes[at] = own;
      touch ^= hash.partOf(own).touch(own);
    }
    // Whose slot has the same part of the hash is nearly always the one meant.
    for (let at = 0; at < count; at += 1) {
      if (users[at] !== 0) continue;
      const likely = hash.partOf(hashes[at] as number).likely(hashes[at] as number);
      users[at] = likely;
      if (likely >= 0) touch ^= this.#words[likely * WORDS] as number;
    }
    for (let at = 0; at < count; at += 1) {
      const likely = users[at] as number;
      if (likely < 0 || this.#isAsked(likely, words, at * WORDS)) continue;
      const own = hashes[at] as number;
      users[at] = this.#findIn(hash.partOf(own), own, words, at * WORDS);
    }
    touched[0] = touch;
  }

  /**
   * The number of a user, a new one where there is none.
   * @throws TypeError when the id is not a UUID in its usual form and lower case
   */
  add(id: string): number {
    if (!read(id, this.#asked, 0)) throw new TypeError(`ranks are of users with UUIDs in lower case, not of ${id}`);
    const found = this.#findAsked();
    if (found >= 0) return found;
    const user = this.#size;
    if (user * WORDS === this.#words.length) this.#words = resized(this.#words, longer(user) * WORDS);
    this.#words.set(this.#asked, user * WORDS);
    this.#hash.add(user, this.#hashOf);
    this.#size += 1;
    return user;
  }

  /** The id of a number that was given. */
  id(user: number): string {
    for (let digit = 0; digit < PLACES.length; digit += 1) {
      const word = this.#words[user * WORDS + (digit >>> 3)] as number;
      this.#text[PLACES[digit] as number] = DIGITS[(word >>> (28 - (digit & 7) * 4)) & 15] as number;
    }
    return this.#text.toString('latin1');
  }

  /** Whether the id of one number comes before that of another: as texts and as bytes, which is the same for UUIDs in lower case. */
  isBefore(one: number, two: number): boolean {
    for (let word = 0; word < WORDS; word += 1) {
      const left = this.#words[one * WORDS + word] as number;
      const right = this.#words[two * WORDS + word] as number;
      if (left !== right) return left < right;
    }
    return false;
  }

  #findAsked(): number {
    const hash = hashOf(this.#asked, 0);
    return this.#findIn(this.#hash.partOf(hash), hash, this.#asked, 0);
  }

  #findIn(part: HashPart, hash: number, asked: Uint32Array, from: number): number {
    for (let slot = part.first(hash); ; slot = part.next(hash, slot)) {
      const user = part.at(slot);
      if (user < 0 || this.#isAsked(user, asked, from)) return user;
    }
  }

  #isAsked(user: number, asked: Uint32Array, from: number): boolean {
    const words = this.#words;
    const at = user * WORDS;
    return (
      words[at + 3] === asked[from + 3] &&
      words[at + 2] === asked[from + 2] &&
      words[at + 1] === asked[from + 1] &&
      words[at] === asked[from]
    );
  }
}

function hashOf(words: Uint32Array, at: number): number {
  const head = Math.imul(words[at] as number, 0x9e3779b1) ^ Math.imul(words[at + 1] as number, 0x85ebca6b);
  const tail = Math.imul(words[at + 2] as number, 0xc2b2ae35) ^ Math.imul(words[at + 3] as number, 0x27d4eb2f);
  return spread(spread(head) ^ tail);
}

/** Reads a UUID into four words; false: it is none in its usual form and lower case. */
function read(id: string, words: Uint32Array, from: number): boolean {
  if (id.length !== LENGTH || !hasDash(id, 8) || !hasDash(id, 13) || !hasDash(id, 18) || !hasDash(id, 23)) return false;
  const [a, b, c, d] = [fourDigits(id, 0), fourDigits(id, 4), fourDigits(id, 9), fourDigits(id, 14)];
  const [e, f, g, h] = [fourDigits(id, 19), fourDigits(id, 24), fourDigits(id, 28), fourDigits(id, 32)];
  words[from] = (a << 16) | b;
  words[from + 1] = (c << 16) | d;
  words[from + 2] = (e << 16) | f;
  words[from + 3] = (g << 16) | h;
  return (a | b | c | d | e | f | g | h) >= 0;
}

/** Characters of a text from where it begins and ends in memory, of no meaning. */
function touchText(text: string): number {
  return text.charCodeAt(0) ^ text.charCodeAt(LENGTH - 1);
}

function hasDash(id: string, at: number): boolean {
  return id.charCodeAt(at) === DASH;
}

/** Negative when one of the four is no digit: -1 leaves its sign, however it is shifted. Written out, for every read goes through it. */
function fourDigits(id: string, at: number): number {
  const one = id.charCodeAt(at);
  const two = id.charCodeAt(at + 1);
  const three = id.charCodeAt(at + 2);
  const four = id.charCodeAt(at + 3);
  if ((one | two | three | four) >= WORTH.length) return -1;
  const high = ((WORTH[one] as number) << 12) | ((WORTH[two] as number) << 8);
  return high | ((WORTH[three] as number) << 4) | (WORTH[four] as number);
}
