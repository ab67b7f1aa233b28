import { createHmac } from 'node:crypto';
import { z } from 'zod';
import { sameSecret } from './keys.ts';

/** Whom Telegram vouches for. */
export interface TelegramUser {
  readonly id: string;
  readonly firstName: string;
  readonly languageCode: string | null;
}

/** Older init data is refused, seconds. */
export const MOST_AGE_S = 3_600;
/** How far Telegram's clock may be ahead of ours, seconds. */
const MOST_AHEAD_S = 5;
/** Longest init data, characters. */
export const INIT_DATA_LENGTH = 4_096;

const userShape = z.object({
  id: z.number().int().positive().max(Number.MAX_SAFE_INTEGER),
  first_name: z.string(),
  language_code: z.string().nullish(),
});

/**
 * Verifies the init data of a Mini App (https://core.telegram.org/bots/webapps#validating-data-received-via-the-mini-app): the hash is
 * HMAC-SHA-256 over the sorted fields, its key HMAC("WebAppData", bot token). Null when anything is wrong. `now` in milliseconds.
 */
export function verifyInitData(botToken: string, initData: string, now: number): TelegramUser | null {
  if (initData.length > INIT_DATA_LENGTH) return null;
  const fields = [...new URLSearchParams(initData)];
  const values = new Map(fields);
  const given = values.get('hash') ?? '';
  // A field that stands there twice could be read in two ways.
  if (values.size !== fields.length || !/^[0-9a-f]{64}$/.test(given)) return null;
  const checked = fields
    .filter(([name]) => name !== 'hash')
    .map(([name, value]) => `${name}=${value}`)
    .sort()
    .join('\n');
  const key = createHmac('sha256', 'WebAppData').update(botToken).digest();
  if (!sameSecret(createHmac('sha256', key).update(checked).digest(), Buffer.from(given, 'hex'))) return null;
  const madeAt = /^\d{1,12}$/.test(values.get('auth_date') ?? '') ? Number(values.get('auth_date')) : Number.NaN;
  const ageS = now / 1_000 - madeAt;
  if (!(ageS <= MOST_AGE_S && ageS >= -MOST_AHEAD_S)) return null;
  return readUser(values.get('user') ?? '');
}

function readUser(json: string): TelegramUser | null {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return null;
  }
  const user = userShape.safeParse(value).data;
  if (user === undefined) return null;
  return { id: String(user.id), firstName: user.first_name, languageCode: user.language_code ?? null };
}
