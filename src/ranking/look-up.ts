/** Users that are looked for at a time: what is read of them stays in the nearest caches until the last step. */
export const TOGETHER = 128;

/** Where those who are looked for together are noted. */
export class LookUp {
  /** Their ids, four words each. */
  readonly words = new Uint32Array(TOGETHER * 4);
  readonly hashes = new Uint32Array(TOGETHER);
  /** Their numbers; -1: is not known. */
  readonly users = new Int32Array(TOGETHER);
  /** The rankings in which they are looked for. */
  readonly rankings = new Int32Array(TOGETHER);
  /** Their entries; -1: there is none. */
  readonly entries = new Int32Array(TOGETHER);
  /** What was read only to have it in the cache: a compiler leaves out what goes nowhere. */
  readonly touched = new Int32Array(1);
}
