/** Transactions without a repeat after which none is expected. */
const QUIET = 32;

/**
 * Guesses whether events sent now were recorded before. Looking for them first costs a read; finding one only when it is inserted
 * costs the whole transaction. Senders repeat in bursts, so the latest transactions tell.
 */
export class RepeatGuess {
  #quiet = QUIET;

  /** Whether to look first. */
  expected(): boolean {
    return this.#quiet < QUIET;
  }

  /** Told of each transaction: whether it met an event that was recorded before. */
  note(wasMet: boolean): void {
    this.#quiet = wasMet ? 0 : this.#quiet + 1;
  }
}
