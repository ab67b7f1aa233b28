import { writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sql } from '../../../src/platform/sql.ts';
import { PRODUCTION } from '../../http/environments.ts';
import { type CatalogFile, writeCatalog } from '../../support/catalog-file.ts';
import { backends, openTestDatabase, type TestDatabase } from '../../support/databases.ts';
import { startLaurel } from '../../support/laurel.ts';

const catalogOf = (points: number) => `
laurel: 1
name: Adopted
locales: [en]
eventTypes:
  login: { name: { en: Signed in }, points: ${points} }
`;

describe.each(backends())('the audit log of catalogs that a start adopts, on %s', (backend) => {
  let opened: TestDatabase;
  let file: CatalogFile;
  beforeEach(async () => {
    opened = await openTestDatabase(backend);
    file = await writeCatalog(catalogOf(1));
  });
  afterEach(async () => {
    await opened.dispose();
    await file.remove();
  });

  const started = async (environment: Readonly<Record<string, string>> = {}) => {
    const laurel = await startLaurel(backend, {
      database: opened.db,
      environment: { LAUREL_CATALOG: file.path, ...environment },
    });
    const { version, checksum } = laurel.app.services.catalog.live();
    return { laurel, version, checksum };
  };
  const restart = async (environment?: Readonly<Record<string, string>>) => {
    const { laurel, ...live } = await started(environment);
    await laurel.close();
    return live;
  };
  /** Rows of the log; `together`: written by the transaction that made the version. */
  const written = () =>
    opened.db.query(sql`
      select l.actor, l.action, l.subject, l.request_id as "requestId", l.before, l.after,
        l.xmin::text = v.xmin::text as together
      from audit_log l left join catalog_versions v on l.subject = 'catalog_' || v.version order by l.id`);
  const row = (version: number, checksum: string, before: object | null) => ({
    actor: 'start',
    action: 'CATALOG_APPLIED',
    subject: `catalog_${version}`,
    requestId: null,
    before,
    after: { version, checksum, note: null, revokes: [] },
    together: true,
  });

  it('tells of the first version, and of those that come by themselves', async () => {
    const first = await restart();
    expect(await written()).toEqual([row(1, first.checksum, null)]);
    expect(await restart()).toEqual(first);
    await writeFile(file.path, catalogOf(2));
    expect(await restart(PRODUCTION)).toEqual(first);
    const second = await restart();
    expect(second.version).toBe(2);
    expect(await written()).toEqual([row(1, first.checksum, null), row(2, second.checksum, { version: 1 })]);
  });

  it('tells it once where two start at once', async () => {
    const both = await Promise.all([started(), started()]);
    expect(await written()).toEqual([row(1, both[0].checksum, null)]);
    const { data } = await both[0].laurel.query('{ auditLog { nodes { actor action subject person { id } } } }');
    expect(data.auditLog.nodes).toEqual([
      { actor: 'start', action: 'CATALOG_APPLIED', subject: 'catalog_1', person: null },
    ]);
    for (const { laurel } of both) await laurel.close();
  });

  it('leaves no version behind that it could not write down', async () => {
    await opened.db.query(sql`alter table audit_log add constraint no_start check (actor <> 'start')`);
    await expect(started()).rejects.toThrow(/no_start/);
    expect(await opened.db.query(sql`select version from catalog_versions`)).toEqual([]);
  });
});
