import pg from 'pg';
import { vi } from 'vitest';
import { EmbeddedSession } from '../../../src/platform/embedded-session.ts';

/** Not of the operation under test: transactions themselves, and the looks for a new catalog and for moved ranks that a process takes. */
const BACKGROUND = /^\s*(begin|commit|rollback|set)\b|catalog\.live_version|leaderboards\.read_touched/i;

/** Runs `work` and answers the statements that reached the database meanwhile, Prisma's included, each by its name or its beginning. */
export async function statementsOf(work: () => Promise<unknown>): Promise<string[]> {
  const seen: string[] = [];
  const note = (given: unknown): void => {
    const text = typeof given === 'string' ? given : (given as { text: string }).text;
    if (!BACKGROUND.test(text)) seen.push(/\/\*\s*([\w.]+)/.exec(text)?.[1] ?? text.slice(0, 80));
  };
  const spies = [
    vi.spyOn(pg.Client.prototype, 'query'),
    vi.spyOn(EmbeddedSession.prototype, 'run'),
    vi.spyOn(EmbeddedSession.prototype, 'query'),
  ];
  try {
    await work();
    for (const spy of spies) for (const [first] of spy.mock.calls) note(first);
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
  return seen.sort();
}
