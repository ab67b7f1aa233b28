/** How much is remembered. A parsed document takes some hundred bytes a character at worst, so its text is what is counted. */
export interface CacheBounds {
  /** A longer text is not remembered, characters. */
  readonly mostOfOne: number;
  /** Of all texts of a generation, characters; there are two. Each text counts as `ENTRY` more, for a refusal takes room too. */
  readonly mostOfAll: number;
}

const BOUNDS: CacheBounds = { mostOfOne: 16_384, mostOfAll: 262_144 };
const ENTRY = 256;

/** What was made of the texts that are used most. */
export interface DocumentCache<Value> {
  get(text: string): Value | undefined;
  /** Answers the value. */
  remember(text: string, value: Value): Value;
}

/**
 * Remembers by text, in bounded memory. When a generation is full the one before it is forgotten, except what was asked for since:
 * that keeps what is used as the least recently used rule does, and costs nothing on a hit.
 */
export function createDocumentCache<Value>(bounds: CacheBounds = BOUNDS): DocumentCache<Value> {
  let young = new Map<string, Value>();
  let old = new Map<string, Value>();
  let characters = 0;
  const remember = (text: string, value: Value): Value => {
    if (text.length > bounds.mostOfOne) return value;
    if (young.has(text)) return value;
    const size = text.length + ENTRY;
    if (characters + size > bounds.mostOfAll) {
      old = young;
      young = new Map();
      characters = 0;
    }
    characters += size;
    young.set(text, value);
    return value;
  };
  return {
    get(text) {
      const value = young.get(text);
      if (value !== undefined) return value;
      const before = old.get(text);
      return before === undefined ? undefined : remember(text, before);
    },
    remember,
  };
}
