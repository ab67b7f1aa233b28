-- People with roles, server keys that rotate, and the log of what they decide.
-- works-from: 7

alter table users
  -- What a person may do beside playing; null: a player.
  add column role text constraint users_role check (role in ('ADMIN', 'DESIGNER', 'MODERATOR', 'OBSERVER'));
create index users_role_idx on users (role, id) where role is not null;

alter table api_keys
  -- Of the secret before the last rotation: good until previous_until.
  add column previous_hash     bytea,
  add column previous_until    timestamptz(3),
  -- Null: as many as it likes.
  add column events_per_minute integer,
  -- To the minute.
  add column last_used_at      timestamptz(3);

-- What lets somebody in as an admin, once.
create table admin_invites (
  id          uuid           not null,
  -- SHA-256 of the token.
  secret_hash bytea          not null,
  created_at  timestamptz(3) not null,
  expires_at  timestamptz(3) not null,
  constraint admin_invites_pkey primary key (id)
);

-- Who decided what. Rows are never changed; those older than LAUREL_RETAIN_AUDIT are deleted.
create table audit_log (
  id         uuid           not null,
  at         timestamptz(3) not null,
  -- 'key <id>', 'admin <user id>', 'command line', ...
  actor      text           not null,
  action     text           not null,
  -- Global id of what it was done to.
  subject    text           not null,
  request_id text,
  -- What it was and what it became, in brief; never a secret.
  before     jsonb,
  after      jsonb,
  constraint audit_log_pkey primary key (id)
);
create index audit_log_actor_id_idx on audit_log (actor, id);
create index audit_log_action_id_idx on audit_log (action, id);

create function audit_log_refuse_update() returns trigger language plpgsql as $$
begin
  raise exception 'rows of audit_log are never changed';
end $$;
create trigger audit_log_append_only before update on audit_log
  for each statement execute function audit_log_refuse_update();
