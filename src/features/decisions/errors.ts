import { Refusal } from '../../graphql/errors.ts';

/** The catalog declares no such achievement, and the user holds none that it once declared so. */
export class AchievementNotFoundError extends Refusal {
  override readonly texts = {
    en: 'Achievement {achievement} not found{suggestion, select, none {} other {; did you mean {suggestion}?}}',
    ru: 'Достижение {achievement} не найдено{suggestion, select, none {} other {; может быть, {suggestion}?}}',
  };
  readonly suggestion: string | null;

  constructor(achievement: string, suggestion: string | null) {
    super({ achievement, suggestion: suggestion ?? 'none' });
    this.suggestion = suggestion;
  }
}

/** The achievement has no such tier. */
export class AchievementTierNotFoundError extends Refusal {
  override readonly texts = {
    en: 'Achievement {achievement} has {count, plural, =0 {no tiers} one {# tier} other {# tiers}}, there is no tier {tier}',
    ru: 'У достижения {achievement} {count, plural, =0 {нет ступеней} one {# ступень} few {# ступени} many {# ступеней} other {# ступени}}, ступени {tier} нет',
  };
  readonly tierCount: number;

  constructor(achievement: string, tier: number, tierCount: number) {
    super({ achievement, tier, count: tierCount });
    this.tierCount = tierCount;
  }
}

/** The user has it: this tier, in this period. */
export class AchievementAlreadyHeldError extends Refusal {
  override readonly texts = {
    en: 'The user already has the achievement {achievement}',
    ru: 'У пользователя уже есть достижение {achievement}',
  };
  readonly userId: string;
  readonly achievement: string;

  constructor(userId: string, achievement: string) {
    super({ achievement });
    this.userId = userId;
    this.achievement = achievement;
  }
}

/** The user does not have it, or not this tier. */
export class AchievementNotHeldError extends Refusal {
  override readonly texts = {
    en: 'The user does not have the achievement {achievement}',
    ru: 'У пользователя нет достижения {achievement}',
  };
  readonly userId: string;
  readonly achievement: string;

  constructor(userId: string, achievement: string) {
    super({ achievement });
    this.userId = userId;
    this.achievement = achievement;
  }
}

/** The user has fewer points or XP than the achievement gave: the books are wrong. */
export class BooksOutOfBalanceError extends Refusal {
  override readonly texts = {
    en: 'The user has fewer points or XP than {achievement} gave; run "laurel rebuild", then revoke it again',
    ru: 'У пользователя меньше очков или опыта, чем дало достижение {achievement}; выполните "laurel rebuild" и отзовите его снова',
  };

  constructor(achievement: string) {
    super({ achievement });
  }
}

/** Only test users may be reset in production; moderators decide over test users alone. */
export class TestUserRequiredError extends Refusal {
  override readonly texts = {
    en: 'This may be done to test users only',
    ru: 'Это можно делать только с тестовыми пользователями',
  };
}
