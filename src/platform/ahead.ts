/**
 * Maps an async source, working on up to `most` items at once, and answers in the order of the source. While one item waits for the
 * database, another is computed. Rejects with the first error; what is under way then is waited for, its errors dropped.
 */
export async function* mapAhead<From, To>(
  source: AsyncIterable<From>,
  most: number,
  map: (item: From) => Promise<To>,
): AsyncGenerator<To> {
  const underWay: Promise<To>[] = [];
  try {
    for await (const item of source) {
      underWay.push(map(item));
      if (underWay.length < most) continue;
      const first = underWay.shift();
      if (first !== undefined) yield await first;
    }
    for (let next = underWay.shift(); next !== undefined; next = underWay.shift()) yield await next;
  } finally {
    await Promise.allSettled(underWay);
  }
}
