-- The archive of old events: a user's events of one year in one compact row. Finished by hand: storage, autovacuum, the view.
-- An older Laurel would take the log for what stands in `events` alone.
-- works-from: 5

-- One row a user, calendar year (UTC) of occurred_at and part. Each column of `events` is an array here, in the same order in all of
-- them; a place never changes, for archived_keys names it. Against an array of JSON objects: 94 bytes an event, not 166, and read six
-- times as fast. A year, because rows below 2 KB are not compressed: of users with 8 events a month an event takes 97 bytes in rows of
-- a year, 113 of a quarter, 212 of a month. Storage `main`: compressed and kept in the row while that fits a page.
create table event_archives (
  user_id          uuid             not null,
  year             smallint         not null,
  part             smallint         not null,
  count            integer          not null,
  first_at         timestamptz(3)   not null,
  last_at          timestamptz(3)   not null,
  first_id         uuid             not null,
  last_id          uuid             not null,
  ids              uuid[]           not null,
  types            text[]           not null,
  details          jsonb[]          not null,
  attributes       jsonb[]          not null,
  timezones        text[]           not null,
  points           bigint[]         not null,
  xp               bigint[]         not null,
  occurred_at      timestamptz(3)[] not null,
  recorded_at      timestamptz(3)[] not null,
  idempotency_keys text[]           not null,
  payload_hashes   bytea[]          not null,
  catalog_versions integer[]        not null,
  constraint event_archives_pkey primary key (user_id, year, part)
) with (toast_tuple_target = 128);
alter table event_archives
  alter column ids set storage main,
  alter column types set storage main,
  alter column details set storage main,
  alter column attributes set storage main,
  alter column timezones set storage main,
  alter column points set storage main,
  alter column xp set storage main,
  alter column occurred_at set storage main,
  alter column recorded_at set storage main,
  alter column idempotency_keys set storage main,
  alter column payload_hashes set storage main,
  alter column catalog_versions set storage main;

-- An idempotency key is remembered as long as its event: where the archive has it. Key hashes stand here alone.
create table archived_keys (
  user_id  uuid     not null,
  key_hash uuid     not null,
  year     smallint not null,
  part     smallint not null,
  place    smallint not null,
  constraint archived_keys_pkey primary key (user_id, key_hash)
);

-- Events that happened before this may be in the archive. Null: the user has none.
alter table users add column archived_to timestamptz(3);

-- An archiving deletes a thirteenth of a log that is kept for a year: below the fifth that wakes autovacuum by default, so the room of
-- three months would lie dead in heap and indexes before the first is used again. Tables that are updated need nothing: with their fill
-- factor of 75 every update of users, metric_values and event_type_totals under load was HOT (108,682 of 108,682).
alter table events_p00 set (autovacuum_vacuum_scale_factor = 0.02);
alter table events_p01 set (autovacuum_vacuum_scale_factor = 0.02);
alter table events_p02 set (autovacuum_vacuum_scale_factor = 0.02);
alter table events_p03 set (autovacuum_vacuum_scale_factor = 0.02);
alter table events_p04 set (autovacuum_vacuum_scale_factor = 0.02);
alter table events_p05 set (autovacuum_vacuum_scale_factor = 0.02);
alter table events_p06 set (autovacuum_vacuum_scale_factor = 0.02);
alter table events_p07 set (autovacuum_vacuum_scale_factor = 0.02);
alter table events_p08 set (autovacuum_vacuum_scale_factor = 0.02);
alter table events_p09 set (autovacuum_vacuum_scale_factor = 0.02);
alter table events_p10 set (autovacuum_vacuum_scale_factor = 0.02);
alter table events_p11 set (autovacuum_vacuum_scale_factor = 0.02);
alter table events_p12 set (autovacuum_vacuum_scale_factor = 0.02);
alter table events_p13 set (autovacuum_vacuum_scale_factor = 0.02);
alter table events_p14 set (autovacuum_vacuum_scale_factor = 0.02);
alter table events_p15 set (autovacuum_vacuum_scale_factor = 0.02);

-- The whole log, for books and for an operator's own statements. What the server reads often names the tables, so that years and
-- columns that it does not want are left alone.
create view event_log as
  select user_id, id, type, details, attributes, timezone, points, xp, occurred_at, recorded_at, idempotency_key, catalog_version
  from events
  union all
  select a.user_id, e.*
  from event_archives a
  cross join lateral unnest(a.ids, a.types, a.details, a.attributes, a.timezones, a.points, a.xp, a.occurred_at, a.recorded_at,
    a.idempotency_keys, a.catalog_versions) as e;
