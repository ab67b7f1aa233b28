import { createHash } from 'node:crypto';
import { PrismaPg } from '@prisma/adapter-pg';
import { uuidv7 } from 'uuidv7';
import { PrismaClient } from '../../src/generated/prisma/client.ts';
import { POINTS } from '../load/events.ts';
import { RULES, type Rule } from './rules.ts';

/** So much of Laurel's schema as the load generator's recordEvent needs. */
export const PRISMA_SCHEMA = `
  type Query { nothing: Boolean }
  type Mutation { recordEvent(input: RecordEventInput!): RecordEventResult! }
  input RecordEventInput { user: UserRef! type: String! details: JSON idempotencyKey: String! }
  input UserRef { externalId: String! }
  scalar JSON
  union RecordEventResult = RecordEventSuccess | IdempotencyConflictError
  interface Error { code: String! }
  type IdempotencyConflictError implements Error { code: String! }
  type RecordEventSuccess { replayed: Boolean! pointsAwarded: Int! unlocked: [UserAchievement!]! }
  type UserAchievement { achievement: Achievement! }
  type Achievement { key: String! }`;

interface Input {
  readonly user: { readonly externalId: string };
  readonly type: keyof typeof POINTS;
  readonly details?: object | null;
  readonly idempotencyKey: string;
}

type Tx = Parameters<Parameters<PrismaClient['$transaction']>[0]>[0];

/** What one writes first with an ORM: an interactive transaction an event, on Laurel's own tables. */
export function createPrismaRecorder(databaseUrl: string) {
  const prisma = new PrismaClient({ adapter: new PrismaPg({ connectionString: databaseUrl }) });
  return async ({ input }: { input: Input }) => {
    const unlocked = await prisma.$transaction((tx) => record(tx, input), { maxWait: 30_000, timeout: 30_000 });
    return {
      __typename: 'RecordEventSuccess',
      replayed: false,
      pointsAwarded: POINTS[input.type],
      unlocked: unlocked.map(({ key }) => ({ achievement: { key } })),
    };
  };
}

/** The event, its points, its counter, and what it unlocks; the user's row is locked first, so nobody else counts meanwhile. */
async function record(tx: Tx, { user: { externalId }, type, details, idempotencyKey }: Input): Promise<Rule[]> {
  const at = new Date();
  const points = POINTS[type];
  const user = await tx.user.update({
    where: { externalId },
    data: { score: { increment: points }, xp: { increment: points }, lastActivityAt: at, updatedAt: at },
  });
  const userId = user.id;
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest();
  const event = await tx.event.create({
    data: {
      userId,
      id: uuidv7(),
      type,
      ...(details == null ? {} : { details }),
      points,
      xp: points,
      occurredAt: at,
      recordedAt: at,
      idempotencyKey,
      keyHash: hash(idempotencyKey).toString('hex').slice(0, 32),
      payloadHash: new Uint8Array(hash(JSON.stringify({ type, details }))),
      catalogVersion: 1,
    },
  });
  const cell = { userId, metric: type, byKey: '', period: '' };
  const counter = await tx.metricValue.upsert({
    where: { userId_metric_byKey_period: cell },
    create: { ...cell, value: 1, achievedAt: at, updatedAt: at },
    update: { value: { increment: 1 }, achievedAt: at, updatedAt: at },
  });
  const unlocked = RULES.filter((rule) => rule.type === type && BigInt(rule.atLeast) === counter.value);
  for (const rule of unlocked) await unlock(tx, { userId, eventId: event.id, rule, at });
  return unlocked;
}

interface Unlocking {
  readonly userId: string;
  readonly eventId: string;
  readonly rule: Rule;
  readonly at: Date;
}

async function unlock(tx: Tx, { userId, eventId, rule: { key, points }, at }: Unlocking): Promise<void> {
  const { lastSeq } = await tx.user.update({
    where: { id: userId },
    data: { achievementPoints: { increment: points }, lastSeq: { increment: 1 } },
  });
  const own = { userId, achievement: key, tier: 0, period: '', source: 'rule', eventId, points, xp: 0, recordedAt: at };
  await tx.userAchievement.create({ data: { ...own, unlockedAt: at, version: 1 } });
  await tx.ledgerEntry.create({ data: { ...own, id: uuidv7() } });
  const kind = 'ACHIEVEMENT_UNLOCKED';
  const data = { achievement: key, tier: 0, period: '', points };
  await tx.notification.create({ data: { userId, seq: lastSeq, kind, data, createdAt: at } });
  await tx.outbox.create({ data: { id: uuidv7(), userId, kind, payload: data, createdAt: at } });
}
