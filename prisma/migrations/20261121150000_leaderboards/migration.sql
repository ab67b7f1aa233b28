-- Leaderboards: who is shown on them, the periods of boards, and the final standings of periods that are over. Ranks of what is open
-- are in no table: they come from memory or Redis, made from metric_values.
-- works-from: 5

alter table users
  add column show_on_leaderboards   boolean not null default true,
  add column hidden_on_leaderboards boolean not null default false;

-- Rows of touched users up to here may have been deleted: who follows them from before reads ranks anew.
alter table outbox_feed add column touched_pruned_to bigint not null default 0;

-- One row a period of a board, made when it begins or when the board comes; of a board without periods there is none.
create table leaderboard_periods (
  board     text           not null,
  period    text           not null,
  starts_at timestamptz(3) not null,
  ends_at   timestamptz(3) not null,
  -- Late events repair the standings until then.
  final_at  timestamptz(3) not null,
  status    text           not null default 'OPEN' constraint leaderboard_periods_status check (status in ('OPEN', 'CLOSING', 'FINAL')),
  -- What is ranked, how, and what the places give, as the catalog said it last while the period was open.
  definition jsonb         not null,
  -- How many digits of the values stand behind the point, when it was closed.
  decimals  smallint       not null default 0,
  -- Whether the rewards of its board are paid for it: not for what was over before the board came.
  rewarded  boolean        not null default true,
  -- The run that closes it; another one that takes over has it stop.
  closer    uuid,
  closed_at timestamptz(3),
  -- When the last reward was paid, or there was none to pay; null: not yet.
  rewards_paid_at timestamptz(3),
  constraint leaderboard_periods_pkey primary key (board, period)
);

-- What is to be closed or paid: a few rows of all.
create index leaderboard_periods_due_idx on leaderboard_periods (ends_at) where rewards_paid_at is null;

-- Where everybody stood when a period became final. A user who is erased stays here as a number of a row.
create table leaderboard_standings (
  board       text           not null,
  period      text           not null,
  by_key      text           not null default '',
  -- From 1, without gaps and without equals; the rank has them where the board's ties are shared.
  position    integer        not null,
  rank        integer        not null,
  user_id     uuid           not null,
  value       bigint         not null,
  achieved_at timestamptz(3) not null,
  -- Which reward of the period's definition the place gets, from 0; null: none.
  reward      smallint,
  -- When the reward was paid; null: not yet, or there is none.
  rewarded_at timestamptz(3),
  constraint leaderboard_standings_pkey primary key (board, period, by_key, position),
  constraint leaderboard_standings_user_key unique (user_id, board, period, by_key)
);

-- Rewards that are still to be paid: none, most of the time.
create index leaderboard_standings_unpaid_idx on leaderboard_standings (board, period, by_key, position)
  where reward is not null and rewarded_at is null;
