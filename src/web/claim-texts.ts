/** What the page of /claim says, in one language. Names in braces are filled in, by the page itself or in the browser. */
interface ClaimTexts {
  readonly title: string;
  readonly noScript: string;
  readonly lead: string;
  readonly username: string;
  readonly usernameRule: string;
  readonly password: string;
  readonly passwordRule: string;
  readonly reveal: string;
  readonly send: string;
  readonly sending: string;
  readonly done: string;
  readonly doneText: string;
  readonly nextTitle: string;
  readonly next: string;
  readonly credential: string;
  readonly credentialText: string;
  readonly later: string;
  readonly keys: string;
  readonly explorer: string;
  readonly absent: string;
  readonly garbled: string;
  readonly ended: string;
  readonly taken: string;
  readonly wait: string;
  readonly failed: string;
  readonly offline: string;
}

/** The languages of the page; the first is for everybody else. */
export const CLAIM_TEXTS: Readonly<Record<'en' | 'ru', ClaimTexts>> = {
  en: {
    title: 'Become an admin of Laurel',
    noScript:
      'This page needs JavaScript. Without it send the mutation claimAdmin with the token that stands after # in the link.',
    lead: 'Choose how you will sign in. The link is good once and for an hour.',
    username: 'Username',
    usernameRule: '1 to 50 characters, without @ and without spaces at its ends.',
    password: 'Password',
    passwordRule: '8 to 200 characters, whatever they are.',
    reveal: 'Show the password',
    send: 'Become an admin',
    sending: 'Sending…',
    done: 'You are an admin',
    doneText: 'The account {username} is there and signed in.',
    nextTitle: 'What to do next',
    next: 'Send this header with each request; as an object, { "Authorization": "Bearer ..." }, it fits Headers of GraphiQL. It is good for 15 minutes. Show it to nobody.',
    credential: 'Header',
    credentialText: 'Authorization: Bearer {token}',
    later: 'Later sign in with your name and password for a new one:',
    keys: 'Make a key for the game server with createServerKey, and give others their roles with setRole.',
    explorer: 'Go on in GraphiQL',
    absent: 'The link has no token. Open the whole link that the server printed; `laurel admin invite` prints another.',
    garbled:
      'The link is not whole. Copy all of it from where the server printed it; `laurel admin invite` prints another.',
    ended:
      'This link was used already or has expired. If it was you, sign in with the name and the password; else `laurel admin invite` prints another.',
    taken: 'Somebody has this name already. Choose another.',
    wait: 'The server is busy with too many requests. Try again in {seconds} s.',
    failed: 'The server could not do it. Try again; in its log it stands as request {requestId}.',
    offline: 'The server did not answer. Look whether it runs, and try again.',
  },
  ru: {
    title: 'Станьте администратором Laurel',
    noScript:
      'Этой странице нужен JavaScript. Без него отправьте мутацию claimAdmin с токеном, который стоит в ссылке после #.',
    lead: 'Выберите, как вы будете входить. Ссылка действует один раз и в течение часа.',
    username: 'Имя пользователя',
    usernameRule: 'От 1 до 50 знаков, без @ и без пробелов по краям.',
    password: 'Пароль',
    passwordRule: 'От 8 до 200 любых знаков.',
    reveal: 'Показать пароль',
    send: 'Стать администратором',
    sending: 'Отправляется…',
    done: 'Вы администратор',
    doneText: 'Учётная запись {username} создана, вход выполнен.',
    nextTitle: 'Что дальше',
    next: 'Отправляйте этот заголовок с каждым запросом; в виде объекта, { "Authorization": "Bearer ..." }, он подходит для Headers в GraphiQL. Он действует 15 минут. Никому его не показывайте.',
    credential: 'Заголовок',
    credentialText: 'Authorization: Bearer {token}',
    later: 'Позже войдите с именем и паролем, чтобы получить новый:',
    keys: 'Создайте ключ для сервера игры через createServerKey и дайте другим роли через setRole.',
    explorer: 'Продолжить в GraphiQL',
    absent:
      'В ссылке нет токена. Откройте ссылку, которую напечатал сервер, целиком; новую печатает `laurel admin invite`.',
    garbled:
      'Ссылка неполная. Скопируйте её целиком оттуда, где её напечатал сервер; новую печатает `laurel admin invite`.',
    ended:
      'Эта ссылка уже использована или истекла. Если это были вы, войдите с именем и паролем; иначе новую печатает `laurel admin invite`.',
    taken: 'Это имя уже занято. Выберите другое.',
    wait: 'Слишком много запросов. Попробуйте снова через {seconds} с.',
    failed: 'Серверу это не удалось. Попробуйте снова; в его журнале это запрос {requestId}.',
    offline: 'Сервер не ответил. Проверьте, работает ли он, и попробуйте снова.',
  },
};
