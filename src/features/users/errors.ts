import { Refusal } from '../../graphql/errors.ts';
import { blockEnd, isBlocked } from './block.ts';
import type { UserRef } from './user-ref.ts';

/** One thing that is wrong with an input, by path. */
export interface InputIssue {
  readonly path: string;
  readonly message: string;
}

/** Nobody is named so. */
export class UserNotFoundError extends Refusal {
  override readonly texts = {
    en: 'User with {by} {value} not found',
    ru: 'Пользователь с {by} {value} не найден',
  };

  constructor(ref: UserRef) {
    super({ by: ref.by === 'id' ? 'ID' : ref.by, value: ref.value });
  }
}

/** Another user has this username (whatever the case). */
export class UsernameTakenError extends Refusal {
  override readonly texts = { en: 'The username {username} is taken', ru: 'Имя пользователя {username} уже занято' };

  constructor(username: string) {
    super({ username });
  }
}

/** Another user has this e-mail address (whatever the case). */
export class EmailTakenError extends Refusal {
  override readonly texts = { en: 'The e-mail {email} is taken', ru: 'Адрес {email} уже занят' };

  constructor(email: string) {
    super({ email });
  }
}

/** Another user has this externalId. */
export class ExternalIdTakenError extends Refusal {
  override readonly texts = {
    en: 'The externalId {externalId} is taken',
    ru: 'Внешний идентификатор {externalId} уже занят',
  };

  constructor(externalId: string) {
    super({ externalId });
  }
}

/** The user may do nothing until then, or for good. */
export class UserBlockedError extends Refusal {
  override readonly texts = {
    en: 'This user is blocked{until, select, never {} other { until {until}}}',
    ru: 'Этот пользователь заблокирован{until, select, never {} other { до {until}}}',
  };
  /** Null: for good. */
  readonly until: Date | null;

  constructor(blockedUntil: Date) {
    const until = blockEnd(blockedUntil);
    super({ until: until?.toISOString() ?? 'never' });
    this.until = until;
  }
}

/** Throws UserBlockedError for a user who is blocked at this moment. */
export function refuseBlocked(blockedUntil: Date | null, at: Date): void {
  if (blockedUntil !== null && isBlocked(blockedUntil, at)) throw new UserBlockedError(blockedUntil);
}

/** Fields of the user do not hold what they may; every one of them is named. */
export class InvalidUserError extends Refusal {
  override readonly texts = { en: 'The user is not valid: {issues}', ru: 'Данные пользователя неверны: {issues}' };
  readonly issues: readonly InputIssue[];

  constructor(issues: readonly InputIssue[]) {
    super({ issues: issues.map(({ path, message }) => `${path}: ${message}`).join('; ') });
    this.issues = issues;
  }
}
