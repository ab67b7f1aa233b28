/** What identifies a caller, over either transport. */
export interface Caller {
  readonly authorization: string | null;
  /** Where it comes from. */
  readonly address: string;
  /** Best first. */
  readonly locales: readonly string[];
  readonly requestId: string;
}

/** Handed to the GraphQL engine with each request or operation. */
export interface ServerContext {
  readonly caller: Caller;
  /** Length of the body or message it came in; absent for a query by GET. */
  readonly bodyBytes?: number;
  /** It came over a WebSocket. */
  readonly overSocket?: boolean;
}
