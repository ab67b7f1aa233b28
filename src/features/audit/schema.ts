import { z } from 'zod';
import { builder } from '../../graphql/builder.ts';
import { badUserInput } from '../../graphql/errors.ts';
import { encodeId } from '../../graphql/global-id.ts';
import { decodeCursor, encodeCursor, pageOf, pageRequest } from '../../graphql/pages.ts';
import { isUuid } from '../../platform/ids.ts';
import { UserType } from '../users/schema.ts';
import type { AuditAction, AuditRow } from './service.ts';

const AuditActionEnum = builder.enumType('AuditAction', {
  description: 'What was decided. More may come.',
  values: {
    KEY_CREATED: { description: 'A server key was made.' },
    KEY_ROTATED: { description: 'A server key got another secret.' },
    KEY_REVOKED: { description: 'A server key was ended.' },
    ADMIN_INVITED: { description: 'A token that makes an admin was made.' },
    ADMIN_CLAIMED: { description: 'Somebody became an admin with such a token.' },
    ROLE_SET: { description: 'A person got another role, or lost it.' },
    USER_BLOCKED: { description: 'A user was blocked.' },
    USER_UNBLOCKED: { description: 'The block of a user was ended.' },
    USER_HIDDEN: { description: 'A user was taken off the boards.' },
    USER_SHOWN: { description: 'A user was put back on the boards.' },
    USER_QUARANTINED: { description: 'A user was put in quarantine.' },
    USER_RELEASED: { description: 'A quarantine ended.' },
    SUSPICION_DECIDED: { description: 'A reviewer decided what was suspected of a user.' },
    ACHIEVEMENT_GRANTED: { description: 'An achievement was given by hand.' },
    ACHIEVEMENT_REVOKED: { description: 'An achievement was taken away by hand.' },
    USER_RESET: { description: 'A user was started anew.' },
    USER_DELETED: { description: 'A user was erased.' },
    CATALOG_APPLIED: { description: 'A catalog became live.' },
    CATALOG_ROLLED_BACK: { description: 'An older catalog became live again.' },
  } satisfies Record<AuditAction, { description: string }>,
});

const AuditEntryType = builder.objectRef<AuditRow>('AuditEntry').implement({
  description: 'A decision, as it was written down with it.',
  fields: (t) => ({
    id: t.id({ description: '`auditEntry_` and a UUIDv7.', resolve: ({ id }) => encodeId('AuditEntry', id) }),
    at: t.expose('at', { type: 'DateTime', description: 'When.' }),
    actor: t.exposeString('actor', {
      description:
        'Who: `key <id>`, `admin <user id>`, `moderator <user id>`, ..., `user <id>` for a player, `admin`, `command line`, ' +
        '`laurel` for what the catalog says of doubted events.',
    }),
    person: t.field({
      type: UserType,
      nullable: true,
      description: 'The person who did it, as the user is now; null for keys, the command line and who is erased.',
      resolve: ({ actor }, _args, { loaders }) => {
        const [kind, id] = actor.split(' ');
        return kind === 'key' || id === undefined || !isUuid(id) ? null : loaders.users.byId.load(id);
      },
    }),
    action: t.field({
      type: AuditActionEnum,
      description: 'What was done.',
      resolve: ({ action }) => action as AuditAction,
    }),
    subject: t.exposeString('subject', { description: 'To whom or what: its id.' }),
    requestId: t.exposeString('requestId', { nullable: true, description: 'The request that asked for it.' }),
    before: t.field({
      type: 'JSON',
      nullable: true,
      description: 'What it was, in brief.',
      resolve: ({ before }) => before as never,
    }),
    after: t.field({
      type: 'JSON',
      nullable: true,
      description: 'What it became, in brief.',
      resolve: ({ after }) => after as never,
    }),
  }),
});

builder.queryField('auditLog', (t) =>
  t.connection(
    {
      type: AuditEntryType,
      description: 'Who decided what, newest first.',
      args: {
        actor: t.arg.string({
          description: 'Only of this one, as `AuditEntry.actor` names it.',
          validate: z.string().max(200).nullish(),
        }),
        action: t.arg({ type: AuditActionEnum, description: 'Only this.' }),
      },
      resolve: async (_root, { actor, action, ...args }, { services }) => {
        const request = pageRequest(args);
        const rows = await services.audit.page({
          actor: actor ?? null,
          action: action ?? null,
          after: request.after === null ? null : readPlace(request.after),
          before: request.before === null ? null : readPlace(request.before),
          limit: request.limit + 1,
          backwards: request.backwards,
        });
        return pageOf(request, rows, ({ id }) => encodeCursor(id));
      },
    },
    { name: 'AuditEntryConnection' },
    { name: 'AuditEntryEdge' },
  ),
);

function readPlace(cursor: string): string {
  const id = decodeCursor(cursor);
  if (!isUuid(id)) throw badUserInput(`'${cursor.slice(0, 60)}' is no cursor of this list`);
  return id;
}
