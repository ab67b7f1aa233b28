import type { ServerResponse } from 'node:http';

const READABLE = 'X-Request-ID, X-Response-Time, X-Laurel-Version';
const SENT = 'Authorization, Content-Type, Accept-Language, X-Request-ID';
const PREFLIGHT_SECONDS = 600;

/** Lets a page of this origin, which was allowed before, read the answer. Credentials are headers, never cookies. */
export function allowOrigin(response: ServerResponse, origin: string): void {
  response.setHeader('Access-Control-Allow-Origin', origin);
  response.setHeader('Access-Control-Expose-Headers', READABLE);
  response.setHeader('Vary', 'Origin');
}

/** Answers what a browser asks before it posts from an allowed origin. */
export function answerPreflight(response: ServerResponse): void {
  response
    .writeHead(204, {
      'Access-Control-Allow-Methods': 'POST',
      'Access-Control-Allow-Headers': SENT,
      'Access-Control-Max-Age': PREFLIGHT_SECONDS,
    })
    .end();
}
