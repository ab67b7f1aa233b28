import { type CompileContext, type MapReader, numberOf, report } from './compile-reader.ts';
import type { Bounds } from './criterion.ts';
import { KEYWORDS } from './keywords.ts';
import { scaleValue } from './numbers.ts';

/** Beyond this a product of binary rounding is taken for the decimal number that was meant. */
const DECIMAL_DIGITS = 9;

/** Reads the comparisons of a leaf as bounds on the scaled value. Null when there are none, or they are wrong (reported). */
export function readBounds(context: CompileContext, reader: MapReader, decimals: number): Bounds | null {
  let low = Number.NEGATIVE_INFINITY;
  let high = Number.POSITIVE_INFINITY;
  let given = 0;
  let target: number | null = null;
  for (const word of KEYWORDS.comparisons) {
    const entry = reader.get(word);
    if (entry === undefined) continue;
    given += 1;
    const value = numberOf(entry.value);
    const exact = value === undefined ? null : exactScale(value, decimals);
    if (value === undefined || exact === null) {
      report(context, entry.value.place, 'outOfRange', `"${word}" takes a number, at most 2^53 - 1 with its decimals`);
      continue;
    }
    if (word === 'atLeast' || word === 'above') target = value;
    if (word === 'atLeast' || word === 'equals') low = Math.max(low, Math.ceil(exact));
    if (word === 'above') low = Math.max(low, Math.floor(exact) + 1);
    if (word === 'atMost' || word === 'equals') high = Math.min(high, Math.floor(exact));
    if (word === 'below') high = Math.min(high, Math.ceil(exact) - 1);
  }
  if (given === 0) return null;
  if (low > high) report(context, reader.place, 'outOfRange', 'No value can satisfy these comparisons');
  return { low, high, target: given === 1 ? target : null };
}

/** value * 10^decimals without binary noise; null when out of range. */
function exactScale(value: number, decimals: number): number | null {
  const fine = scaleValue(value, Math.min(decimals + DECIMAL_DIGITS, 15));
  const rough = scaleValue(value, decimals);
  if (rough === null) return null;
  if (fine === null) return rough;
  return fine / 10 ** (Math.min(decimals + DECIMAL_DIGITS, 15) - decimals);
}

/** Bounds of "at least so much". */
export function atLeast(target: number, low: number): Bounds {
  return { low, high: Number.POSITIVE_INFINITY, target };
}
