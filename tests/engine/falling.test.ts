import { describe, expect, test } from 'vitest';
import { catalogOf, event, MemoryUser, START } from './support.ts';

const TEXT = `
eventTypes: { lap: { details: { track: string?, seconds: number } } }
metrics:
  best: { min: details.seconds, of: lap }
  last: { latest: details.seconds, of: lap }
  record: { min: details.seconds, of: lap, by: details.track }
achievements:
`;
const lap = (at: number, seconds: number, track = 'a') => event('lap', START + at, { seconds, track });

describe('a rule that a later event can undo', () => {
  const rules = {
    slow: '{ when: { metric: best, atLeast: 90 } }',
    newest: '{ when: { metric: last, atLeast: 90 } }',
    key: '{ when: { metric: record, key: a, atLeast: 90 } }',
    any: '{ when: { metric: record, atLeast: 90 } }',
  };

  test.each(Object.entries(rules))('is due once it held while it was granted: %s', (_name, rule) => {
    const user = new MemoryUser(catalogOf(`${TEXT}  rule: ${rule}\n`));
    user.grant('rule', START);
    user.record([lap(1, 95), lap(2, 50)]);
    user.revoke('rule', START + 3);
    expect(user.state.cells.get('achievements\u0000\u0000')?.state).toEqual({ due: ['rule'] });
    user.record([lap(4, 70)]);
    expect(user.state.unlocks.get('rule')).toMatchObject([{ unlockedAt: START + 1, source: 'rule', revokedAt: null }]);
  });
});
