import { expect, it } from 'vitest';
import { ownUrl } from '../../src/platform/own-url.ts';

it('names where this machine reaches a server', () => {
  expect(ownUrl('127.0.0.1', 4000)).toBe('http://127.0.0.1:4000');
  expect(ownUrl('laurel.example', 80)).toBe('http://laurel.example:80');
  expect(ownUrl('::1', 4000)).toBe('http://[::1]:4000');
  for (const all of ['0.0.0.0', '::']) expect(ownUrl(all, 4000)).toBe('http://localhost:4000');
});
