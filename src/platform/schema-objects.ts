import type { Queryable } from './database.ts';
import { sql } from './sql.ts';

/** An object of the schema as the database itself describes it. Names of parts are `table.part`. */
export interface SchemaObject {
  readonly kind: 'table' | 'column' | 'index' | 'constraint';
  readonly name: string;
  readonly definition: string;
}

/** An object of our migrations that is not as they made it. */
export interface Drift {
  readonly kind: string;
  readonly name: string;
  readonly expected: string;
  /** What stands there now; null when the object is gone. */
  readonly found: string | null;
}

/**
 * Describes every table of the current schema with its columns, indexes and constraints, in a fixed order. Of a partition only its
 * bounds: the rest is its parent's.
 */
export async function describeSchema(db: Queryable): Promise<SchemaObject[]> {
  return db.query<SchemaObject>(sql`/* platform.describe_schema */
    with tables as (
      select c.oid, c.relname::text as name, c.relkind, c.relispartition, c.relpartbound, c.reloptions
      from pg_catalog.pg_class c
      where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p')
    ), objects as (
      select 'table' as kind, t.name, concat_ws(' ',
        case when t.relkind = 'p' then 'partitioned by ' || pg_catalog.pg_get_partkeydef(t.oid) end,
        (select 'partition of ' || i.inhparent::regclass || ' ' || pg_catalog.pg_get_expr(t.relpartbound, t.oid)
         from pg_catalog.pg_inherits i where i.inhrelid = t.oid and t.relispartition),
        'with (' || array_to_string(t.reloptions, ', ') || ')') as definition
      from tables t
      union all
      select 'column', t.name || '.' || a.attname, concat_ws(' ',
        pg_catalog.format_type(a.atttypid, a.atttypmod),
        case when a.attnotnull then 'not null' end,
        case when a.attidentity <> '' then 'identity ' || a.attidentity::text end,
        case when a.attgenerated <> '' then 'generated ' || a.attgenerated::text end,
        'default ' || pg_catalog.pg_get_expr(d.adbin, d.adrelid))
      from tables t
      join pg_catalog.pg_attribute a on a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
      left join pg_catalog.pg_attrdef d on d.adrelid = t.oid and d.adnum = a.attnum
      where not t.relispartition
      union all
      select 'index', t.name || '.' || c.relname, pg_catalog.pg_get_indexdef(i.indexrelid)
        || case when i.indisvalid then '' else ' invalid' end
      from tables t
      join pg_catalog.pg_index i on i.indrelid = t.oid
      join pg_catalog.pg_class c on c.oid = i.indexrelid
      where not t.relispartition
      union all
      select 'constraint', t.name || '.' || c.conname, pg_catalog.pg_get_constraintdef(c.oid)
      from tables t
      join pg_catalog.pg_constraint c on c.conrelid = t.oid
      where not t.relispartition and c.contype in ('c', 'f', 'p', 'u', 'x')
    )
    select kind, name, definition from objects order by kind collate "C", name collate "C"
  `);
}

/** The objects of our migrations as they were right after them; empty before the first migration. */
export async function readSchemaObjects(db: Queryable): Promise<SchemaObject[]> {
  return db.query<SchemaObject>(sql`/* platform.read_schema_objects */
    select kind, name, definition from schema_objects order by kind collate "C", name collate "C"
  `);
}

/**
 * Takes what a migration changed into the description: what it made or altered is ours as it is now, what it dropped is no more.
 * Everything else stays as recorded, so drift that was there before stays drift and an operator's own objects stay theirs.
 */
export async function recordChange(
  db: Queryable,
  before: readonly SchemaObject[],
  after: readonly SchemaObject[],
): Promise<void> {
  const earlier = byKey(before);
  const later = byKey(after);
  const changed = after.filter((object) => earlier.get(keyOf(object)) !== object.definition);
  const gone = before.filter((object) => !later.has(keyOf(object)));
  const dropped = [...gone, ...changed];
  await db.query(sql`/* platform.forget_schema_objects */
    delete from schema_objects o
    using unnest(${dropped.map(({ kind }) => kind)}::text[], ${dropped.map(({ name }) => name)}::text[]) as d (kind, name)
    where o.kind = d.kind and o.name = d.name
  `);
  await db.query(sql`/* platform.record_schema_objects */
    insert into schema_objects (kind, name, definition)
    select * from unnest(${changed.map(({ kind }) => kind)}::text[], ${changed.map(({ name }) => name)}::text[],
      ${changed.map(({ definition }) => definition)}::text[])
  `);
}

/** Our objects that are missing or not as recorded. An operator's own tables, columns and indexes are not drift. */
export function findDrift(recorded: readonly SchemaObject[], present: readonly SchemaObject[]): Drift[] {
  const found = byKey(present);
  return recorded.flatMap((object) => {
    const definition = found.get(keyOf(object)) ?? null;
    if (definition === object.definition) return [];
    return [{ kind: object.kind, name: object.name, expected: object.definition, found: definition }];
  });
}

function byKey(objects: readonly SchemaObject[]): ReadonlyMap<string, string> {
  return new Map(objects.map((object) => [keyOf(object), object.definition]));
}

function keyOf({ kind, name }: SchemaObject): string {
  return `${kind} ${name}`;
}
