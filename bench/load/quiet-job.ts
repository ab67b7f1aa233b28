/** What the generator of quiet sockets does. */
export interface QuietJob {
  /** The server, `http://host:port`. */
  readonly url: string;
  /** To read and to be the players with; null: the server knows none. */
  readonly credentials: { readonly key: string; readonly secret: string } | null;
  readonly sockets: number;
}
