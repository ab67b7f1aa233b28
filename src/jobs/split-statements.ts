/**
 * The end of what begins at a place: a comment, a text in quotes or between dollar tags. Within them a semicolon ends nothing.
 */
const PART = /--[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^']|'')*'|"(?:[^"]|"")*"|(\$(?:[a-zA-Z_]\w*)?\$)[\s\S]*?\1|;/g;

/** The single statements of a script, in order, without empty ones. Texts with backslash escapes (E'...') are not known. */
export function splitStatements(script: string): string[] {
  const statements: string[] = [];
  let from = 0;
  for (const { 0: part, index } of script.matchAll(PART)) {
    if (part !== ';') continue;
    statements.push(script.slice(from, index));
    from = index + 1;
  }
  statements.push(script.slice(from));
  return statements.map((statement) => statement.trim()).filter((statement) => statement !== '');
}
