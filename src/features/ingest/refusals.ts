import { builder } from '../../graphql/builder.ts';
import { ErrorInterface } from '../../graphql/refusal-types.ts';
import { InputIssueType } from '../users/schema.ts';
import {
  EventLimitError,
  EventNotAllowedError,
  EventTimeError,
  IdempotencyConflictError,
  InvalidEventDetailsError,
  TemporarilyUnavailableError,
  UnknownEventTypeError,
  ValueOutOfRangeError,
} from './errors.ts';
import { EventObject } from './schema.ts';

builder.objectType(UnknownEventTypeError, {
  name: 'UnknownEventTypeError',
  description: 'The catalog declares no such event type.',
  interfaces: [ErrorInterface],
  fields: (t) => ({
    suggestion: t.exposeString('suggestion', { nullable: true, description: 'The type that was probably meant.' }),
  }),
});
builder.objectType(EventNotAllowedError, {
  name: 'EventNotAllowedError',
  description: 'This caller may not report this event type, or not for this user.',
  interfaces: [ErrorInterface],
});
builder.objectType(InvalidEventDetailsError, {
  name: 'InvalidEventDetailsError',
  description: 'The details do not fit what the event type declares.',
  interfaces: [ErrorInterface],
  fields: (t) => ({ issues: t.expose('issues', { type: [InputIssueType], description: 'Every fault.' }) }),
});
builder.objectType(EventTimeError, {
  name: 'EventTimeError',
  description: 'occurredAt lies further ahead, or further back, than is taken.',
  interfaces: [ErrorInterface],
  fields: (t) => ({
    earliest: t.expose('earliest', { type: 'DateTime', description: 'The earliest that is taken now.' }),
    latest: t.expose('latest', { type: 'DateTime', description: 'The latest that is taken now.' }),
  }),
});
builder.objectType(EventLimitError, {
  name: 'EventLimitError',
  description: 'More events of this type than the catalog takes in one window.',
  interfaces: [ErrorInterface],
  fields: (t) => ({
    retryAfterMs: t.exposeInt('retryAfterMs', { description: 'Milliseconds until the next window.' }),
  }),
});
builder.objectType(ValueOutOfRangeError, {
  name: 'ValueOutOfRangeError',
  description: 'A total would pass 2^53-1.',
  interfaces: [ErrorInterface],
});
builder.objectType(IdempotencyConflictError, {
  name: 'IdempotencyConflictError',
  description: 'The idempotency key was used for another payload.',
  interfaces: [ErrorInterface],
  fields: (t) => ({ event: t.expose('event', { type: EventObject, description: 'The event recorded with the key.' }) }),
});
builder.objectType(TemporarilyUnavailableError, {
  name: 'TemporarilyUnavailableError',
  description: 'It could not be recorded now; it is safe to send again with the same key.',
  interfaces: [ErrorInterface],
});
