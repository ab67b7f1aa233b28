-- Which versions renamed achievements is forgotten; unlocks stay under the keys they have now.
alter table catalog_versions drop column renames;
