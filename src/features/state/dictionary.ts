/**
 * Values of a column that repeat: each is sent once, the rows name it by its place. In SQL `(values)[place]`; places count from 1, and
 * where there is no value the place is 0, which PostgreSQL answers with null. For few different values: reaching into an array of
 * texts takes as long as it is.
 */
export class Dictionary<Value extends string | number> {
  readonly #places = new Map<Value, number>();

  /** The place of a value, given when it is first asked for. */
  place(value: Value | null): number {
    if (value === null) return 0;
    const known = this.#places.get(value);
    if (known !== undefined) return known;
    const place = this.#places.size + 1;
    this.#places.set(value, place);
    return place;
  }

  /** The values by place. */
  values(): Value[] {
    return [...this.#places.keys()];
  }
}

/** The instants of a dictionary of milliseconds since the epoch. */
export function instantsOf(times: Dictionary<number>): Date[] {
  return times.values().map((time) => new Date(time));
}
