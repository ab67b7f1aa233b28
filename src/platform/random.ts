import { randomFillSync } from 'node:crypto';

const LETTERS = 'abcdefghjkmnpqrstuvwxyz23456789';

/** A source of random numbers of 32 bits. */
export interface RandomWords {
  nextUint32(): number;
}

/** Words from the system's random source. It is asked for many at once: asking takes longer than making an id of a few. */
export function createRandomWords(): RandomWords {
  const words = new Uint32Array(1_024);
  let place = words.length;
  return {
    nextUint32() {
      if (place === words.length) {
        randomFillSync(words);
        place = 0;
      }
      const word = words[place] as number;
      place += 1;
      return word;
    },
  };
}

/** A source of random names; injected so that tests can be repeated. */
export interface RandomNames {
  /** `length` letters and digits without those that look alike; 31^8 is 8.5e11. */
  next(length: number): string;
}

const words = createRandomWords();

/** Names from the system's random source. */
export const systemRandomNames: RandomNames = {
  next(length) {
    let name = '';
    // 31 * 8 = 248: bytes above are dropped so that every letter is as likely as the others.
    while (name.length < length) {
      const byte = words.nextUint32() & 0xff;
      if (byte < 248) name += LETTERS[byte % LETTERS.length];
    }
    return name;
  },
};
