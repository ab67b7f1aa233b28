/** A column of a table; numbers stand to the right. */
export interface Column {
  readonly title: string;
  readonly align?: 'right';
}

const GAP = '  ';
const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });
const WIDE =
  /\p{Emoji_Presentation}|[\u1100-\u115F\u2E80-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6\u{20000}-\u{3FFFD}]/u;

/** Lines of a table: a title, a rule, the rows. Columns with nothing in them are left out; the last one is not padded. */
export function tableLines(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const clean = rows.map((row) => columns.map((_, index) => oneLine(row[index] ?? '')));
  const used = columns
    .map((column, index) => ({ column, index }))
    .filter(({ index }) => clean.some((row) => row[index]));
  const widths = used.map(({ column, index }) =>
    Math.max(widthOf(column.title), ...clean.map((row) => widthOf(row[index] ?? ''))),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, place) => {
        const space = ' '.repeat(Math.max(0, (widths[place] ?? 0) - widthOf(cell)));
        return used[place]?.column.align === 'right' ? space + cell : cell + space;
      })
      .join(GAP)
      .trimEnd();
  return [
    line(used.map(({ column }) => column.title)),
    line(
      used.map(({ column }, place) =>
        '-'.repeat(place < used.length - 1 ? (widths[place] ?? 0) : widthOf(column.title)),
      ),
    ),
    ...clean.map((row) => line(used.map(({ index }) => row[index] ?? ''))),
  ];
}

/** A text on one line, without characters that steer a terminal or turn the direction of writing. */
export function oneLine(text: string): string {
  return text
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/[\p{Cc}\u202A-\u202E\u2066-\u2069]/gu, '')
    .trim();
}

/** How many columns of a terminal a text takes. */
export function widthOf(text: string): number {
  let width = 0;
  for (const { segment } of segmenter.segment(text)) width += WIDE.test(segment) ? 2 : 1;
  return width;
}
