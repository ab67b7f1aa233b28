import { expect, it } from 'vitest';
import { createTokenVerifier } from '../../src/features/auth/token-memory.ts';
import { signAccessToken } from '../../src/features/auth/tokens.ts';

const SECRET = new TextEncoder().encode('a test secret of more than thirty-two bytes');
const NOW = Date.UTC(2026, 10, 21);
const OWNER = { userId: '0192a0a0-a0a0-7000-8000-000000000001', sessionId: null };

it('a token that was seen before is taken until it expires, and not before it was issued', async () => {
  const verify = createTokenVerifier(SECRET);
  const token = await signAccessToken(SECRET, OWNER, NOW, 60_000);
  const known = { ...OWNER, expiresAt: NOW + 60_000 };
  const answers = [];
  for (const at of [NOW, NOW + 59_999, NOW + 60_000, NOW - 1_000, NOW + 1]) answers.push(await verify(token, at));
  expect(answers).toEqual([known, known, null, null, known]);
});

it('a token that does not verify is never remembered', async () => {
  const verify = createTokenVerifier(SECRET);
  const forged = await signAccessToken(new Uint8Array(32), OWNER, NOW, 60_000);
  expect([await verify(forged, NOW), await verify(forged, NOW)]).toEqual([null, null]);
});
