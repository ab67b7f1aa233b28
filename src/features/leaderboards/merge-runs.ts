/**
 * Items of sorted runs, in order: a step at a time, where sorting all of them at once would hold everybody up. The runs are a binary heap
 * by their next item.
 */
export function* mergeRuns<Item>(
  runs: readonly (readonly Item[])[],
  compare: (one: Item, other: Item) => number,
): Generator<Item> {
  const heap = runs.flatMap((run): Head<Item>[] => (run[0] === undefined ? [] : [{ run, next: 1, item: run[0] }]));
  const isBefore = (one: Head<Item>, other: Head<Item>): boolean => compare(one.item, other.item) < 0;
  for (let place = heap.length >> 1; place >= 0; place -= 1) sink(heap, place, isBefore);
  for (let top = heap[0]; top !== undefined; top = heap[0]) {
    yield top.item;
    const item = top.run[top.next];
    if (item === undefined) {
      const last = heap.pop();
      if (last !== undefined && heap.length > 0) heap[0] = last;
    } else {
      top.item = item;
      top.next += 1;
    }
    sink(heap, 0, isBefore);
  }
}

/** What a run gives next. */
interface Head<Item> {
  readonly run: readonly Item[];
  next: number;
  item: Item;
}

/** Lets the head at a place sink to where it belongs. */
function sink<Item>(heap: Head<Item>[], from: number, isBefore: (one: Head<Item>, other: Head<Item>) => boolean): void {
  const moved = heap[from];
  if (moved === undefined) return;
  let place = from;
  for (;;) {
    const [left, right] = [heap[2 * place + 1], heap[2 * place + 2]];
    if (left === undefined) break;
    const isRight = right !== undefined && isBefore(right, left);
    const child = isRight ? right : left;
    if (!isBefore(child, moved)) break;
    heap[place] = child;
    place = 2 * place + (isRight ? 2 : 1);
  }
  heap[place] = moved;
}
