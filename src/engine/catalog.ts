import type { Criterion } from './criterion.ts';
import type { Expression } from './expression.ts';
import type { DetailField } from './expression-types.ts';
import type { ScenarioTest } from './scenario-model.ts';
import type { Json } from './state.ts';
import type { Where } from './where.ts';

/** A text by locale. The catalog's first locale is always there. */
export type LocalText = Readonly<Record<string, string>>;

/** Who may report an event. */
export type EventSource = 'server' | 'player';
/** How far a source of events is trusted, from least to most. */
export type Trust = 'low' | 'normal' | 'high';
/** What comes of a doubted event: a reviewer is told, or the user is put in quarantine as well. */
export type OnDoubt = 'review' | 'quarantine';
/** How rare, from common to legendary. */
export type Rarity = 'common' | 'uncommon' | 'rare' | 'epic' | 'legendary';
/** Who sees a locked achievement. */
export type Visibility = 'public' | 'hidden' | 'secret';
/** draft: test users only; locked: nobody earns it now. */
export type Status = 'draft' | 'live' | 'locked';
/** What happens to players who already fulfil a rule that is added later. */
export type Retroactive = 'none' | 'silent' | 'notify';

/** The rarities, from common to legendary. */
export const RARITIES: readonly Rarity[] = ['common', 'uncommon', 'rare', 'epic', 'legendary'];

/** A window of accumulation. `timezone` is an IANA zone or `user`; a season carries its own. */
export interface Per {
  readonly unit: 'day' | 'week' | 'month' | 'season';
  readonly timezone: string;
}

/** A price of an event: a number, or an expression over its details. */
export type Price =
  | { readonly kind: 'constant'; readonly amount: number }
  | { readonly kind: 'expression'; readonly expression: Expression };

/** So many events of a type in a window that is fixed in occurredAt, in UTC. */
export interface WindowCount {
  readonly per: 'second' | 'minute' | 'hour' | 'day';
  readonly count: number;
}

/** A declared kind of event. */
export interface EventType {
  readonly key: string;
  readonly name: LocalText;
  readonly description: LocalText;
  /** As the designer wrote it: a number or an expression. */
  readonly pointsText: string;
  readonly xpText: string;
  readonly points: Price;
  /** Null: the same as the points. */
  readonly xp: Price | null;
  /** JSON Schema (draft 2020-12) of the details, closed against unknown fields. */
  readonly detailsSchema: { readonly [key: string]: Json };
  readonly fields: ReadonlyMap<string, DetailField>;
  readonly from: EventSource;
  /** More of one user are refused. */
  readonly limit: WindowCount | null;
  /** The least trust of a source whose word is taken without doubt. */
  readonly trust: Trust;
  /** More of one user are taken, and doubted. */
  readonly velocity: WindowCount | null;
  readonly onDoubt: OnDoubt;
  readonly maxLatenessMs: number;
}

/** A field of an event: `details.km` or `user.class`. */
export interface FieldRef {
  readonly root: 'details' | 'user';
  readonly name: string;
}

/** How a metric accumulates. The built-in ones are fed by points, XP and unlocks. */
export type MetricKind = 'count' | 'sum' | 'distinct' | 'run' | 'min' | 'max' | 'latest' | 'builtIn';

/** A named accumulator over the events of one user. Inline ones have a key that begins with `~`. */
export interface Metric {
  readonly key: string;
  readonly name: LocalText;
  readonly kind: MetricKind;
  readonly of: readonly string[];
  readonly brokenBy: readonly string[];
  /** What is summed, compared or collected; null for count and run. */
  readonly value: FieldRef | null;
  readonly where: Where | null;
  readonly by: FieldRef | null;
  readonly maxKeys: number;
  readonly keepMs: number | null;
  readonly decimals: number;
  readonly unit: string | null;
  /** The window its criteria look at. */
  readonly per: Per | null;
  /** Every window it keeps a value for: its own, and those of the boards that rank it. */
  readonly periods: readonly Per[];
  readonly withinMs: number | null;
  /** Counts only what happened in this season. */
  readonly season: string | null;
  /** Whether a lifetime value is stored. */
  readonly lifetime: boolean;
}

/** A named stretch of time. */
export interface Season {
  readonly key: string;
  readonly name: LocalText;
  readonly startsAt: number;
  readonly endsAt: number;
  readonly timezone: string;
}

/** Consecutive active days or weeks in the user's zone. */
export interface Streak {
  readonly key: string;
  readonly name: LocalText;
  readonly of: readonly string[];
  readonly per: 'day' | 'week';
  readonly freezes: { readonly start: number; readonly earnEvery: number | null; readonly max: number };
}

/** A group of achievements. */
export interface Category {
  readonly key: string;
  readonly name: LocalText;
  readonly order: number;
}

/** A step of a tiered achievement; `tier` counts from 1. */
export interface Tier {
  readonly tier: number;
  readonly at: number;
  readonly points: number;
  readonly xp: number;
}

/** A definition with its criterion; what a player sees of it. */
export interface Achievement {
  readonly key: string;
  /** Its place in the catalog. */
  readonly ordinal: number;
  readonly name: LocalText;
  readonly description: LocalText;
  readonly category: string | null;
  readonly order: number;
  readonly icon: string | null;
  readonly iconLocked: string | null;
  readonly rarity: Rarity;
  readonly points: number;
  readonly xp: number;
  readonly data: Json;
  readonly platforms: Readonly<Record<string, string>>;
  readonly visibility: Visibility;
  readonly status: Status;
  readonly tiers: readonly Tier[];
  readonly when: Criterion;
  readonly requires: readonly string[];
  readonly startsAt: number | null;
  readonly endsAt: number | null;
  readonly season: string | null;
  /** Once a period instead of once for ever. */
  readonly repeat: Per | null;
  /** Shares of the target, 0..1, ascending. */
  readonly notifyAt: readonly number[];
  readonly retroactive: Retroactive;
  readonly onChange: 'keep' | 'revoke';
  readonly formerly: readonly string[];
}

/** Level titles and XP thresholds: `thresholds[i]` is the XP of level i + 1, the first is 0. */
export interface Levels {
  readonly thresholds: readonly number[];
  readonly titles: ReadonlyMap<number, LocalText>;
  readonly data: ReadonlyMap<number, Json>;
}

/** A prize of a board. Kept and checked; given by the store when a period closes. */
export interface BoardReward {
  readonly ranks: { readonly from: number; readonly to: number } | null;
  readonly percent: number | null;
  readonly points: number;
  readonly xp: number;
  readonly data: Json;
}

/** A ranking of a metric. */
export interface Board {
  readonly key: string;
  readonly name: LocalText;
  readonly metric: string;
  readonly order: 'asc' | 'desc';
  readonly ties: 'earliest' | 'latest' | 'shared';
  readonly per: Per | null;
  readonly notifyOvertaken: boolean;
  readonly rewards: readonly BoardReward[];
  readonly finalAfterMs: number;
}

/** What an event of one type feeds. */
export interface Touched {
  readonly metrics: readonly Metric[];
  readonly streaks: readonly Streak[];
}

/** A threshold of a rule on a watched value. */
export interface Mark {
  readonly at: number;
  readonly achievement: Achievement;
}

/** The rules that look at one value. Marks ascend; a rule stands in them or in `always`, never in both. */
export interface Watch {
  /** Rules that can only turn true when the value rises to their mark. */
  readonly up: readonly Mark[];
  /** Rules that can only turn true when the value falls to their mark. */
  readonly down: readonly Mark[];
  /** Rules judged whenever the value is touched. */
  readonly always: readonly Achievement[];
  /** Rules that look at time: a late event has them judged at every event from it on. */
  readonly late: readonly Achievement[];
  /** Rules on a sum: the same, once something was taken from it. */
  readonly fallen: readonly Achievement[];
  /** Rules whose progress is this value; each target of a tiered one. */
  readonly goals: readonly Goal[];
  /** Marks of `progress.notifyAt`, ascending. */
  readonly milestones: readonly Goal[];
}

/** A goal on the way to an unlock. `at` is the value watched for: the target itself, or the share of it that is announced. */
export interface Goal extends Mark {
  readonly target: number;
}

/** Event type -> metrics -> achievements, so that an event costs what it touches. */
export interface CatalogIndex {
  readonly byEventType: ReadonlyMap<string, Touched>;
  /** By watchKey. */
  readonly watches: ReadonlyMap<string, Watch>;
  /** Metrics with a rule on a key of theirs. */
  readonly keyed: ReadonlySet<string>;
  /** Metric key -> cellKey of its lifetime cell: a string that was looked up before is found faster than one just joined. */
  readonly lifetimeKeys: ReadonlyMap<string, string>;
  /** Achievement key -> achievements whose criterion or gates look at it. */
  readonly dependents: ReadonlyMap<string, readonly Achievement[]>;
  /** Achievements that count others. */
  readonly counters: readonly Achievement[];
  /** Rules that hold for good from where they first hold: judging them now tells whether they ever held. */
  readonly lasting: ReadonlySet<string>;
}

/** The compiled catalog. Maps keep the order of the source. */
export interface Catalog {
  readonly name: string;
  readonly locales: readonly [string, ...string[]];
  readonly users: {
    readonly create: 'onFirstEvent' | 'never';
    readonly attributes: { readonly [name: string]: string };
  };
  readonly eventTypes: ReadonlyMap<string, EventType>;
  /** Declared, inline and built-in ones. */
  readonly metrics: ReadonlyMap<string, Metric>;
  readonly seasons: ReadonlyMap<string, Season>;
  readonly streaks: ReadonlyMap<string, Streak>;
  readonly achievements: ReadonlyMap<string, Achievement>;
  readonly categories: ReadonlyMap<string, Category>;
  readonly levels: Levels;
  readonly leaderboards: ReadonlyMap<string, Board>;
  readonly tests: readonly ScenarioTest[];
  /** What an event touches. */
  readonly index: CatalogIndex;
}
