import type { ServerResponse } from 'node:http';

/** Whether this process can serve, and on what it stands. */
export interface Readiness {
  readonly ready: boolean;
  readonly database: 'up' | 'down';
  /** `none`: not configured. Redis away makes answers slower, not wrong, so it only degrades. */
  readonly redis: 'up' | 'down' | 'none';
  readonly draining: boolean;
}

/** The process lives. */
export function answerHealth(response: ServerResponse): void {
  answer(response, 200, { status: 'ok' });
}

/** 503 when the database is away or the process drains. */
export function answerReady(response: ServerResponse, readiness: Readiness): void {
  const status = !readiness.ready ? 'unavailable' : readiness.redis === 'down' ? 'degraded' : 'ready';
  answer(response, readiness.ready ? 200 : 503, { status, ...readiness });
}

function answer(response: ServerResponse, status: number, body: object): void {
  response
    .writeHead(status, { 'Content-Type': 'application/json; charset=utf-8', 'Cache-Control': 'no-store' })
    .end(JSON.stringify(body));
}
