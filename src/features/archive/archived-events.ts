import { sql } from '../../platform/sql.ts';

/**
 * What statements of other features say to read the archive beside `events`. `a` is a row of event_archives: the events of one user
 * and year, a column an array. Only the arrays that are named are read, so each reader has its own fragment.
 */

/** The events of `a` as a fold takes them; stands behind `cross join lateral`. */
export const archivedForFold = sql`unnest(a.ids, a.types, a.details, a.attributes, a.timezones, a.occurred_at, a.points, a.xp)
      as e (id, type, details, attributes, timezone, occurred_at, points, xp)`;

/** The events of `a` as they are shown; stands behind `cross join lateral`. */
export const archivedForShow = sql`unnest(a.ids, a.types, a.details, a.points, a.xp, a.occurred_at, a.recorded_at, a.idempotency_keys)
      as e (id, type, details, points, xp, occurred_at, recorded_at, idempotency_key)`;

/** The events of `a` with all that a person may ask for; stands behind `cross join lateral`. */
export const archivedForExport = sql`unnest(a.ids, a.types, a.details, a.attributes, a.timezones, a.points, a.xp, a.occurred_at, a.recorded_at,
        a.idempotency_keys)
      as e (id, type, details, attributes, timezone, points, xp, occurred_at, recorded_at, idempotency_key)`;

/** The one event of `a` at `p.place`, as it is shown; stands behind `select`. */
export const archivedAtPlace = sql`a.user_id as "userId", a.ids[p.place] as id, a.types[p.place] as type, a.details[p.place] as details,
      a.points[p.place] as points, a.xp[p.place] as xp, a.occurred_at[p.place] as "occurredAt",
      a.recorded_at[p.place] as "recordedAt", a.idempotency_keys[p.place] as "idempotencyKey"`;
