-- Final standings are forgotten, and who did not want to be shown; rewards that were paid stay in the ledger.
drop table leaderboard_standings;
drop table leaderboard_periods;
alter table users drop column show_on_leaderboards, drop column hidden_on_leaderboards;
alter table outbox_feed drop column touched_pruned_to;
