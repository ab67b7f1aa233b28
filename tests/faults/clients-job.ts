/** What the games of toast-clients.ts play. */
export interface ClientsJob {
  /** The GraphQL endpoint. */
  readonly url: string;
  /** Which share of the waits between two attempts is left to chance; 1: as games have it. */
  readonly chance: number;
  /** Each with the cursor it goes on from. */
  readonly players: readonly { readonly externalId: string; readonly cursor: string }[];
}

/** What they were told. */
export interface ClientsTold {
  /** Of each game the places of its messages, in the order they came. */
  readonly told: readonly string[];
  /** How often a game had to refetch. */
  readonly resets: number;
  /** Errors by code. */
  readonly errors: Readonly<Record<string, number>>;
}
