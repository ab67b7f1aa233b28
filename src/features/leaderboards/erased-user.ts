import type { User } from '../../generated/prisma/client.ts';
import type { Context } from '../../graphql/context.ts';
import { wantedLocales } from '../../graphql/locale.ts';
import type { Texts } from '../../platform/messages.ts';
import { ownText } from '../achievements/texts.ts';

const NAME: Texts = { en: 'Deleted player', ru: 'Удалённый игрок' };

/** Who stands in the place of a user who is erased: nobody, with nothing. */
export function erasedUser(id: string, context: Context): User {
  const { catalog, version } = context.services.catalog.live();
  const never = new Date(0);
  return {
    id,
    externalId: null,
    username: '',
    email: null,
    displayName: ownText(NAME, wantedLocales(context, null), catalog.locales, {}),
    avatar: null,
    timezone: null,
    locale: null,
    attributes: {},
    test: false,
    createdAt: never,
    updatedAt: never,
    catalogVersion: version,
    score: 0n,
    achievementPoints: 0n,
    xp: 0n,
    lastActivityAt: null,
    lastSeq: 0n,
    rowVersion: 0n,
    archivedTo: null,
    showOnLeaderboards: false,
    hiddenOnLeaderboards: false,
    blockedUntil: null,
    blockedReason: null,
    quarantinedAt: null,
    quarantineReason: null,
    role: null,
  };
}
