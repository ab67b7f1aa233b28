-- A version may take an achievement from those who would not earn it by its new rule: what --allow-revoke allowed.
-- works-from: 1

alter table catalog_versions add column revokes text[] not null default '{}';
