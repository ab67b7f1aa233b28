-- Users whose play is looked at: they play on, and boards show them to nobody but themselves.
-- works-from: 5

alter table users
  -- Since when; null: nobody looks at it.
  add column quarantined_at    timestamptz(3),
  add column quarantine_reason text;
create index users_quarantined_idx on users (quarantined_at, id) where quarantined_at is not null;
