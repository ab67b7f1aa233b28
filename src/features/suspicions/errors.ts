import { Refusal } from '../../graphql/errors.ts';

/** There is no such suspicion; those of who is erased or reset are gone. */
export class SuspicionNotFoundError extends Refusal {
  override readonly texts = {
    en: 'There is no such suspicion',
    ru: 'Такого подозрения нет',
  };
}

/** A reviewer has decided it already; what was doubted since stands in another. */
export class SuspicionDecidedError extends Refusal {
  override readonly texts = {
    en: 'This suspicion was decided already',
    ru: 'По этому подозрению уже принято решение',
  };
}
