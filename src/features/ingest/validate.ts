import { hash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { Catalog, EventType } from '../../engine/catalog.ts';
import { nearest } from '../../engine/format-fault.ts';
import type { Json } from '../../engine/state.ts';
import { badUserInput, type Refusal } from '../../graphql/errors.ts';
import { unstorable } from '../../platform/storable.ts';
import type { Principal } from '../auth/principal.ts';
import { hasScope, TRUSTS, trustOf } from '../auth/principal.ts';
import type { UserRef } from '../users/user-ref.ts';
import { detailsIssues } from './details.ts';
import { EventNotAllowedError, EventTimeError, InvalidEventDetailsError, UnknownEventTypeError } from './errors.ts';

/** Most bytes of details as JSON. */
export const DETAILS_BYTES = 1_024;
/** A clock this far ahead counts as now; further is refused. */
export const MOST_AHEAD_MS = 5 * 60_000;
/** Most characters of an idempotency key. */
export const KEY_LENGTH = 200;

/** An event as a caller sends it. */
export interface RecordRequest {
  readonly user: UserRef;
  readonly type: string;
  readonly details: Json;
  readonly occurredAt: Date | null;
  readonly sentAt: Date | null;
  readonly idempotencyKey: string | null;
}

/** A request that fits the catalog, with its times and hashes worked out. */
export interface CheckedEvent {
  readonly user: UserRef;
  readonly type: string;
  readonly details: { readonly [key: string]: Json } | null;
  readonly occurredAt: number;
  readonly idempotencyKey: string | null;
  /** First 16 bytes of SHA-256 of the key, as a UUID; null without a key. */
  readonly keyHash: string | null;
  /** SHA-256 over the canonical JSON (RFC 8785) of type, details, occurredAt as sent. */
  readonly payloadHash: Uint8Array;
  /** Its source is trusted as far as its type wants. */
  readonly isTrusted: boolean;
}

/**
 * Checks a request against the compiled catalog, without the database.
 * @param receipt time of receipt, milliseconds since the epoch; a log that moves in may be of any age
 * @returns the refusal, or the checked event
 */
export function checkEvent(
  catalog: Catalog,
  principal: Principal,
  request: RecordRequest,
  { now, isHistory }: { readonly now: number; readonly isHistory: boolean },
): CheckedEvent | Refusal {
  const type = catalog.eventTypes.get(request.type);
  if (type === undefined)
    return new UnknownEventTypeError(
      request.type.slice(0, 100),
      nearest(request.type, catalog.eventTypes.keys()) ?? null,
    );
  if (!mayReport(principal, type)) return new EventNotAllowedError(type.key);
  const { details } = request;
  const issues = checkDetails(catalog, type, details);
  if (issues.length > 0) return new InvalidEventDetailsError(type.key, issues);
  const occurredAt = eventTime(request, now);
  const earliest = isHistory ? 0 : now - type.maxLatenessMs;
  if (occurredAt > now + MOST_AHEAD_MS || occurredAt < earliest) {
    return new EventTimeError(new Date(earliest), new Date(now + MOST_AHEAD_MS));
  }
  return {
    user: request.user,
    type: type.key,
    details: details as CheckedEvent['details'],
    occurredAt: Math.min(occurredAt, now),
    idempotencyKey: request.idempotencyKey,
    keyHash: request.idempotencyKey === null ? null : hashKey(request.idempotencyKey),
    payloadHash: hashPayload(request),
    isTrusted: TRUSTS.indexOf(trustOf(principal)) >= TRUSTS.indexOf(type.trust),
  };
}

/** With `sentAt` the caller's clock error (received - sentAt) is taken out of occurredAt. */
function eventTime({ occurredAt, sentAt }: RecordRequest, now: number): number {
  if (occurredAt === null) return now;
  return occurredAt.getTime() + (sentAt === null ? 0 : now - sentAt.getTime());
}

function mayReport(principal: Principal, type: EventType): boolean {
  return hasScope(principal, 'events:write') || (principal.kind === 'player' && type.from === 'player');
}

function checkDetails(catalog: Catalog, type: EventType, details: Json): readonly { path: string; message: string }[] {
  if (details === null) return detailsIssues(catalog, type, {});
  if (typeof details !== 'object' || Array.isArray(details)) return [{ path: '', message: 'must be an object' }];
  const json = JSON.stringify(details);
  const bytes = Buffer.byteLength(json);
  if (bytes > DETAILS_BYTES)
    return [{ path: '', message: `has ${bytes} bytes of JSON; at most ${DETAILS_BYTES} are taken` }];
  const fault = unstorable(details);
  if (fault !== null) return [{ path: '', message: fault }];
  return detailsIssues(catalog, type, details);
}

/**
 * Checks the keys of a whole call before anything of it is recorded.
 * @throws BAD_USER_INPUT for a key that is empty, too long, or cannot be kept
 */
export function checkKeys(requests: readonly RecordRequest[]): void {
  for (const { idempotencyKey } of requests) if (idempotencyKey !== null) checkKey(idempotencyKey);
}

function checkKey(key: string): void {
  if (key.length < 1 || key.length > KEY_LENGTH) throw badUserInput(`idempotencyKey has 1 to ${KEY_LENGTH} characters`);
  const fault = unstorable(key);
  if (fault !== null) throw badUserInput(`idempotencyKey ${fault}`);
}

/** First 16 bytes of SHA-256 of an idempotency key, as a UUID. */
export function hashKey(key: string): string {
  const hex = hash('sha256', key, 'hex');
  return hex.slice(0, 32).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** SHA-256 over the canonical JSON (RFC 8785) of type, details, occurredAt as sent; of details that can be stored. */
export function hashPayload({ type, details, occurredAt }: RecordRequest): Uint8Array {
  const payload = canonicalize({ type, details, occurredAt: occurredAt?.toISOString() ?? null });
  return hash('sha256', payload ?? '', 'buffer');
}
