import type { Fault } from '../../engine/source.ts';
import { Refusal } from '../../graphql/errors.ts';

/** The catalog does not compile; every fault is named. */
export class CatalogInvalidError extends Refusal {
  override readonly texts = {
    en: 'The catalog has {count, plural, one {# fault} other {# faults}}',
    ru: 'В каталоге {count, plural, one {# ошибка} few {# ошибки} other {# ошибок}}',
  };
  readonly faults: readonly Fault[];

  constructor(faults: readonly Fault[]) {
    super({ count: faults.length });
    this.faults = faults;
  }
}

/** Another version is live than the caller expects: plan again. */
export class CatalogVersionConflictError extends Refusal {
  override readonly texts = { en: 'Version {liveVersion} is live', ru: 'Действует версия {liveVersion}' };
  readonly liveVersion: number;

  constructor(liveVersion: number) {
    super({ liveVersion });
    this.liveVersion = liveVersion;
  }
}

/** There is no such version. */
export class NoSuchVersionError extends Refusal {
  override readonly texts = { en: 'There is no version {version}', ru: 'Версии {version} нет' };

  constructor(version: number) {
    super({ version });
  }
}
