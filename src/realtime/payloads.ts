import type { Topic, Topics } from './topics.ts';

type Check = (value: unknown) => boolean;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const integer: Check = (value) => Number.isSafeInteger(value);
const number: Check = (value) => Number.isFinite(value);
const text: Check = (value) => typeof value === 'string';
const truth: Check = (value) => typeof value === 'boolean';
const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
const shape =
  (fields: Record<string, Check>): Check =>
  (value) =>
    isObject(value) && Object.entries(fields).every(([name, check]) => check(value[name]));

const levelChange = shape({ from: integer, to: integer });
const progress = shape({ achievement: text, previous: number, current: number, target: number, milestone: truth });

const checks: { readonly [T in Topic]: Check } = {
  access: shape({ userId: text }),
  key: shape({ keyId: text }),
  notification: shape({ seq: integer }),
  progress: shape({ levelUp: (value) => value === null || levelChange(value) }),
  achievementProgress: shape({ changes: listOf(progress) }),
  catalog: shape({ version: integer }),
  domainEvent: shape({ seq: integer }),
  leaderboard: shape({}),
  event: shape({ events: listOf(shape({ userId: text, id: text, type: text })) }),
};

/** The payload of `topic` in the text of a message, or null when the text is anything else. Never throws. */
export function readPayload<T extends Topic>(topic: T, message: string): Topics[T] | null {
  let value: unknown;
  try {
    value = JSON.parse(message);
  } catch {
    return null;
  }
  return checks[topic](value) ? (value as Topics[T]) : null;
}

/** True for the names of the closed map. */
export function isTopic(name: string): name is Topic {
  return Object.hasOwn(checks, name);
}
