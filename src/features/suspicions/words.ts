/** The kind of domain events that tell other systems of a new suspicion. */
export const SUSPECTED = 'USER_SUSPECTED';

/** How the reason of a quarantine begins that came of a suspicion. */
export const DOUBTED_REASON = 'doubted: ';
