import { describe, expect, it } from 'vitest';
import { oneLine, tableLines, widthOf } from '../../../src/commands/catalog/table.ts';
import { CATALOGS, folderWith, runCatalog } from './support.ts';

describe('laurel catalog show', () => {
  it('shows the default catalog as tables', async () => {
    const { status, stdout, stderr } = await runCatalog(CATALOGS, 'show', 'game.yaml');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatchInlineSnapshot(`
      "Laurel (en, ru)
      Users are made by their first event.

      EVENTS
      event           name             points  XP  late by  details
      --------------  ---------------  ------  --  -------  -------
      login           Login            5       5   14d
      complete_level  Level completed  20      20  14d      level_id: integer?
      find_secret     Secret found     50      50  14d      item_id: string?, location: string?

      METRICS
      metric   name              what it counts
      -------  ----------------  --------------
      logins   Logins            count of login
      levels   Levels completed  count of complete_level
      secrets  Secrets found     count of find_secret

      ACHIEVEMENTS
      achievement      name               category   rarity     points  XP  rule
      ---------------  -----------------  ---------  ---------  ------  --  ----
      newcomer         Newcomer           Loyalty    common          5   0  logins >= 1
      regular          Regular            Loyalty    uncommon       25   0  logins >= 5
      veteran          Veteran            Loyalty    rare           50   0  logins >= 10
      explorer         Explorer           Discovery  common         30   0  secrets >= 3
      treasure_hunter  Treasure hunter    Discovery  rare          100   0  secrets >= 10
      secret_master    Master of secrets  Discovery  epic          250   0  secrets >= 25
      beginner         Beginner           Mastery    common         10   0  levels >= 1
      achiever         Achiever           Mastery    uncommon       75   0  levels >= 5
      master           Master             Mastery    epic          200   0  levels >= 10
      champion         Champion           Mastery    legendary     500   0  levels >= 25

      LEVELS
      level          from XP
      -----          -------
          1                0
          2            1,000
          3            2,500
          4            4,750
          5            8,125
          6           13,187
          7           20,780
          8           32,170
          9           49,255
         10           74,883
        ...              ...
         50  850,161,998,263

      STREAKS
      streak  name           what keeps it
      ------  -------------  -------------
      daily   Days in a row  each day with login

      LEADERBOARDS
      board          name                what it ranks
      -------------  ------------------  -------------
      score          Score               score, the greatest first
      score_weekly   Score of the week   score, the greatest first; each week (UTC)
      score_monthly  Score of the month  score, the greatest first; each month (UTC)

      10 achievements bring 1,245 points and 0 XP, each once.
      "
    `);
  });

  it('shows every kind of thing in words, with names in another locale', async () => {
    const { stdout } = await runCatalog(CATALOGS, 'show', 'racing.yaml', '--locale', 'ru');
    const section = (title: string): string => stdout.split('\n\n').find((part) => part.startsWith(title)) ?? '';
    expect(section('METRICS')).toMatchInlineSnapshot(`
      "METRICS
      metric           name                 what it counts
      ---------------  -------------------  --------------
      logins           Входы                count of login
      laps             Круги без помощи     count of lap_finished; where !details.assists
      clean_laps       Чистые круги         count of lap_finished; where track: [north, south], seconds: {below: 70}, assists: false
      distance         Пробег               sum of details.km of drive; 1 decimal; in km
      lap_record       Рекорд круга         least details.seconds of lap_finished; by details.track (1,000 keys a user); 3 decimals; in s
      tracks           Трассы               number of different details.track of lap_finished
      speed_now        Скорость сейчас      newest details.speed of telemetry
      top_speed        Наибольшая скорость  greatest details.speed of telemetry; 1 decimal
      match_overtakes  Обгоны в заезде      count of overtake; by details.match_id (500 keys a user); keys kept 7d
      win_run          Победы подряд        longest run of race_won; broken by race_lost
      wins_week        Победы за неделю     count of race_won; each week (Europe/Moscow)
      wins_season      Победы за сезон      count of race_won; each season
      burst            Серия обгонов        count of overtake; within 1m"
    `);
    expect(section('ACHIEVEMENTS')).toMatchInlineSnapshot(`
      "ACHIEVEMENTS
      achievement  name               category     rarity            points  XP  rule
      -----------  -----------------  -----------  ---------  -------------  --  ----
      newcomer     Новичок            Первые шаги  common                 5   5  logins >= 1
      sprinter     Спринтер           Гонки        rare                  50   0  count lap_finished where seconds: {below: 58.5} >= 10; tells at 50%, 90%; hidden
      collector    Коллекционер       Гонки        epic       10 + 20 + 100   0  tracks >= 5; tiers at 5, 10, 25
      devoted      Преданный                       epic                 100   0  streak daily >= 30 and level >= 10 and (laps >= 100 or achievement sprinter)
      allrounder   Универсал                       rare                  30   0  3 of: level >= 10, achievement sprinter, laps >= 100, win_run >= 3
      north_ace    Ас севера                       rare                  20   0  lap_record of north <= 58.5
      five_tracks  Пять трасс                      epic                  40   0  lap_record <= 60 in 5 keys
      weekly_hero  Герой недели                    rare                  30   0  wins_week >= 20 in one week (Europe/Moscow); once each week (Europe/Moscow)
      clean        Чисто                           rare                  40   0  laps >= 50 and not count crash >= 1; requires newcomer; from 2026-12-01T00:00Z; until 2027-01-10T00:00Z
      winter       Зима                            rare                  20   0  count race_won in season s1 >= 5; only in season s1
      blitz        Блиц                            rare                  20   0  burst >= 10 within 1m; retroactive: notify
      rich         Богач                           epic                   0   0  totalPoints >= 10000; secret; on change: revoke; formerly wealthy
      rare_hunter  Охотник за редким               epic                  50   0  5 rare achievements
      platinum     Платина                         legendary            500   0  all 9 other achievements
      helper       Помощник                        rare                   0   0  given by hand"
    `);
    expect(section('STREAKS')).toMatchInlineSnapshot(`
      "STREAKS
      streak  name           what keeps it
      ------  -------------  -------------
      daily   Дней подряд    each day with login; freezes: 1 at the start, one more for every 7 days, at most 3
      weekly  Недель подряд  each week with login, lap_finished"
    `);
    expect(section('SEASONS')).toMatchInlineSnapshot(`
      "SEASONS
      season  name  from               until              zone
      ------  ----  -----------------  -----------------  ----
      s1      Зима  2026-12-01T07:00Z  2027-03-01T07:00Z  Europe/Moscow"
    `);
    expect(section('LEADERBOARDS')).toMatchInlineSnapshot(`
      "LEADERBOARDS
      board         name                what it ranks
      ------------  ------------------  -------------
      score         Очки                score, the greatest first
      score_weekly  Очки за неделю      score, the greatest first; each week (UTC); ranks 1 to 3: 100 points; best 10%: 20 points; final 1h after the close
      fastest_lap   Самый быстрый круг  lap_record, the least first; one ranking for each details.track; tells who is overtaken"
    `);
  });

  it('writes a long formula at the end of its line', async () => {
    const { stdout } = await runCatalog(CATALOGS, 'show', 'students.yaml', '--locale', 'en');
    expect(
      stdout.split('\n').filter((line) => /^(homework_graded|payment_made|xp_awarded) /.test(line)),
    ).toMatchInlineSnapshot(`
      [
        "homework_graded     Homework graded     0       formula         14d      grade: number; XP: details.grade >= 90 ? 100 : details.grade >= 75 ? 50 : 0",
        "payment_made        Payment             0       formula         14d      amount: number; XP: min(floor(details.amount / 10), 500)",
        "xp_awarded          XP awarded          0       details.amount  14d      amount: integer",
      ]
    `);
  });

  it('gives the same to machines, all levels included', async () => {
    const { status, stdout } = await runCatalog(CATALOGS, 'show', 'racing.yaml', '--json', '--locale', 'ru');
    expect(status).toBe(0);
    const shown = JSON.parse(stdout);
    expect(Object.keys(shown)).toEqual([
      'name',
      'locale',
      'locales',
      'users',
      'eventTypes',
      'metrics',
      'achievements',
      'categories',
      'levels',
      'streaks',
      'seasons',
      'leaderboards',
    ]);
    expect(shown.levels).toHaveLength(50);
    expect(shown.levels[9]).toEqual({ level: 10, xp: 74883, title: 'Водитель', data: { car: 'gt' } });
    expect(shown.metrics).toHaveLength(13);
    expect(shown.achievements.find(({ key }: { key: string }) => key === 'clean')).toMatchInlineSnapshot(`
      {
        "category": null,
        "data": null,
        "description": "Пятьдесят кругов в праздники без аварий",
        "endsAt": "2027-01-10T00:00:00.000Z",
        "key": "clean",
        "name": "Чисто",
        "notes": [
          "requires newcomer",
          "from 2026-12-01T00:00Z",
          "until 2027-01-10T00:00Z",
        ],
        "platforms": {},
        "points": 40,
        "rarity": "rare",
        "repeat": null,
        "requires": [
          "newcomer",
        ],
        "rule": "laps >= 50 and not count crash >= 1",
        "season": null,
        "startsAt": "2026-12-01T00:00:00.000Z",
        "status": "live",
        "tiers": [],
        "visibility": "public",
        "xp": 0,
      }
    `);
  });

  it('refuses a locale the catalog does not have', async () => {
    expect(await runCatalog(CATALOGS, 'show', 'game.yaml', '--locale', 'rus')).toEqual({
      status: 2,
      stdout: '',
      stderr: 'The catalog has no locale "rus"; it has en, ru.\n  did you mean "ru"?\n',
    });
  });

  it('says what of an event type is doubted, where the catalog says so', async () => {
    const folder = await folderWith({
      'game.yaml': `laurel: 1
name: Doubts
eventTypes:
  lap: { trust: high, velocity: { per: minute, count: 60 }, onDoubt: quarantine }
  tap: { from: player, trust: low, velocity: { per: second, count: 5 } }
  win: { trust: normal, onDoubt: review }
`,
    });
    const { stdout } = await runCatalog(folder, 'show', 'game.yaml');
    expect(
      stdout
        .split('\n')
        .slice(3, 9)
        .map((line) => line.trimEnd()),
    ).toMatchInlineSnapshot(`
      [
        "EVENTS",
        "event  name  points  XP  from    late by  doubted",
        "-----  ----  ------  --  ------  -------  -------",
        "lap    Lap   0       0           14d      below high trust, over 60 a minute, then quarantine",
        "tap    Tap   0       0   player  14d      over 5 a second",
        "win    Win   0       0           14d",
      ]
    `);
    const { eventTypes } = JSON.parse((await runCatalog(folder, 'show', 'game.yaml', '--json')).stdout);
    expect(eventTypes[0]).toMatchObject({
      trust: 'high',
      velocity: { per: 'minute', count: 60 },
      onDoubt: 'quarantine',
    });
  });

  it('leaves out sections that are empty', async () => {
    const folder = await folderWith({
      'game.yaml': 'laurel: 1\nname: Small\nusers: { create: never }\nlevels: { thresholds: [0, 10] }\n',
    });
    expect((await runCatalog(folder, 'show', 'game.yaml')).stdout).toMatchInlineSnapshot(`
      "Small (en)
      Users are made by upsertUser only.

      LEVELS
      level  from XP
      -----  -------
          1        0
          2       10

      0 achievements bring 0 points and 0 XP, each once.
      "
    `);
  });
});

describe('a table', () => {
  it('lines up letters of one and of two columns, and numbers to the right', () => {
    const columns = [
      { title: 'name' },
      { title: 'points', align: 'right' as const },
      { title: 'empty' },
      { title: 'rule' },
    ];
    const rows = [
      ['Победа', '5', '', 'a'],
      ['勝利', '1,000', '', 'b'],
      ['🏆 win', '20', '', ''],
    ];
    expect(tableLines(columns, rows).join('\n')).toMatchInlineSnapshot(`
      "name    points  rule
      ------  ------  ----
      Победа       5  a
      勝利     1,000  b
      🏆 win      20"
    `);
    expect([widthOf('Победа'), widthOf('勝利'), widthOf('🏆'), widthOf('e\u0301')]).toEqual([6, 4, 2, 1]);
  });

  it('keeps a text from steering the terminal', () => {
    expect(oneLine('red\u001b[31m\n\ttext\u202E \u0007!')).toBe('red[31m text !');
  });
});
