/** An unlock as it is read. Revoked ones are left out. */
export interface UnlockRow {
  readonly userId: string;
  readonly achievement: string;
  readonly tier: number;
  readonly period: string;
  readonly unlockedAt: Date;
  readonly version: number;
  readonly eventId: string | null;
  readonly points: number;
  readonly xp: number;
}
