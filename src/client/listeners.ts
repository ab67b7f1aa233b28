import { asLaurelError } from './errors.ts';
import type { FeedItem, Listener, Notification } from './feed.ts';
import type { Rarity } from './operations.ts';
import type { Parts } from './options.ts';

/** One unlock, to be shown. */
export interface Toast {
  /** Of the stored message: mark it seen with `markNotificationsSeen`. */
  readonly id: string;
  readonly title: string;
  readonly body: string;
  /** When it was stored; RFC 3339. */
  readonly createdAt: string;
  /** It was stored while the game was away. */
  readonly replayed: boolean;
  /** The achievement, and the tier that was reached (0 without tiers). */
  readonly achievement: NonNullable<Notification['userAchievement']>['achievement'];
  readonly tier: number;
}

/** Unlocks that came close together. */
export interface ToastGroup {
  /** The rarest, legendary first; of the same rarity the earliest first. */
  readonly shown: readonly Toast[];
  /** How many there are beside them. */
  readonly more: number;
}

/** How toasts are grouped. */
export interface ToastOptions {
  /** From the first unlock of a group until it is shown, milliseconds; 1,500 by default. */
  readonly windowMs?: number;
  /** Most that are shown; 3 by default. */
  readonly most?: number;
}

const RARITIES: readonly Rarity[] = ['LEGENDARY', 'EPIC', 'RARE', 'UNCOMMON', 'COMMON'];

/** Gives every item to the handler, one after another: the next when the promise of the one before has resolved. */
export function createFollower(
  { tell }: Pick<Parts, 'tell'>,
  handler: (item: FeedItem) => void | Promise<void>,
): Listener {
  let last: Promise<void> = Promise.resolve();
  return {
    take(item) {
      last = last
        .then(() => handler(item))
        .catch((thrown: unknown) => {
          tell(asLaurelError(thrown, 'HANDLER'));
        });
      return last;
    },
    idle: () => last,
  };
}

/** A listener that gathers. */
export interface Toaster extends Listener {
  /** Shows what is gathered, without waiting for the end of the window. */
  show(): void;
  /** Forgets what is gathered. */
  drop(): void;
}

/** Gathers unlocks into groups. What was not shown when the client is closed is told again after a restart. */
export function createToaster(
  { tell, schedule }: Pick<Parts, 'tell' | 'schedule'>,
  handler: (group: ToastGroup) => void,
  { windowMs = 1_500, most = 3 }: ToastOptions,
): Toaster {
  let gathered: { readonly toast: Toast; readonly shown: () => void }[] = [];
  let cancel: (() => void) | null = null;
  const show = (): void => {
    cancel?.();
    cancel = null;
    const group = gathered;
    gathered = [];
    if (group.length === 0) return;
    const toasts = group.map(({ toast }) => toast).sort((one, other) => rank(one) - rank(other));
    try {
      handler({ shown: toasts.slice(0, most), more: Math.max(0, toasts.length - most) });
    } catch (thrown) {
      tell(asLaurelError(thrown, 'HANDLER'));
    }
    for (const { shown } of group) shown();
  };
  return {
    take(item) {
      const toast = item.kind === 'message' ? toastOf(item) : null;
      if (toast === null) return;
      cancel ??= schedule(show, windowMs);
      return new Promise((shown) => {
        gathered.push({ toast, shown });
      });
    },
    idle: () => Promise.resolve(),
    show,
    drop() {
      cancel?.();
      cancel = null;
      gathered = [];
    },
  };
}

function toastOf({ notification, replayed }: FeedItem & { kind: 'message' }): Toast | null {
  const { id, title, body, createdAt, userAchievement } = notification;
  if (notification.kind !== 'ACHIEVEMENT_UNLOCKED' || userAchievement === null) return null;
  const { achievement, tier } = userAchievement;
  return { id, title, body, createdAt, replayed, achievement, tier };
}

/** A rarity that this client does not know yet is shown last. */
function rank({ achievement }: Toast): number {
  const at = RARITIES.indexOf(achievement.rarity);
  return at === -1 ? RARITIES.length : at;
}
