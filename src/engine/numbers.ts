/** The largest number a value may reach: every integer up to it is exact. */
export const MAX_VALUE = Number.MAX_SAFE_INTEGER;

/** Rounds to an integer, halves away from zero. */
export function roundHalfAway(value: number): number {
  return Math.sign(value) * Math.round(Math.abs(value)) + 0;
}

/**
 * A number as an integer of 10^-decimals, halves rounded away from zero by its decimal notation (1.005 with two decimals is
 * 101, though its binary form lies below). Null when the number or the result is not a safe integer's size.
 */
export function scaleValue(value: number, decimals: number): number | null {
  const product = value * 10 ** decimals;
  // Only near a half can the binary error of the product decide; there the notation does.
  const isNearHalf = Math.abs(Math.abs(product % 1) - 0.5) < 1e-4 || Math.abs(product) > 1e11;
  const scaled = roundHalfAway(isNearHalf ? shift(value, decimals) : product);
  return Number.isSafeInteger(scaled) ? scaled : null;
}

/** Moves the decimal point in the notation itself, so that no binary error is added. */
function shift(value: number, places: number): number {
  const [digits, exponent] = String(value).split('e');
  return Number(`${digits}e${Number(exponent ?? 0) + places}`);
}

/** The number a player reads: the one nearest to the decimal, for a division of exact integers is rounded once. */
export function unscale(value: number, decimals: number): number {
  return value / 10 ** decimals;
}

/**
 * An integer of 10^-from as one of 10^-to: exact where it stays one, else halves are rounded away from zero. What would pass the largest
 * value stands at it.
 */
export function rescale(value: number, from: number, to: number): number {
  if (to >= from) return Math.sign(value) * Math.min(Math.abs(value) * 10 ** (to - from), MAX_VALUE) + 0;
  // Up to the largest value no quotient that is no half is rounded to one.
  return roundHalfAway(value / 10 ** (from - to));
}

/** A value as text with its unit, with all its decimals. */
export function valueText(value: number, decimals: number, unit: string | null): string {
  const text = unscale(value, decimals).toFixed(decimals);
  return unit === null ? text : `${text} ${unit}`;
}
