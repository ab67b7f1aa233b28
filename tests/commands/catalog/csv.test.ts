import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { formatCsv, parseCsv } from '../../../src/commands/catalog/csv.ts';

const values = (text: string, separator?: string): string[][] =>
  parseCsv(text, separator).records.map((record) => record.map(({ value }) => value));

describe('CSV (RFC 4180)', () => {
  it.each<[string, string, string[][]]>([
    [
      'lines with CRLF, the last one too',
      'a,b\r\nc,d\r\n',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    [
      'a last line without an end',
      'a,b\r\nc,d',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    [
      'lines with LF',
      'a,b\nc,d\n',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    [
      'empty fields at every place',
      ',a,\r\n,,',
      [
        ['', 'a', ''],
        ['', '', ''],
      ],
    ],
    ['fields in quotes', '"a","b"', [['a', 'b']]],
    ['separators, quotes and line ends within quotes', '"a,b","c""d","e\r\nf"', [['a,b', 'c"d', 'e\r\nf']]],
    ['spaces, which belong to the field', ' a , b', [[' a ', ' b']]],
    ['an empty field in quotes', '"",a', [['', 'a']]],
    ['empty lines, which are left out', 'a\r\n\r\n\nb\r\n', [['a'], ['b']]],
    ['nothing', '', []],
    ['a lone CR, which belongs to the field', 'a\rb,c', [['a\rb', 'c']]],
  ])('reads %s', (_, text, records) => {
    expect(parseCsv(text).problems).toEqual([]);
    expect(values(text)).toEqual(records);
  });

  it('reads other separators', () => {
    expect(values('a;"b;c";d,e', ';')).toEqual([['a', 'b;c', 'd,e']]);
    expect(values('a\tb', '\t')).toEqual([['a', 'b']]);
  });

  it('knows where each field begins, also after line ends within quotes', () => {
    const { records } = parseCsv('a,"b\nb2\r\nb3",c\r\n  d,"e"\r\n');
    expect(records.flat().map(({ line, column }) => [line, column])).toEqual([
      [1, 1],
      [1, 3],
      [3, 5],
      [4, 1],
      [4, 5],
    ]);
  });

  it.each([
    [
      'a quote that is not closed',
      'a\r\nb,"c\r\nd',
      [{ line: 2, column: 3, message: 'The quote that opens here is not closed' }],
    ],
    [
      'text after a closing quote',
      '"a"b,c',
      [{ line: 1, column: 4, message: 'After the closing quote the field must end' }],
    ],
    [
      'a quote within a bare field',
      'x\na "b",c',
      [{ line: 2, column: 3, message: 'A field with a quote in it must stand in quotes, the quote doubled' }],
    ],
  ])('tells the place of %s', (_, text, problems) => {
    expect(parseCsv(text).problems).toEqual(problems);
  });

  it('quotes only what needs it', () => {
    expect(formatCsv([['a', 'b c', 'd,e', 'f"g', 'h\ni', ' j', 'k\u00A0', '']])).toBe(
      'a,b c,"d,e","f""g","h\ni"," j","k\u00A0",\r\n',
    );
  });

  test('what is written reads back, whatever it is', () => {
    const field = fc.oneof(fc.string({ unit: fc.constantFrom('a', '"', ',', '\r', '\n', ' ', ';', 'ы') }), fc.string());
    const records = fc.array(fc.array(field, { minLength: 2, maxLength: 4 }), { maxLength: 6 });
    fc.assert(
      fc.property(records, (written) => {
        expect(parseCsv(formatCsv(written)).problems).toEqual([]);
        expect(values(formatCsv(written))).toEqual(written);
      }),
      { numRuns: 500 },
    );
  });

  test('reading is total: any text gives records or problems, never a throw', () => {
    const text = fc.string({ unit: fc.constantFrom('a', '"', ',', '\r', '\n'), maxLength: 40 });
    fc.assert(
      fc.property(text, (csv) => {
        const { records, problems } = parseCsv(csv);
        for (const { line, column } of [...records.flat(), ...problems]) {
          expect(line).toBeGreaterThanOrEqual(1);
          expect(column).toBeGreaterThanOrEqual(1);
        }
      }),
      { numRuns: 500 },
    );
  });
});
