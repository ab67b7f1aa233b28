-- Which versions took achievements away is forgotten; what they took stays taken.
alter table catalog_versions drop column revokes;
