import { type Argon2Parameters, argon2, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { ApiError } from '../../graphql/errors.ts';
import { InvalidUserError } from '../users/errors.ts';
import { sameSecret } from './keys.ts';

/** Hashes passwords and compares them. */
export interface Passwords {
  /** argon2id in PHC form, with a salt of its own. Throws RATE_LIMITED while too many wait. */
  hash(password: string): Promise<string>;
  /** Whether the password is the one of the hash. Without a hash the answer is no, after the same work. */
  verify(password: string, hash: string | null): Promise<boolean>;
}

/** OWASP, Password Storage Cheat Sheet: 19 MiB, 2 passes, 1 lane. */
const FIGURES = { memory: 19_456, passes: 2, parallelism: 1, tagLength: 32 } as const;
const SALT_BYTES = 16;
/** Each takes 19 MiB and a core for a moment: no more than this at once, and no more than so many behind them. */
const MOST_AT_ONCE = 2;
const MOST_WAITING = 64;
const RETRY_AFTER_MS = 2_000;

/** Characters of a password. */
export const PASSWORD_LENGTH = { least: 8, most: 200 } as const;

const FORM = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;
const work = promisify(argon2);

/** Makes it; the figures of new hashes are those above, old ones keep their own. */
export function createPasswords(): Passwords {
  const gate = new Gate();
  // Nobody's: what a password is compared with where there is none.
  const nobodys = { ...FIGURES, salt: randomBytes(SALT_BYTES) };
  const derive = (password: string, { salt, ...figures }: Figures): Promise<Buffer> =>
    gate.run(() => work('argon2id', { ...figures, message: password.normalize('NFKC'), nonce: salt }));
  return {
    async hash(password) {
      const salt = randomBytes(SALT_BYTES);
      return format(salt, await derive(password, { ...FIGURES, salt }));
    },
    async verify(password, hash) {
      const parsed = hash === null ? null : parse(hash);
      const derived = await derive(password, parsed?.figures ?? nobodys);
      return parsed !== null && sameSecret(derived, parsed.tag);
    },
  };
}

type Figures = Pick<Argon2Parameters, 'memory' | 'passes' | 'parallelism' | 'tagLength'> & { readonly salt: Buffer };

function format(salt: Buffer, tag: Buffer): string {
  const { memory, passes, parallelism } = FIGURES;
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${bare(salt)}$${bare(tag)}`;
}

/** PHC form has base64 without padding. */
function bare(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}

function parse(hash: string): { readonly figures: Figures; readonly tag: Buffer } {
  const [, memory, passes, parallelism, salt = '', tagText = ''] = FORM.exec(hash) ?? [];
  if (tagText === '') throw new Error('a stored password hash has no form that is known');
  const tag = Buffer.from(tagText, 'base64');
  const figures = { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism) };
  return { figures: { ...figures, tagLength: tag.length, salt: Buffer.from(salt, 'base64') }, tag };
}

/** Lets a few through at a time. */
class Gate {
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#running >= MOST_AT_ONCE) {
      if (this.#waiting.length >= MOST_WAITING) {
        const figures = { retryAfterMs: RETRY_AFTER_MS, limit: MOST_WAITING };
        throw new ApiError('RATE_LIMITED', 'Too many sign in at this moment; try again', figures);
      }
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#running += 1;
    try {
      return await task();
    } finally {
      this.#running -= 1;
      this.#waiting.shift()?.();
    }
  }
}

/**
 * Checks a new password: 8 to 200 characters, whatever they are.
 * @throws InvalidUserError
 */
export function checkPassword(password: string): void {
  const { least, most } = PASSWORD_LENGTH;
  const length = [...password].length;
  if (length < least) throw new InvalidUserError([{ path: 'password', message: `has at least ${least} characters` }]);
  if (length > most) throw new InvalidUserError([{ path: 'password', message: `has at most ${most} characters` }]);
}
