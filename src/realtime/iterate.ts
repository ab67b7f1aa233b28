/**
 * Maps an async iterator; null is left out. An object, not an async generator: `return` reaches the source at once, also while a
 * `next` is pending.
 */
export function mapIterator<From, To>(
  source: AsyncIterator<From, undefined>,
  map: (value: From) => To | null | Promise<To | null>,
): AsyncIterableIterator<To, undefined> {
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      for (;;) {
        const result = await source.next();
        if (result.done) return { done: true, value: undefined };
        const value = await mapped(source, () => map(result.value));
        if (value !== null) return { done: false, value };
      }
    },
    async return() {
      await source.return?.();
      return { done: true, value: undefined };
    },
  };
}

/** Whoever reads an iterator that rejects does not return it: the source is let go of here. */
async function mapped<To>(source: AsyncIterator<unknown, undefined>, map: () => To | Promise<To>): Promise<To> {
  try {
    return await map();
  } catch (error) {
    await source.return?.();
    throw error;
  }
}

/** Every item of lists that arrive one after the other, one at a time; `return` reaches the source at once. */
export function flatIterator<From, To>(
  source: AsyncIterator<From, undefined>,
  list: (value: From) => readonly To[],
): AsyncIterableIterator<To, undefined> {
  let waiting: To[] = [];
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      for (;;) {
        const [value, ...rest] = waiting;
        if (value !== undefined) {
          waiting = rest;
          return { done: false, value };
        }
        const result = await source.next();
        if (result.done) return { done: true, value: undefined };
        waiting = [...list(result.value)];
      }
    },
    async return() {
      waiting = [];
      await source.return?.();
      return { done: true, value: undefined };
    },
  };
}

/** Calls `ended` once: when the source is done, rejects, or is returned. */
export function onEnd<Item>(
  source: AsyncIterator<Item, undefined>,
  ended: () => void,
): AsyncIterableIterator<Item, undefined> {
  let isOver = false;
  const end = (): void => {
    if (isOver) return;
    isOver = true;
    ended();
  };
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      try {
        const result = await source.next();
        if (result.done) end();
        return result;
      } catch (error) {
        end();
        throw error;
      }
    },
    async return() {
      end();
      await source.return?.();
      return { done: true, value: undefined };
    },
  };
}
