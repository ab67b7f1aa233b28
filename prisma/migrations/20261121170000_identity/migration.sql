-- Players sign in: sessions, device tokens and accounts elsewhere, passwords; and users who are blocked.
-- works-from: 5

alter table users
  -- Until when the user may do nothing; null or past: it is not blocked. The end of the year 9999 is for good.
  add column blocked_until  timestamptz(3),
  add column blocked_reason text;

-- A signed-in device. It is live while its row is there: ending it deletes the row.
create table sessions (
  id            uuid           not null,
  user_id       uuid           not null,
  -- SHA-256 of the refresh token that is good now.
  refresh_hash  bytea          not null,
  -- Of the one before: for a moment after rotated_at it is answered as it was; later it ends the session.
  previous_hash bytea,
  rotated_at    timestamptz(3) not null,
  -- What the client calls the device.
  device        text,
  created_at    timestamptz(3) not null,
  -- It is never put off.
  expires_at    timestamptz(3) not null,
  constraint sessions_pkey primary key (id)
);
create index sessions_user_id_created_at_id_idx on sessions (user_id, created_at, id);
create index sessions_expires_at_idx on sessions (expires_at);

-- Ways to sign in other than a password: who has this subject is this user.
create table identities (
  kind       text           not null constraint identities_kind check (kind in ('DEVICE', 'TELEGRAM')),
  -- SHA-256 of a device token in hexadecimal; the id of an account elsewhere.
  subject    text           not null,
  user_id    uuid           not null,
  created_at timestamptz(3) not null,
  constraint identities_pkey primary key (kind, subject)
);
create index identities_user_id_idx on identities (user_id);

create table passwords (
  user_id    uuid           not null,
  -- argon2id in PHC form, with its own salt.
  hash       text           not null,
  changed_at timestamptz(3) not null,
  constraint passwords_pkey primary key (user_id)
);
