/** Carries the calls of a fixed number of callers, each with at most one under way. */
export interface Transport {
  /** Sends a caller's next body; `done` gets the answer's. What breaks a connection is thrown where nobody catches it: the run is void. */
  send(caller: number, body: string, done: (answer: string) => void): void;
  close(): void;
}
