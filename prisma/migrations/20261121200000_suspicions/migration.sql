-- How far a server key is trusted, and what reviewers are to look at: events that count and are doubted.
-- works-from: 9

alter table api_keys
  add column trust text not null default 'normal' constraint api_keys_trust check (trust in ('low', 'normal', 'high'));

create table suspicions (
  id             uuid           not null,
  user_id        uuid           not null,
  cause          text           not null constraint suspicions_cause check (cause in ('TRUST', 'VELOCITY')),
  event_type     text           not null,
  -- When the first and the newest doubted event were recorded.
  first_at       timestamptz(3) not null,
  last_at        timestamptz(3) not null,
  count          bigint         not null,
  first_event_id uuid           not null,
  last_event_id  uuid           not null,
  -- Null: nobody has decided.
  verdict        text constraint suspicions_verdict check (verdict in ('CLEAR', 'QUARANTINE')),
  note           text,
  decided_at     timestamptz(3),
  -- As audit_log names the actor.
  decided_by     text,
  constraint suspicions_decided check ((verdict is null) = (decided_at is null) and (verdict is null) = (decided_by is null)),
  constraint suspicions_pkey primary key (id)
);
-- One that is open takes in what is doubted next.
create unique index suspicions_open_key on suspicions (user_id, cause, event_type) where verdict is null;
create index suspicions_open_idx on suspicions (id) where verdict is null;
create index suspicions_user_id_cause_event_type_idx on suspicions (user_id, cause, event_type);
create index suspicions_decided_at_idx on suspicions (decided_at);
