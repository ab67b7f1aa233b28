import { createContext, runInContext } from 'node:vm';

/** What the script of a page knows of an element. */
export class FakeElement {
  textContent = '';
  value = '';
  type = '';
  checked = false;
  hidden: boolean;
  readonly attributes = new Map<string, string>();
  readonly #listeners = new Map<string, (event: object) => void>();
  readonly #onFocus: (element: FakeElement) => void;

  constructor(hidden: boolean, onFocus: (element: FakeElement) => void) {
    this.hidden = hidden;
    this.#onFocus = onFocus;
  }

  setAttribute(name: string, value: string): void {
    this.attributes.set(name, value);
  }
  addEventListener(kind: string, listener: (event: object) => void): void {
    this.#listeners.set(kind, listener);
  }
  /** Something happens to it; answers whether what a browser does by itself was prevented. */
  happens(kind: string): boolean {
    let isPrevented = false;
    this.#listeners.get(kind)?.({
      preventDefault: () => {
        isPrevented = true;
      },
    });
    return isPrevented;
  }
  focus(): void {
    this.#onFocus(this);
  }
  select(): void {}
  reset(): void {}
}

/** A page whose script has run, without a browser: elements by id, an address, and what was asked of the server. */
export interface FakePage {
  part(id: string): FakeElement;
  /** Id of the element that has the focus; null: none. */
  focused(): string | null;
  readonly location: { hash: string; readonly pathname: string };
  /** Another fragment is typed. */
  goTo(hash: string): void;
  /** What the script sent so far. */
  readonly sent: readonly { readonly path: string; readonly init: RequestInit }[];
}

/** Runs the script of a page; `answer` stands for the network. */
export function openPage(
  html: string,
  hash: string,
  answer: (path: string, init: RequestInit) => Promise<Response>,
): FakePage {
  let focus: FakeElement | null = null;
  const elements = new Map<string, FakeElement>();
  for (const [tag, id = ''] of html.matchAll(/<[a-z0-9]+\b[^>]*?\bid="([\w-]+)"[^>]*>/g)) {
    const element = new FakeElement(/\shidden\b/.test(tag), (focused) => {
      focus = focused;
    });
    elements.set(id, element);
  }
  const part = (id: string): FakeElement => {
    const element = elements.get(id);
    if (element === undefined) throw new Error(`the page has no element ${id}`);
    return element;
  };
  part('parts').textContent = /<script type="application\/json" id="parts">(.*?)<\/script>/s.exec(html)?.[1] ?? '';
  const location = { hash, pathname: '/claim' };
  const sent: { path: string; init: RequestInit }[] = [];
  const hashChanges: (() => void)[] = [];
  const scope = {
    document: { getElementById: part, documentElement: { lang: /<html lang="(\w+)">/.exec(html)?.[1] } },
    location,
    history: {
      replaceState: (_state: null, _title: string, path: string) => {
        if (path !== location.pathname) throw new Error(`the page goes to ${path}`);
        location.hash = '';
      },
    },
    fetch: (path: string, init: RequestInit) => {
      sent.push({ path, init });
      return answer(path, init);
    },
    addEventListener: (kind: string, listener: () => void) => {
      if (kind === 'hashchange') hashChanges.push(listener);
    },
  };
  const script = /<script>(.*?)<\/script>/s.exec(html)?.[1];
  if (script === undefined) throw new Error('the page has no script');
  runInContext(script, createContext(scope));
  return {
    part,
    focused: () => [...elements].find(([, element]) => element === focus)?.[0] ?? null,
    location,
    goTo(next) {
      location.hash = next;
      for (const listener of hashChanges) listener();
    },
    sent,
  };
}
