/** A rule of every kind, gates of every kind, and what players may not see. */
export const EXPLAIN_CATALOG = `
laurel: 1
name: Explained
locales: [en, ru]
eventTypes:
  login: { points: 5 }
  lap: { points: 0, details: { track: string, seconds: number } }
metrics:
  logins: { count: login }
  quick_laps: { count: lap, where: { seconds: { below: 60 } } }
  record: { min: details.seconds, of: lap, by: details.track, decimals: 1 }
levels: { thresholds: [0, 50, 100] }
streaks:
  daily: { name: { en: Days in a row, ru: Дней подряд }, of: [login], per: day }
  weekly: { name: { en: Weeks in a row, ru: Недель подряд }, of: [lap], per: week }
seasons:
  winter: { name: { en: Winter, ru: Зима }, startsAt: 2026-12-01T00:00, endsAt: 2027-03-01T00:00, timezone: UTC }
achievements:
  newcomer: { name: { en: Newcomer, ru: Новичок }, points: 5, when: { metric: logins, atLeast: 1 } }
  regular: { name: { en: Regular, ru: Постоянный }, points: 5, when: { metric: logins, atLeast: 4 } }
  sprinter: { name: { en: Sprinter, ru: Спринтер }, points: 5, when: { metric: quick_laps, atLeast: 2 } }
  devoted:
    name: { en: Devoted, ru: Преданный }
    requires: [newcomer, shadow]
    startsAt: 2026-01-01T00:00:00Z
    endsAt: 2026-06-01T00:00:00Z
    when:
      all:
        - { streak: daily, atLeast: 3 }
        - { not: { metric: quick_laps, atLeast: 5 } }
        - any: [ { level: 3 }, { achievement: shadow }, { metric: record, key: north, atMost: 58.5 } ]
        - { atLeast: 1, of: [ { achievements: all, atLeast: 4 }, { points: 40 } ] }
  snowman: { name: { en: Snowman, ru: Снеговик }, season: winter, when: { metric: logins, atLeast: 2 } }
  helper: { name: { en: Helper, ru: Помощник }, points: 7, when: manual }
  tiered: { name: { en: Tiered, ru: Ступени }, tiers: [ { at: 2, points: 1 }, { at: 6, points: 2 } ], when: { metric: logins } }
  closed: { name: { en: Closed, ru: Закрыто }, status: locked, when: { metric: logins, atLeast: 3 } }
  draft: { name: { en: Draft, ru: Черновик }, status: draft, when: { metric: logins, atLeast: 3 } }
  veiled: { name: { en: Veiled, ru: Под вуалью }, visibility: hidden, requires: [newcomer], when: { metric: quick_laps, atLeast: 3 } }
  shadow: { name: { en: Shadow, ru: Тень }, visibility: secret, when: { metric: logins, atLeast: 100 } }
`;
