import { expect, it } from 'vitest';
import { type Placed, repeatOutcome } from '../../../src/features/ingest/batch.ts';
import { EventLimitError } from '../../../src/features/ingest/errors.ts';

const placed = (place: number, payload: number): Placed => ({
  place,
  id: `event ${place}`,
  isHistory: false,
  checked: {
    user: { by: 'externalId', value: 'one' },
    type: 'login',
    details: null,
    occurredAt: 0,
    idempotencyKey: 'k',
    keyHash: 'k',
    payloadHash: Uint8Array.of(payload),
    isTrusted: true,
  },
});

it('answers a repeat of a refused event with the same refusal, without another transaction', () => {
  const refusal = new EventLimitError('login', 1_000);
  expect(repeatOutcome({ event: placed(1, 7), of: placed(0, 7) }, refusal)).toBe(refusal);
});

it('tries another payload of a refused key: a refused event does not use up its key', () => {
  expect(repeatOutcome({ event: placed(1, 8), of: placed(0, 7) }, new EventLimitError('login', 1_000))).toBeNull();
});
