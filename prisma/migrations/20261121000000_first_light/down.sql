-- Back to an empty database: every table of first light, with what it holds.
drop table api_keys, outbox, notifications, ledger, user_achievements, streak_days, metric_members, metric_values,
  event_type_totals, events, users, catalog_versions, schema_objects, installation;
