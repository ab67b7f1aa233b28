import { randomBytes } from 'node:crypto';

const LETTERS = 'abcdefghjkmnpqrstuvwxyz23456789';

/** A source of random names; injected so that tests can be repeated. */
export interface RandomNames {
  /** `length` letters and digits without those that look alike; 31^8 is 8.5e11. */
  next(length: number): string;
}

/** Names from the system's random source. */
export const systemRandomNames: RandomNames = {
  next(length) {
    let name = '';
    // 31 * 8 = 248: bytes above are dropped so that every letter is as likely as the others.
    while (name.length < length) {
      for (const byte of randomBytes(length))
        if (byte < 248 && name.length < length) name += LETTERS[byte % LETTERS.length];
    }
    return name;
  },
};
