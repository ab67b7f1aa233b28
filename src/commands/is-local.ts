/** What may follow `laurel catalog` and works on files, without a database. */
const LOCAL_CATALOG_COMMANDS: readonly string[] = ['check', 'test', 'show', 'schema', 'strings', 'help'];

/** Commands that need no database here, or talk to a Laurel elsewhere; they never go to the running server. */
export function isLocal(argv: readonly string[], remoteUrl?: string): boolean {
  const [first, second] = argv;
  if (first === 'catalog' && (remoteUrl !== undefined || argv.some((part) => /^--to(=|$)/.test(part)))) return true;
  return (
    first === undefined ||
    first.startsWith('-') ||
    first === 'serve' ||
    first === 'help' ||
    (first === 'catalog' && (second === undefined || second.startsWith('-') || LOCAL_CATALOG_COMMANDS.includes(second)))
  );
}
