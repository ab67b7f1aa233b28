import { z } from 'zod';
import type { Json } from '../../engine/state.ts';
import { unstorable } from '../../platform/storable.ts';
import { type InputIssue, InvalidUserError } from './errors.ts';
import type { UserFields } from './store.ts';
import { EXTERNAL_ID_LENGTH, USERNAME_LENGTH } from './user-ref.ts';

/** Most bytes of a user's attributes as JSON. */
export const ATTRIBUTES_BYTES = 4_096;

/** What a client may set, as it sends it. */
export interface UserInput {
  readonly username?: string | null | undefined;
  readonly email?: string | null | undefined;
  readonly externalId?: string | null | undefined;
  readonly displayName?: string | null | undefined;
  readonly avatar?: string | null | undefined;
  readonly timezone?: string | null | undefined;
  readonly locale?: string | null | undefined;
  readonly attributes?: Json | undefined;
  readonly test?: boolean | null | undefined;
  readonly showOnLeaderboards?: boolean | null | undefined;
}

/** Control characters would let a name rewrite the terminal or the log line it is printed in. */
const NO_CONTROL = /^[^\p{Cc}]*$/u;

function text(most: number): z.ZodType<string> {
  return z
    .string()
    .min(1, 'is empty')
    .max(most, `has at most ${most} characters`)
    .regex(NO_CONTROL, 'holds control characters')
    .refine((value) => value.isWellFormed(), 'holds half a character (a lone surrogate)');
}

const shape = z.object({
  username: text(USERNAME_LENGTH)
    .refine((name) => name.trim() === name, 'starts or ends with white space')
    .nullish(),
  email: text(100).pipe(z.email('is no e-mail address')).nullish(),
  externalId: text(EXTERNAL_ID_LENGTH).nullish(),
  displayName: text(100).nullish(),
  avatar: text(500).nullish(),
  timezone: z.string().refine(isZone, 'is no IANA time zone').nullish(),
  locale: z.string().refine(isLocale, 'is no language tag').nullish(),
  attributes: z.unknown().optional(),
  test: z.boolean().nullish(),
  showOnLeaderboards: z.boolean().nullish(),
});

/**
 * Checks what a client sets on a user; `declared` are the catalog's attribute types ("string", "integer?", ...).
 * @throws InvalidUserError naming every fault
 */
export function readUserFields(input: UserInput, declared: Readonly<Record<string, string>>): UserFields {
  const parsed = shape.safeParse(input);
  const issues: InputIssue[] = parsed.success
    ? []
    : parsed.error.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message }));
  issues.push(...attributeIssues(input.attributes ?? null, declared));
  if (!parsed.success || issues.length > 0) throw new InvalidUserError(issues);
  const user = parsed.data;
  return {
    username: user.username ?? null,
    email: user.email ?? null,
    externalId: user.externalId ?? null,
    displayName: user.displayName ?? null,
    avatar: user.avatar ?? null,
    timezone: user.timezone ?? null,
    locale: user.locale ?? null,
    attributes: input.attributes == null ? null : JSON.stringify(input.attributes),
    test: user.test ?? null,
    showOnLeaderboards: user.showOnLeaderboards ?? null,
  };
}

function attributeIssues(attributes: Json, declared: Readonly<Record<string, string>>): InputIssue[] {
  if (attributes === null) return [];
  if (typeof attributes !== 'object' || Array.isArray(attributes))
    return [{ path: 'attributes', message: 'is no object' }];
  const json = JSON.stringify(attributes);
  if (Buffer.byteLength(json) > ATTRIBUTES_BYTES) {
    return [{ path: 'attributes', message: `has more than ${ATTRIBUTES_BYTES} bytes of JSON` }];
  }
  const fault = unstorable(attributes);
  if (fault !== null) return [{ path: 'attributes', message: fault }];
  return Object.entries(attributes).flatMap(([name, value]) => {
    const type = Object.hasOwn(declared, name) ? declared[name]?.replace('?', '') : undefined;
    if (type === undefined || value === null || fits(type, value)) return [];
    return [{ path: `attributes.${name}`, message: `is no ${type}` }];
  });
}

function fits(type: string, value: Json): boolean {
  if (type === 'integer') return Number.isSafeInteger(value);
  return ['string', 'number', 'boolean'].includes(type) ? typeof value === type : true;
}

/** Zones that were found good: asking takes some 50 us, and an import asks for every player. */
const zones = new Set<string>();
const MOST_ZONES = 1_000;

function isZone(name: string): boolean {
  if (zones.has(name)) return true;
  // '+03:00' is accepted by Intl but has no daylight saving rules to follow.
  if (/^[+-]/.test(name)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
  } catch {
    return false;
  }
  if (zones.size >= MOST_ZONES) zones.clear();
  zones.add(name);
  return true;
}

function isLocale(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag).length === 1 && tag.length <= 35;
  } catch {
    return false;
  }
}
