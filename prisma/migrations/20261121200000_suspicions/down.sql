-- What is to be looked at is forgotten; who is in quarantine stays there. Every server key is trusted alike.
drop table suspicions;
alter table api_keys drop column trust;
