import { z } from 'zod';
import type { Json } from '../../engine/state.ts';
import { ApiError } from '../../graphql/errors.ts';
import { unstorable } from '../../platform/storable.ts';
import type { RecordRequest } from '../ingest/service.ts';
import { readUserRef } from '../users/user-ref.ts';

const shape = z.strictObject({
  user: z.strictObject({
    id: z.string().optional(),
    externalId: z.string().optional(),
    username: z.string().optional(),
  }),
  type: z.string(),
  details: z.json().optional(),
  occurredAt: z.iso.datetime({ offset: true, error: 'is a time, as in 2026-11-21T10:00:00Z' }),
  idempotencyKey: z
    .string()
    .min(1)
    .max(200)
    .refine((key) => unstorable(key) === null, 'cannot be kept')
    .optional(),
});

/**
 * Reads a line of a file of events.
 * @param ownKey the idempotency key of a line that brings none
 * @returns the event as ingest takes it, or everything that is wrong with the line
 */
export function readEventLine(text: string, ownKey: string): RecordRequest | string {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return 'is no JSON';
  }
  const parsed = shape.safeParse(json);
  if (!parsed.success) return parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`).join('; ');
  const { user, type, details = null, occurredAt, idempotencyKey = ownKey } = parsed.data;
  try {
    const at = new Date(occurredAt);
    return { user: readUserRef(user), type, details: details as Json, occurredAt: at, sentAt: null, idempotencyKey };
  } catch (error) {
    if (error instanceof ApiError) return error.message;
    throw error;
  }
}
