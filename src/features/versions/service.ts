import { diffCatalogs } from '../../engine/diff.ts';
import { inKeysAfter } from '../../engine/renames.ts';
import { revocableChanges } from '../../engine/rule-changes.ts';
import type { Logger } from '../../platform/logger.ts';
import type { Bus } from '../../realtime/bus.ts';
import type { Author } from '../audit/service.ts';
import type { CatalogFiles } from '../catalog/parse.ts';
import { compileFiles, type FlipInput, type LiveCatalog } from '../catalog/service.ts';
import { fillAll, type RebuildParts, type WalkProgress } from '../rebuild/service.ts';
import { NoSuchVersionError } from './errors.ts';
import { markAll } from './mark.ts';
import { type CatalogPlan, needsFill, type PlanOptions, planCatalog } from './plan.ts';

/** An apply as a caller asks for it. */
export interface ApplyInput {
  readonly files: CatalogFiles;
  readonly expectedVersion: number | null;
  readonly author: Author;
  readonly note: string | null;
  /** Achievements with another rule and `onChange: revoke` are taken from holders who would not earn them now. */
  readonly allowRevoke: boolean;
}

/** A version that was made live. */
export interface AppliedCatalog extends LiveCatalog {
  /** Achievements whose holders keep them only because revoking was not allowed. */
  readonly kept: readonly string[];
}

/** Use cases of catalog versions. */
export interface VersionService {
  /** What applying would change; writes nothing. Throws CatalogFaultsError. */
  plan(files: CatalogFiles, options?: PlanOptions): Promise<CatalogPlan>;
  /** Makes it live at once on every process, then brings the users up in the background. Throws CatalogFaultsError, VersionMovedError. */
  apply(input: ApplyInput): Promise<AppliedCatalog>;
  /**
   * Applies the content of an older version again, as the next; null: the one before the live one. It takes nothing from anybody, and
   * gives back what a version between took where the older rules give it over the log. Throws NoSuchVersionError.
   */
  rollback(version: number | null, input: Omit<ApplyInput, 'files' | 'allowRevoke'>): Promise<AppliedCatalog>;
  /** Brings users of older versions up; one walk at a time in a process, resolves when it is done. */
  fill(onProgress?: (progress: WalkProgress) => void): Promise<void>;
  /** Listens for flips by other processes, and goes on with a walk that was interrupted. */
  start(): Promise<void>;
  /** Ends listening, and the walk after its step. */
  close(): Promise<void>;
}

/** What the use cases stand on. */
export interface VersionParts extends RebuildParts {
  readonly bus: Bus;
  readonly logger: Logger;
}

/** How often a process looks for a flip that no message told it of. */
const LOOK_MS = 2_000;

/** Makes the use cases of catalog versions. */
export function createVersionService(parts: VersionParts): VersionService {
  const { catalog, bus, logger } = parts;
  let filling: Promise<void> | null = null;
  /** Everybody is up to this version. */
  let filledTo = 0;
  /** The last flip changed only what is shown. */
  let shownOnly: { readonly from: number; readonly to: number } | null = null;
  let closing = false;
  const told = new Set<(progress: WalkProgress) => void>();
  let stops: (() => void)[] = [];
  let timer: NodeJS.Timeout | undefined;

  const walkUp = async (): Promise<void> => {
    while (!closing && filledTo < catalog.live().version) {
      const target = (await catalog.reload()).version;
      if (shownOnly?.to === target) await markAll(parts.database, shownOnly.from, target);
      for await (const progress of fillAll(parts)) {
        for (const tell of told) tell(progress);
        if (closing) return;
      }
      filledTo = target;
    }
  };
  const fill = async (onProgress?: (progress: WalkProgress) => void): Promise<void> => {
    filling ??= walkUp().finally(() => {
      filling = null;
    });
    if (onProgress !== undefined) told.add(onProgress);
    try {
      await filling;
    } finally {
      if (onProgress !== undefined) told.delete(onProgress);
    }
  };
  const fillInBackground = (): void => {
    fill().catch((error: unknown) =>
      logger.error({ err: error, operation: 'catalog.fill' }, 'users were not all brought up; it is tried again'),
    );
  };
  /** Looks what is live, and whether everybody is up to it: a process that flipped may have died since. */
  const look = (): void => {
    catalog.reload().then(
      ({ version }) => {
        if (filledTo < version && filling === null && !closing) fillInBackground();
      },
      (error: unknown) => logger.error({ err: error, operation: 'catalog.reload' }, 'the catalog was not loaded'),
    );
  };
  const flip = async (input: FlipInput): Promise<AppliedCatalog> => {
    const before = await catalog.reload();
    const live = await catalog.flip(input);
    const { version, revokes } = live;
    if (version === before.version) return { ...live, kept: [] };
    bus.publish('catalog', 'live', { version });
    logger.info({ operation: 'catalog.apply', version, actor: input.author.actor, revokes }, 'catalog is live');
    const renames = live.renames.find((step) => step.version === version)?.renames ?? [];
    const diff = diffCatalogs(before.catalog, live.catalog, renames);
    const isShownOnly = version === before.version + 1 && !needsFill(diff, renames);
    shownOnly = isShownOnly ? { from: before.version, to: version } : null;
    fillInBackground();
    const known = inKeysAfter(before.catalog, renames);
    const revocable = version === before.version + 1 ? revocableChanges(known, live.catalog) : [];
    return { ...live, kept: revocable.filter((key) => !revokes.includes(key)) };
  };

  return {
    async plan(files, options) {
      const next = compileFiles(files);
      await catalog.reload();
      return planCatalog(parts, next, options);
    },
    apply: (input) => flip({ ...input, action: 'CATALOG_APPLIED' }),
    async rollback(version, input) {
      const live = await catalog.reload();
      const wanted = version ?? live.version - 1;
      const files = await catalog.sourceOf(wanted);
      if (files === null) throw new NoSuchVersionError(wanted);
      // "The one before" is told of this live version: another flip in between must not be undone unseen.
      const expectedVersion = input.expectedVersion ?? live.version;
      const note = input.note ?? `rollback to version ${wanted}`;
      const action = 'CATALOG_ROLLED_BACK';
      return flip({ ...input, action, expectedVersion, files, note, allowRevoke: false });
    },
    fill,
    async start() {
      stops = [
        await bus.subscribe('catalog', 'live', ({ version }) => version !== catalog.live().version && look()),
        bus.onRecovered(look),
      ];
      timer = setInterval(look, LOOK_MS).unref();
      fillInBackground();
    },
    async close() {
      closing = true;
      clearInterval(timer);
      for (const stop of stops) stop();
      await filling?.catch(() => undefined);
    },
  };
}
