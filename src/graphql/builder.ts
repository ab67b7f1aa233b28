import SchemaBuilder from '@pothos/core';
import ComplexityPlugin from '@pothos/plugin-complexity';
import DataloaderPlugin from '@pothos/plugin-dataloader';
import ErrorsPlugin from '@pothos/plugin-errors';
import PrismaPlugin from '@pothos/plugin-prisma';
import RelayPlugin from '@pothos/plugin-relay';
import ScopeAuthPlugin from '@pothos/plugin-scope-auth';
import SimpleObjectsPlugin from '@pothos/plugin-simple-objects';
import ValidationPlugin from '@pothos/plugin-validation';
import {
  hasScope,
  moderates,
  observes,
  readsCatalog,
  readsUsers,
  recordsEvents,
  reviews,
  seesPrivate,
} from '../features/auth/principal.ts';
import { getDatamodel } from '../generated/pothos.ts';
import type { PrismaClient } from '../generated/prisma/client.ts';
import { argumentsPlugin } from './arguments-plugin.ts';
import { fieldCost, refuseCost } from './complexity.ts';
import type { Context } from './context.ts';
import { badUserInput, forbidden, unauthenticated } from './errors.ts';
import { checkNodeType, decodeId, encodeId } from './global-id.ts';
import { MOST_PER_PAGE, pageSize } from './pages.ts';
import { rightsPlugin } from './rights-plugin.ts';
import { addScalars } from './scalars.ts';
import type { SchemaShape } from './schema-shape.ts';

/** The one schema builder; features add their types to it, schema.ts loads them. */
export const builder = new SchemaBuilder<SchemaShape>({
  defaultFieldNullability: false,
  plugins: [
    RelayPlugin,
    ErrorsPlugin,
    rightsPlugin,
    ScopeAuthPlugin,
    argumentsPlugin,
    ValidationPlugin,
    ComplexityPlugin,
    DataloaderPlugin,
    PrismaPlugin,
    SimpleObjectsPlugin,
  ],
  relay: {
    cursorType: 'String',
    edgesFieldOptions: { nullable: { list: false, items: false }, description: 'The rows with their cursors.' },
    pageInfoFieldOptions: { description: 'Where the page stands in its list.' },
    cursorFieldOptions: { description: 'The place of the row: go on with `after` or `before` it.' },
    nodeFieldOptions: { nullable: false, description: 'The row.' },
    idFieldOptions: { description: 'The global id.' },
    defaultConnectionTypeOptions: { description: 'A page of a list.' },
    defaultEdgeTypeOptions: { description: 'A row of a page.' },
    hasNextPageFieldOptions: { description: 'There is more after this page.' },
    hasPreviousPageFieldOptions: { description: 'There is more before this page.' },
    startCursorFieldOptions: { description: 'The place of the first row.' },
    endCursorFieldOptions: { description: 'The place of the last row.' },
    nodesOnConnection: { description: 'The rows.' },
    encodeGlobalID: (typename, id) => encodeId(typename, String(id)),
    decodeGlobalID: (id) => decodeId(id),
    firstArgOptions: { description: 'How many from the start: 0 to 100, 20 by default.', validate: pageSize },
    lastArgOptions: { description: 'How many from the end: 0 to 100.', validate: pageSize },
    afterArgOptions: { description: 'Only what comes after this cursor.' },
    beforeArgOptions: { description: 'Only what comes before this cursor.' },
    nodeTypeOptions: { description: 'Anything with a global id.' },
    pageInfoTypeOptions: { description: 'Where a page stands in its list.' },
    nodeQueryOptions: {
      description: 'The object with this global id; null when absent or not visible, alike.',
      args: { id: { description: 'The global id.' } },
      resolve: (_root, { id }, _context, { schema }, resolveNode) => {
        checkNodeType(schema, id);
        return resolveNode(id);
      },
    },
    nodesQueryOptions: {
      description: 'The objects with these global ids (at most 100), in order; null where absent or not visible.',
      args: { ids: { description: 'The global ids.' } },
      resolve: (_root, { ids }, _context, { schema }, resolveNodes) => {
        if (ids.length > MOST_PER_PAGE) throw badUserInput(`ids: at most ${MOST_PER_PAGE}, not ${ids.length}`);
        for (const id of ids) checkNodeType(schema, id);
        return resolveNodes(ids);
      },
    },
  },
  errors: { defaultTypes: [] },
  scopeAuth: {
    authorizeOnSubscribe: true,
    authScopes: ({ principal }) => ({
      seesPrivate: (userId) => seesPrivate(principal, userId),
      isUser: (userId) => principal.kind === 'player' && principal.userId === userId,
      isPlayer: principal.kind === 'player',
      signedIn: principal.kind !== 'anonymous',
      readsUsers: readsUsers(principal),
      recordsEvents: recordsEvents(principal),
      eventsWrite: hasScope(principal, 'events:write'),
      eventsRead: hasScope(principal, 'events:read'),
      usersWrite: hasScope(principal, 'users:write'),
      catalogWrite: hasScope(principal, 'catalog:write'),
      administers: hasScope(principal, 'admin'),
      moderates: moderates(principal),
      observes: observes(principal),
      reviews: reviews(principal),
      readsCatalog: readsCatalog(principal),
    }),
    unauthorizedError: (_parent, context) => (context.principal.kind === 'anonymous' ? unauthenticated() : forbidden()),
  },
  validation: {
    validationError: ({ issues }) =>
      badUserInput(issues.map(({ path, message }) => `${(path ?? []).map(String).join('.')}: ${message}`).join('; ')),
  },
  complexity: { fieldComplexity: fieldCost, limit: { complexity: 5_000, depth: 12 }, complexityError: refuseCost },
  prisma: {
    client: prismaOf,
    dmmf: getDatamodel(),
    maxConnectionSize: 100,
    defaultConnectionSize: 20,
    onUnusedQuery: null,
  },
});

/** Features reach Prisma through their loaders and services; Pothos alone takes the client from the context. */
function prismaOf(context: Context): PrismaClient {
  return context.services.users.prisma;
}

addScalars(builder);
builder.queryType({ description: 'Reads. What is absent or not visible is null, alike.' });
builder.mutationType({ description: 'Writes. Each takes one input; a refusal is a member of the result union.' });
builder.subscriptionType({ description: 'Pushes over graphql-transport-ws or SSE.' });
