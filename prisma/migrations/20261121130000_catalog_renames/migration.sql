-- Which achievements a version renames: whose holders go to which key, for users who come over several versions and for old messages.
-- works-from: 1

alter table catalog_versions add column renames jsonb not null default '[]';
