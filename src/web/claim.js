// What the page of /claim does. The token comes in the fragment of the link, which no browser sends anywhere, and leaves the address
// bar at once; it is sent with the mutation alone.
(() => {
  const part = (id) => document.getElementById(id);
  const { operation, words, figures } = JSON.parse(part('parts').textContent);
  const fields = ['username', 'password'];
  const TOKEN = /^la_[\w-]{43}$/;
  let token = null;
  let isSending = false;

  /** Takes the token of the link; without a good one there is no form. */
  function readLink() {
    const given = location.hash.slice(1);
    if (given === '' && token !== null) return;
    token = TOKEN.test(given) ? given : null;
    if (given !== '') history.replaceState(null, '', location.pathname);
    say(token === null ? (given === '' ? words.absent : words.garbled) : '');
    part('done').hidden = true;
    part('form').hidden = token === null;
    if (token !== null) part('username').focus();
  }

  function say(text) {
    part('problem').textContent = text;
  }

  /** Says what is wrong with fields, by name; the first of them has the focus then. */
  function mark(problems) {
    for (const name of fields) {
      const text = problems[name] ?? '';
      part(`${name}-problem`).textContent = text;
      part(`${name}-hint`).hidden = text !== '';
      part(name).setAttribute('aria-describedby', `${name}-${text === '' ? 'hint' : 'problem'}`);
      part(name).setAttribute('aria-invalid', String(text !== ''));
    }
    const first = fields.find((name) => problems[name]);
    if (first !== undefined) part(first).focus();
    return first !== undefined;
  }

  function problemsOf({ username, password }) {
    const name = [...username].length;
    const length = [...password].length;
    const isName = name >= 1 && name <= figures.username && username.trim() === username && !username.includes('@');
    const isPassword = length >= figures.least && length <= figures.most;
    return {
      ...(isName ? {} : { username: words.usernameRule }),
      ...(isPassword ? {} : { password: words.passwordRule }),
    };
  }

  async function ask(input) {
    const response = await fetch('/graphql', {
      method: 'POST',
      credentials: 'omit',
      headers: {
        'Content-Type': 'application/json',
        Accept: 'application/json',
        'Accept-Language': document.documentElement.lang,
      },
      body: JSON.stringify({ query: operation, variables: { input } }),
    });
    return response.json();
  }

  /** Puts a refusal in words, beside the field it is about. */
  function refuse({ __typename, message, issues = [] }) {
    if (__typename === 'InvalidCredentialsError') {
      token = null;
      part('form').hidden = true;
      return say(words.ended);
    }
    if (__typename === 'UsernameTakenError') return mark({ username: words.taken });
    const rules = { username: words.usernameRule, password: words.passwordRule };
    const named = issues.filter(({ path }) => fields.includes(path)).map(({ path }) => [path, rules[path]]);
    if (!mark(Object.fromEntries(named))) say(message);
  }

  function fail({ extensions: { code, retryAfterMs, requestId } = {} }) {
    if (code === 'RATE_LIMITED' || code === 'NOT_READY') {
      return say(words.wait.replace('{seconds}', String(Math.ceil((retryAfterMs ?? 1000) / 1000))));
    }
    say(words.failed.replace('{requestId}', requestId ?? '?'));
  }

  function finish({ tokens }, { username }) {
    token = null;
    part('form').reset();
    part('form').hidden = true;
    part('done-text').textContent = words.doneText.replace('{username}', () => username);
    part('credential').value = words.credentialText.replace('{token}', () => tokens.accessToken);
    part('done').hidden = false;
    part('done-title').focus();
  }

  async function claim() {
    const input = { token, username: part('username').value, password: part('password').value };
    say('');
    if (mark(problemsOf(input))) return;
    busy(true);
    try {
      const { data, errors } = await ask(input);
      if (errors !== undefined) fail(errors[0]);
      else if (data.claimAdmin.__typename === 'ClaimAdminSuccess') finish(data.claimAdmin, input);
      else refuse(data.claimAdmin);
    } catch {
      say(words.offline);
    } finally {
      busy(false);
    }
  }

  function busy(is) {
    isSending = is;
    part('send').setAttribute('aria-disabled', String(is));
    part('progress').textContent = is ? words.sending : '';
  }

  part('form').addEventListener('submit', (event) => {
    event.preventDefault();
    if (!isSending && token !== null) claim();
  });
  part('reveal').addEventListener('change', () => {
    part('password').type = part('reveal').checked ? 'text' : 'password';
  });
  part('credential').addEventListener('focus', () => part('credential').select());
  addEventListener('hashchange', readLink);
  readLink();
})();
