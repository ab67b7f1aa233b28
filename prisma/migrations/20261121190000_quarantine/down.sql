-- Who was in quarantine is shown to everybody again, once ranks are loaded anew.
drop index users_quarantined_idx;
alter table users drop column quarantined_at, drop column quarantine_reason;
