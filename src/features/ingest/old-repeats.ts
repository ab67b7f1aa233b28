import type { Database } from '../../platform/database.ts';
import { unstorable } from '../../platform/storable.ts';
import { hasScope, type Principal } from '../auth/principal.ts';
import { lockUsers } from '../state/service.ts';
import { resolveUserRefs } from '../users/service.ts';
import { refKey } from '../users/user-ref.ts';
import { replay } from './batch.ts';
import { EventNotAllowedError } from './errors.ts';
import type { RecordOutcome } from './outcome.ts';
import type { RecordJob } from './parts.ts';
import { readArchived, readRecorded } from './store.ts';
import { hashKey, hashPayload } from './validate.ts';

/**
 * Of events that are refused now, those that were recorded before with the same key, answered as repeats: a key is remembered as long
 * as its event, whatever the clock and the catalog say since. By place.
 */
export async function oldRepeats(
  database: Database,
  jobs: readonly RecordJob[],
  refused: ReadonlyMap<number, RecordOutcome>,
): Promise<Map<number, RecordOutcome>> {
  const asked = [...refused].flatMap(([place, refusal]) => {
    const job = jobs[place];
    const key = job?.request.idempotencyKey ?? null;
    if (job === undefined || key === null || refusal instanceof EventNotAllowedError) return [];
    return unstorable(job.request.details) === null ? [{ place, job, key, keyHash: hashKey(key) }] : [];
  });
  const found = new Map<number, RecordOutcome>();
  if (asked.length === 0) return found;
  await database.transaction(async (transaction) => {
    const ids = await resolveUserRefs(
      transaction,
      asked.map(({ job }) => job.request.user),
    );
    const users = new Map((await lockUsers(transaction, [...new Set(ids.values())])).map((user) => [user.id, user]));
    const named = asked.flatMap((one) => {
      const user = users.get(ids.get(refKey(one.job.request.user)) ?? '');
      return user === undefined || !mayRepeat(one.job.principal, user.id) ? [] : [{ ...one, user, userId: user.id }];
    });
    const rows = await Promise.all([readRecorded(transaction, named), readArchived(transaction, named)]);
    const recorded = new Map(rows.flat().map((row) => [`${row.userId} ${row.keyHash}`, row]));
    for (const { place, job, key, keyHash, user } of named) {
      const before = recorded.get(`${user.id} ${keyHash}`);
      if (before === undefined) continue;
      found.set(place, replay(user, { idempotencyKey: key, payloadHash: hashPayload(job.request) }, before));
    }
  });
  return found;
}

/** Who may report for a user may hear what was reported. */
function mayRepeat(principal: Principal, userId: string): boolean {
  return hasScope(principal, 'events:write') || (principal.kind === 'player' && principal.userId === userId);
}
