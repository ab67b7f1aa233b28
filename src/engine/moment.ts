/** The moment a rule is judged at: that of an event, with the zone it was recorded in. */
export interface Moment {
  readonly at: number;
  readonly zone: string | null;
}
