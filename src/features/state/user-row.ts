import type { Json } from '../../engine/state.ts';

/** A user's row as the fold needs it, read under its lock. */
export interface UserRow {
  readonly id: string;
  readonly test: boolean;
  readonly timezone: string | null;
  readonly locale: string | null;
  readonly attributes: { readonly [key: string]: Json };
  readonly score: number;
  readonly achievementPoints: number;
  readonly xp: number;
  readonly lastActivityAt: Date | null;
  readonly lastSeq: number;
  /** The catalog version the state was folded with. */
  readonly catalogVersion: number;
  /** Events that happened before this may be in the archive; null: the user has none there. */
  readonly archivedTo: Date | null;
  /** Until when the user may do nothing; null or past: it is not blocked. */
  readonly blockedUntil: Date | null;
  /** Whether boards show the user; while it is in quarantine, to itself alone. */
  readonly onLeaderboards: boolean;
  readonly quarantined: boolean;
  /** Grows with every write of what belongs to the user's fold. */
  readonly rowVersion: number;
}
