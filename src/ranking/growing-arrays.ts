/** A typed array of the kinds that the ranks are kept in. */
type Numbers = Uint32Array | Int32Array | Float64Array;

const FIRST = 8;
/** From so many elements on arrays no longer double: what is reserved and not used would count. */
const LARGE = 4_096;
/** Part that a large array grows by. */
const PART = 16;

/** How long an array should be that has become too short: twice as long while it is small, then by a sixteenth. */
export function longer(length: number): number {
  return length < LARGE ? Math.max(FIRST, length * 2) : length + Math.ceil(length / PART);
}

/** A copy of another length, filled up with zeros; of a shorter length without the rest. */
export function resized<Kind extends Numbers>(array: Kind, length: number): Kind {
  const Same = array.constructor as new (length: number) => Kind;
  const copy = new Same(length);
  copy.set(length < array.length ? array.subarray(0, length) : array);
  return copy;
}

/** Numbers by place, in 4 bytes each until one comes that does not fit, then in 8: all numbers are kept exactly. */
export class WideningColumn {
  /** To be read only, and anew after every `set` and `resize`. Zero where nothing was set. */
  data: Numbers;

  /** @param data an empty array of the kind that is tried first */
  constructor(data: Uint32Array | Int32Array) {
    this.data = data;
  }

  /** Keeps a number at a place within the length. */
  set(place: number, value: number): void {
    this.data[place] = value;
    if (this.data[place] === value) return;
    this.data = new Float64Array(this.data);
    this.data[place] = value;
  }

  /** Makes room for so many numbers. */
  resize(length: number): void {
    this.data = resized(this.data, length);
  }
}
