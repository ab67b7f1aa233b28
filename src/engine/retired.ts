import type { EventType } from './catalog.ts';

/**
 * Stands for an event type that the catalog no longer declares: what the log has of it counts in score, XP and totals at the price it
 * had, and feeds nothing else.
 */
export function retiredType(key: string): EventType {
  const nothing = { kind: 'constant', amount: 0 } as const;
  return {
    key,
    name: {},
    description: {},
    pointsText: '0',
    xpText: '0',
    points: nothing,
    xp: nothing,
    detailsSchema: {},
    fields: new Map(),
    from: 'server',
    limit: null,
    trust: 'low',
    velocity: null,
    onDoubt: 'review',
    maxLatenessMs: 0,
  };
}
