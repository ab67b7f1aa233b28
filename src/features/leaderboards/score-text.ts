import type { Catalog } from '../../engine/catalog.ts';
import { unscale } from '../../engine/numbers.ts';
import type { BoardEntry, BoardView } from './entry.ts';

/** What a player reads as the score. */
export function scoreOf({ view, entry }: BoardEntry, catalog: Catalog): number {
  return unscale(entry.value, decimalsOf(view, catalog));
}

/** The score with its decimals and unit, written as in the first of these languages that is one, else as in the catalog's first. */
export function scoreText(place: BoardEntry, catalog: Catalog, wanted: readonly string[]): string {
  const decimals = decimalsOf(place.view, catalog);
  const text = formatOf([...wanted, catalog.locales[0]], decimals).format(scoreOf(place, catalog));
  const unit = catalog.metrics.get(place.view.board.metric)?.unit ?? null;
  return unit === null ? text : `${text} ${unit}`;
}

function decimalsOf({ board, decimals }: BoardView, catalog: Catalog): number {
  return decimals ?? catalog.metrics.get(board.metric)?.decimals ?? 0;
}

const formats = new Map<string, Intl.NumberFormat>();
const MOST_FORMATS = 200;

/** Making one takes a hundred times as long as using it. */
function formatOf(locales: readonly string[], decimals: number): Intl.NumberFormat {
  const key = `${locales.join(',')}/${decimals}`;
  const known = formats.get(key);
  if (known !== undefined) return known;
  const options = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
  const made = new Intl.NumberFormat(locales.filter(isLocale), options);
  if (formats.size >= MOST_FORMATS) formats.clear();
  formats.set(key, made);
  return made;
}

function isLocale(tag: string): boolean {
  try {
    return Intl.NumberFormat.supportedLocalesOf(tag).length > 0;
  } catch {
    return false;
  }
}
