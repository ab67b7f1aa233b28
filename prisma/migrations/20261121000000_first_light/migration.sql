-- First light: the tables of Laurel. Finished by hand: partitions, expression and partial indexes, fill factors.
-- Hot tables lead with user_id and have no foreign keys, so that they can be partitioned or distributed by user.
-- works-from: 1

create table installation (
  single       boolean        not null default true,
  id           uuid           not null,
  epoch        uuid           not null,
  live_version integer,
  schema       integer        not null,
  works_from   integer        not null,
  created_at   timestamptz(3) not null,
  constraint installation_pkey primary key (single),
  constraint installation_single_check check (single)
);

create table schema_objects (
  kind       text not null,
  name       text not null,
  definition text not null,
  constraint schema_objects_pkey primary key (kind, name)
);

create table catalog_versions (
  version    integer        not null,
  checksum   text           not null,
  source     jsonb          not null,
  applied_at timestamptz(3) not null,
  applied_by text           not null,
  note       text,
  constraint catalog_versions_pkey primary key (version)
);

create table users (
  id                 uuid           not null,
  external_id        text,
  username           text           not null,
  email              text,
  display_name       text           not null,
  avatar             text,
  timezone           text,
  locale             text,
  attributes         jsonb          not null default '{}',
  test               boolean        not null default false,
  created_at         timestamptz(3) not null,
  updated_at         timestamptz(3) not null,
  catalog_version    integer        not null,
  score              bigint         not null default 0,
  achievement_points bigint         not null default 0,
  xp                 bigint         not null default 0,
  last_activity_at   timestamptz(3),
  last_seq           bigint         not null default 0,
  row_version        bigint         not null default 0,
  constraint users_pkey primary key (id)
) with (fillfactor = 75);
create unique index users_external_id_key on users (external_id);
create unique index users_username_key on users (lower(username) text_pattern_ops);
create unique index users_email_key on users (lower(email));

create table events (
  user_id         uuid           not null,
  id              uuid           not null,
  type            text           not null,
  details         jsonb,
  attributes      jsonb,
  timezone        text,
  points          bigint         not null,
  xp              bigint         not null,
  occurred_at     timestamptz(3) not null,
  recorded_at     timestamptz(3) not null,
  idempotency_key text,
  key_hash        uuid,
  payload_hash    bytea,
  catalog_version integer        not null,
  constraint events_pkey primary key (user_id, id)
) partition by hash (user_id);
create table events_p00 partition of events for values with (modulus 16, remainder 0);
create table events_p01 partition of events for values with (modulus 16, remainder 1);
create table events_p02 partition of events for values with (modulus 16, remainder 2);
create table events_p03 partition of events for values with (modulus 16, remainder 3);
create table events_p04 partition of events for values with (modulus 16, remainder 4);
create table events_p05 partition of events for values with (modulus 16, remainder 5);
create table events_p06 partition of events for values with (modulus 16, remainder 6);
create table events_p07 partition of events for values with (modulus 16, remainder 7);
create table events_p08 partition of events for values with (modulus 16, remainder 8);
create table events_p09 partition of events for values with (modulus 16, remainder 9);
create table events_p10 partition of events for values with (modulus 16, remainder 10);
create table events_p11 partition of events for values with (modulus 16, remainder 11);
create table events_p12 partition of events for values with (modulus 16, remainder 12);
create table events_p13 partition of events for values with (modulus 16, remainder 13);
create table events_p14 partition of events for values with (modulus 16, remainder 14);
create table events_p15 partition of events for values with (modulus 16, remainder 15);
create unique index events_user_id_key_hash_key on events (user_id, key_hash);
create index events_user_id_occurred_at_id_idx on events (user_id, occurred_at, id);

create table event_type_totals (
  user_id  uuid           not null,
  type     text           not null,
  count    bigint         not null,
  points   bigint         not null,
  first_at timestamptz(3) not null,
  last_at  timestamptz(3) not null,
  constraint event_type_totals_pkey primary key (user_id, type)
) with (fillfactor = 75);

create table metric_values (
  user_id     uuid           not null,
  metric      text           not null,
  by_key      text           not null default '',
  period      text           not null default '',
  value       bigint,
  achieved_at timestamptz(3),
  updated_at  timestamptz(3) not null,
  state       jsonb,
  constraint metric_values_pkey primary key (user_id, metric, by_key, period)
) with (fillfactor = 75);

create table metric_members (
  user_id  uuid           not null,
  metric   text           not null,
  by_key   text           not null default '',
  period   text           not null default '',
  member   text           not null,
  first_at timestamptz(3) not null,
  constraint metric_members_pkey primary key (user_id, metric, by_key, period, member)
);

create table streak_days (
  user_id uuid not null,
  streak  text not null,
  day     date not null,
  constraint streak_days_pkey primary key (user_id, streak, day)
);

create table user_achievements (
  user_id     uuid           not null,
  achievement text           not null,
  tier        integer        not null default 0,
  period      text           not null default '',
  unlocked_at timestamptz(3) not null,
  recorded_at timestamptz(3) not null,
  version     integer        not null,
  source      text           not null,
  event_id    uuid,
  points      bigint         not null,
  xp          bigint         not null,
  revoked_at  timestamptz(3),
  constraint user_achievements_pkey primary key (user_id, achievement, tier, period)
);

create table ledger (
  user_id     uuid           not null,
  id          uuid           not null,
  source      text           not null,
  achievement text,
  tier        integer,
  period      text,
  event_id    uuid,
  points      bigint         not null,
  xp          bigint         not null,
  reason      text,
  actor       text,
  recorded_at timestamptz(3) not null,
  constraint ledger_pkey primary key (user_id, id)
);

create table notifications (
  user_id    uuid           not null,
  seq        bigint         not null,
  kind       text           not null,
  data       jsonb          not null,
  created_at timestamptz(3) not null,
  seen_at    timestamptz(3),
  constraint notifications_pkey primary key (user_id, seq)
);
create index notifications_unseen_idx on notifications (user_id, seq) where seen_at is null;

create table outbox (
  id         uuid           not null,
  kind       text           not null,
  user_id    uuid,
  payload    jsonb          not null,
  created_at timestamptz(3) not null,
  state      smallint       not null default 0,
  constraint outbox_pkey primary key (id)
);
create index outbox_waiting_idx on outbox (id) where state = 0;

create table api_keys (
  id          uuid           not null,
  name        text           not null,
  environment text           not null,
  secret_hash bytea          not null,
  scopes      text[]         not null,
  created_at  timestamptz(3) not null,
  expires_at  timestamptz(3),
  revoked_at  timestamptz(3),
  constraint api_keys_pkey primary key (id)
);
