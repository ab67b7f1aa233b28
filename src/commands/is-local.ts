/** What may follow `laurel catalog` and works on files, without a database. */
const LOCAL_CATALOG_COMMANDS: readonly string[] = ['check', 'test', 'schema', 'strings', 'help'];

/** Commands that need no database here, or talk to a Laurel elsewhere; they never go to the running server. */
export function isLocal(argv: readonly string[], remoteUrl?: string): boolean {
  const [first, second] = argv;
  if (first === 'catalog' && (remoteUrl !== undefined || argv.some((part) => /^--to(=|$)/.test(part)))) return true;
  if (first === 'catalog' && second === 'show') return showsFile(argv.slice(2));
  return (
    first === undefined ||
    first.startsWith('-') ||
    first === 'serve' ||
    first === 'help' ||
    (first === 'catalog' && (second === undefined || second.startsWith('-') || LOCAL_CATALOG_COMMANDS.includes(second)))
  );
}

const TAKES_VALUE: readonly string[] = ['--locale', '--key'];

/** Whether `show` was given a file; without one it shows what is live. */
function showsFile(rest: readonly string[]): boolean {
  return (
    rest.some((part, index) => !part.startsWith('-') && !TAKES_VALUE.includes(rest[index - 1] ?? '')) ||
    rest.includes('--help')
  );
}
