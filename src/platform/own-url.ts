const EVERYWHERE: readonly string[] = ['0.0.0.0', '::'];

/** Where this machine reaches what listens there: by the name localhost where it listens on all addresses. */
export function ownUrl(host: string, port: number): string {
  const name = EVERYWHERE.includes(host) ? 'localhost' : host.includes(':') ? `[${host}]` : host;
  return `http://${name}:${port}`;
}
