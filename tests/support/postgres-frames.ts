/** Bytes of PostgreSQL's protocol (version 3) as whole messages: a type, a length that counts itself, the body. */
export class PostgresFrames {
  #rest: Buffer = Buffer.alloc(0);
  #untyped: boolean;

  /** @param untypedFirst what a client sends first has no type */
  constructor(untypedFirst: boolean) {
    this.#untyped = untypedFirst;
  }

  /** Takes what came and answers the messages that are whole now. */
  push(bytes: Buffer): Buffer[] {
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    const whole: Buffer[] = [];
    for (;;) {
      const before = this.#untyped ? 0 : 1;
      if (this.#rest.length < before + 4) return whole;
      const end = before + this.#rest.readInt32BE(before);
      if (this.#rest.length < end) return whole;
      whole.push(this.#rest.subarray(0, end));
      this.#rest = this.#rest.subarray(end);
      this.#untyped = false;
    }
  }
}
