/** An event of a run: the same for the same run and number. */
export interface PlannedEvent {
  /** Of `player-<user>`. */
  readonly user: number;
  readonly type: keyof typeof POINTS;
  readonly idempotencyKey: string;
}

/** The default catalog's event types and what they are worth. */
export const POINTS = { login: 5, complete_level: 20, find_secret: 50 } as const;

const TYPES = ['login', 'complete_level', 'find_secret'] as const;

/** Makes the events of a run: users and types evenly spread, in no order. */
export function planOf(run: string, users: number): (index: number) => PlannedEvent {
  let salt = 2_166_136_261;
  for (const character of run) salt = Math.imul(salt ^ character.charCodeAt(0), 16_777_619);
  return (index) => {
    const mixed = mix(salt + Math.imul(index, 0x9e37_79b1));
    return {
      user: mixed % users,
      type: TYPES[Math.floor(mixed / users) % TYPES.length] ?? 'login',
      idempotencyKey: `${run}-${index}`,
    };
  };
}

/** Scatters the bits of a number over 32 (the finisher of MurmurHash3). */
function mix(value: number): number {
  let bits = value;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85eb_ca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2_ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}
