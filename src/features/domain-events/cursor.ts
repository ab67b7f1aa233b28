import { badUserInput } from '../../graphql/errors.ts';

const FORM = /^d1\.([0-9a-f-]{36})\.(0|[1-9]\d{0,15})$/;

/** A place in the feed of one log: the epoch changes when a backup is restored. */
export interface FeedCursor {
  readonly epoch: string;
  readonly position: number;
}

/** Makes the opaque cursor. */
export function encodeFeedCursor({ epoch, position }: FeedCursor): string {
  return Buffer.from(`d1.${epoch}.${position}`).toString('base64url');
}

/** Reads a cursor. @throws BAD_USER_INPUT for anything that is no cursor of a feed */
export function decodeFeedCursor(cursor: string): FeedCursor {
  const match = cursor.length > 120 ? null : FORM.exec(Buffer.from(cursor, 'base64url').toString('latin1'));
  const [, epoch = '', position = ''] = match ?? [];
  if (match === null || !Number.isSafeInteger(Number(position))) throw badUserInput('This is no cursor of the feed');
  return { epoch, position: Number(position) };
}
