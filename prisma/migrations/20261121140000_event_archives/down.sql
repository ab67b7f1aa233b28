-- Back to a log in one table: what the archive holds moves back into it.
insert into events (user_id, id, type, details, attributes, timezone, points, xp, occurred_at, recorded_at, idempotency_key,
  key_hash, payload_hash, catalog_version)
select a.user_id, e.id, e.type, e.details, e.attributes, e.timezone, e.points, e.xp, e.occurred_at, e.recorded_at,
  e.idempotency_key, k.key_hash, e.payload_hash, e.catalog_version
from event_archives a
cross join lateral unnest(a.ids, a.types, a.details, a.attributes, a.timezones, a.points, a.xp, a.occurred_at, a.recorded_at,
  a.idempotency_keys, a.payload_hashes, a.catalog_versions) with ordinality
  as e (id, type, details, attributes, timezone, points, xp, occurred_at, recorded_at, idempotency_key, payload_hash,
    catalog_version, place)
left join archived_keys k on (k.user_id, k.year, k.part, k.place) = (a.user_id, a.year, a.part, e.place);
drop view event_log;
drop table archived_keys, event_archives;
alter table users drop column archived_to;
alter table events_p00 reset (autovacuum_vacuum_scale_factor);
alter table events_p01 reset (autovacuum_vacuum_scale_factor);
alter table events_p02 reset (autovacuum_vacuum_scale_factor);
alter table events_p03 reset (autovacuum_vacuum_scale_factor);
alter table events_p04 reset (autovacuum_vacuum_scale_factor);
alter table events_p05 reset (autovacuum_vacuum_scale_factor);
alter table events_p06 reset (autovacuum_vacuum_scale_factor);
alter table events_p07 reset (autovacuum_vacuum_scale_factor);
alter table events_p08 reset (autovacuum_vacuum_scale_factor);
alter table events_p09 reset (autovacuum_vacuum_scale_factor);
alter table events_p10 reset (autovacuum_vacuum_scale_factor);
alter table events_p11 reset (autovacuum_vacuum_scale_factor);
alter table events_p12 reset (autovacuum_vacuum_scale_factor);
alter table events_p13 reset (autovacuum_vacuum_scale_factor);
alter table events_p14 reset (autovacuum_vacuum_scale_factor);
alter table events_p15 reset (autovacuum_vacuum_scale_factor);
