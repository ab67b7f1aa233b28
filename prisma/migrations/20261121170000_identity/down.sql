-- Everybody is signed out and nobody is blocked; who only signed in with a password or a device cannot do so again.
drop table passwords;
drop table identities;
drop table sessions;
alter table users drop column blocked_until, drop column blocked_reason;
