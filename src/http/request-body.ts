import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import type { FormRefusal } from './request-form.ts';
import { MOST_BODY_BYTES, tooLong } from './request-form.ts';

const BYTE_ORDER_MARK = Buffer.from('\u{feff}');

/** A body, why there is none, or null: the client is gone. */
export type ReceivedBody = { readonly body: Buffer } | { readonly refusal: FormRefusal } | null;

/**
 * Reads the body of a request whose form was checked. Refuses one over the bound as soon as it is passed, however it is sent, and
 * one that is not UTF-8; leaves a byte order mark out.
 */
export async function receiveBody(request: IncomingMessage): Promise<ReceivedBody> {
  const body = await readBytes(request, MOST_BODY_BYTES);
  if (body === 'cut') return null;
  if (body === 'too long') return { refusal: tooLong() };
  if (!isUtf8(body)) return { refusal: { status: 400, message: 'The body is not UTF-8' } };
  return { body: body.subarray(0, 3).equals(BYTE_ORDER_MARK) ? body.subarray(3) : body };
}

function readBytes(request: IncomingMessage, most: number): Promise<Buffer | 'too long' | 'cut'> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const take = (chunk: Buffer): void => {
      bytes += chunk.length;
      if (bytes <= most) chunks.push(chunk);
      else {
        request.off('data', take);
        resolve('too long');
      }
    };
    request.on('data', take);
    request.once('end', () => {
      const [only] = chunks;
      resolve(only !== undefined && chunks.length === 1 ? only : Buffer.concat(chunks, bytes));
    });
    request.once('close', () => resolve('cut'));
  });
}
