-- Nobody has a role, the log of decisions is gone, and secrets of keys from before their rotation end at once.
drop table audit_log;
drop function audit_log_refuse_update();
drop table admin_invites;
alter table api_keys drop column previous_hash, drop column previous_until, drop column events_per_minute, drop column last_used_at;
alter table users drop column role;
