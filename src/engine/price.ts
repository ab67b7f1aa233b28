import type { EventType, Price } from './catalog.ts';
import { wholeAmount } from './expression.ts';
import { MAX_VALUE } from './numbers.ts';
import type { FoldEvent } from './state.ts';

/** Points and XP of an event, or why it has none. */
export type Priced =
  | { readonly ok: true; readonly points: number; readonly xp: number }
  | { readonly ok: false; readonly message: string };

/** Prices an event once; an event of the log keeps the price it has. */
export function priceEvent(type: EventType, event: FoldEvent): Priced {
  if (event.priced !== null) return { ok: true, ...event.priced };
  const points = amountOf(type.points, event);
  if (typeof points === 'string') return { ok: false, message: `points of ${type.key}: ${points}` };
  const xp = type.xp === null ? points : amountOf(type.xp, event);
  if (typeof xp === 'string') return { ok: false, message: `xp of ${type.key}: ${xp}` };
  return { ok: true, points, xp };
}

function amountOf(price: Price, event: FoldEvent): number | string {
  if (price.kind === 'constant') return price.amount;
  const result = price.expression.run({ details: event.details, user: event.attributes });
  if (!result.ok) return result.message;
  const amount = wholeAmount(Number(result.value));
  return amount <= MAX_VALUE ? amount : 'the result passes 2^53 - 1';
}
