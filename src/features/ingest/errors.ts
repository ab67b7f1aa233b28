import { Refusal } from '../../graphql/errors.ts';
import type { EventRow } from './event-row.ts';

/** The catalog declares no such event type. */
export class UnknownEventTypeError extends Refusal {
  override readonly texts = {
    en: 'Unknown event type {type}{suggestion, select, none {} other {; did you mean {suggestion}?}}',
    ru: 'Неизвестный тип события {type}{suggestion, select, none {} other {; может быть, {suggestion}?}}',
  };
  readonly suggestion: string | null;

  constructor(type: string, suggestion: string | null) {
    super({ type, suggestion: suggestion ?? 'none' });
    this.suggestion = suggestion;
  }
}

/** This caller may not report this event type, or not for this user. */
export class EventNotAllowedError extends Refusal {
  override readonly texts = {
    en: 'You may not report {type} events for this user',
    ru: 'Вы не можете сообщать о событиях {type} для этого пользователя',
  };

  constructor(type: string) {
    super({ type });
  }
}

/** One thing that is wrong with the details, by JSON pointer ('' is the whole). */
export interface DetailsIssue {
  readonly path: string;
  readonly message: string;
}

/** The details do not fit what the event type declares; every fault is named. */
export class InvalidEventDetailsError extends Refusal {
  override readonly texts = {
    en: 'The details of {type} are not valid: {issues}',
    ru: 'Данные события {type} неверны: {issues}',
  };
  readonly issues: readonly DetailsIssue[];

  constructor(type: string, issues: readonly DetailsIssue[]) {
    super({ type, issues: issues.map(({ path, message }) => (path ? `${path} ${message}` : message)).join('; ') });
    this.issues = issues;
  }
}

/** occurredAt lies further ahead, or further back, than is taken. */
export class EventTimeError extends Refusal {
  override readonly texts = {
    en: 'occurredAt must lie between {earliest} and {latest}',
    ru: 'occurredAt должно быть между {earliest} и {latest}',
  };
  readonly earliest: Date;
  readonly latest: Date;

  constructor(earliest: Date, latest: Date) {
    super({ earliest: earliest.toISOString(), latest: latest.toISOString() });
    this.earliest = earliest;
    this.latest = latest;
  }
}

/** More events of this type than the catalog takes in one window. */
export class EventLimitError extends Refusal {
  override readonly texts = {
    en: 'Too many {type} events; try again in {seconds} s',
    ru: 'Слишком много событий {type}; повторите через {seconds} с',
  };
  readonly retryAfterMs: number;

  constructor(type: string, retryAfterMs: number) {
    super({ type, seconds: Math.ceil(retryAfterMs / 1_000) });
    this.retryAfterMs = retryAfterMs;
  }
}

/** A total would pass 2^53-1, or a price has no value for these details. */
export class ValueOutOfRangeError extends Refusal {
  override readonly texts = {
    en: '{by, select, grant {The grant} other {The event}} would take {what} out of range (2^53-1)',
    ru: '{by, select, grant {Выдача вывела} other {Событие вывело}} бы {what} за допустимый предел (2^53-1)',
  };

  constructor(what: string, by: 'event' | 'grant' = 'event') {
    super({ what, by });
  }
}

/** This idempotency key was used for another payload. */
export class IdempotencyConflictError extends Refusal {
  override readonly texts = {
    en: 'The idempotency key {key} was used for another event',
    ru: 'Ключ идемпотентности {key} уже использован для другого события',
  };
  /** The event that was recorded with the key. */
  readonly event: EventRow;

  constructor(key: string, event: EventRow) {
    super({ key });
    this.event = event;
  }
}

/** It could not be recorded now; nothing of it was written and it is safe to send again. */
export class TemporarilyUnavailableError extends Refusal {
  override readonly texts = {
    en: 'The event could not be recorded now; send it again',
    ru: 'Событие сейчас не удалось записать; отправьте его ещё раз',
  };
}
