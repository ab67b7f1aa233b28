import type { Principal } from '../../src/features/auth/principal.ts';
import type { GraphQLHandler } from '../../src/http/handler.ts';
import { createHttpServer, type HttpServer } from '../../src/http/server.ts';
import type { SocketFigures } from '../../src/http/socket-parts.ts';

import { systemClock } from '../../src/platform/clock.ts';
import { createLogger } from '../../src/platform/logger.ts';

/** An HTTP edge without a Laurel behind it: it answers no operation. */
export async function startEdge({
  figures = {},
  authenticate = async () => ({ kind: 'anonymous' }),
}: {
  readonly figures?: Partial<SocketFigures>;
  readonly authenticate?: (authorization: string | null) => Promise<Principal>;
}): Promise<{ readonly url: string; readonly edge: HttpServer }> {
  const edge = createHttpServer({
    handler: {} as GraphQLHandler,
    origins: { loopbackOnly: true, allowed: [] },
    clock: systemClock,
    logger: createLogger({ level: 'silent' }),
    version: 'test',
    development: true,
    authenticate,
    watchAccess: () => () => undefined,
    watchKey: () => () => undefined,
    trustedHops: 0,
    rates: { take: async () => undefined },
    readiness: async () => ({ ready: true, database: 'up', redis: 'none', draining: false }),
    figures,
  });
  const { url } = await edge.listen(0, '127.0.0.1');
  return { url, edge };
}
