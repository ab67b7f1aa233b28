import { badUserInput } from '../../graphql/errors.ts';

const FORM = /^1\.([0-9a-f-]{36})\.([0-9a-f-]{36})\.(0|[1-9]\d{0,15})$/;

/** A place in one user's order of messages, in one log: the epoch changes when a backup is restored. */
export interface NotificationCursor {
  readonly epoch: string;
  readonly userId: string;
  readonly seq: number;
}

/** Makes the opaque cursor. */
export function encodeNotificationCursor({ epoch, userId, seq }: NotificationCursor): string {
  return Buffer.from(`1.${epoch}.${userId}.${seq}`).toString('base64url');
}

/**
 * Reads a cursor of this user.
 * @throws BAD_USER_INPUT for one that is malformed or another user's, alike
 */
export function decodeNotificationCursor(cursor: string, userId: string): NotificationCursor {
  const match = cursor.length > 200 ? null : FORM.exec(Buffer.from(cursor, 'base64url').toString('latin1'));
  const [, epoch = '', owner = '', seq = ''] = match ?? [];
  if (match === null || owner !== userId || !Number.isSafeInteger(Number(seq))) {
    throw badUserInput('This is no cursor of this user');
  }
  return { epoch, userId, seq: Number(seq) };
}
