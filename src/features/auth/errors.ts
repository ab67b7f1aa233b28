import { Refusal } from '../../graphql/errors.ts';

/** The name, the password or the token does not fit. Which of them is not told. */
export class InvalidCredentialsError extends Refusal {
  override readonly texts = {
    en: 'Nobody signs in with these credentials',
    ru: 'С такими данными никто не входит',
  };
}

/** The refresh token is not good any more: its session has ended, or it was used before. Sign in again. */
export class InvalidRefreshTokenError extends Refusal {
  override readonly texts = {
    en: 'The refresh token is not valid; sign in again',
    ru: 'Токен обновления недействителен; войдите снова',
  };
}

/** The user has no such session. */
export class SessionNotFoundError extends Refusal {
  override readonly texts = {
    en: 'There is no such session',
    ru: 'Такого сеанса нет',
  };
}

/** The user has a password: changePassword changes it. */
export class PasswordAlreadySetError extends Refusal {
  override readonly texts = {
    en: 'The user has a password already; change it instead',
    ru: 'У пользователя уже есть пароль; смените его',
  };
}

/** Somebody else signs in with this account. */
export class AccountTakenError extends Refusal {
  override readonly texts = {
    en: 'Another user signs in with this account',
    ru: 'С этой учётной записью входит другой пользователь',
  };
}

/** This way of signing in is not set up here. */
export class SignInMethodOffError extends Refusal {
  override readonly texts = {
    en: 'This way of signing in is not set up here',
    ru: 'Этот способ входа здесь не настроен',
  };
}

/** There is no such server key. */
export class ServerKeyNotFoundError extends Refusal {
  override readonly texts = {
    en: 'There is no such key',
    ru: 'Такого ключа нет',
  };
}

/** The server key was revoked or has expired. */
export class ServerKeyEndedError extends Refusal {
  override readonly texts = {
    en: 'The key was revoked or has expired; make another',
    ru: 'Ключ отозван или истёк; создайте другой',
  };
}
