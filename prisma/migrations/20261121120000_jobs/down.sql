-- Back to an outbox without positions: the job queue with all jobs, and every cursor of the feed, are gone.
drop schema jobs cascade;
drop table outbox_feed;
drop index outbox_touched_idx, outbox_feed_idx, outbox_waiting_idx;
alter table outbox drop column writer, drop column position, drop column place;
create index outbox_waiting_idx on outbox (id) where state = 0;
