import { Refusal } from '../../graphql/errors.ts';

/** Without an admin nobody could make another. */
export class LastAdminError extends Refusal {
  override readonly texts = {
    en: 'The last admin keeps the role; make another one first',
    ru: 'Последний администратор сохраняет роль; сначала назначьте другого',
  };
}
