import { V7Generator } from 'uuidv7';
import type { Clock } from './clock.ts';
import { systemClock } from './clock.ts';
import { createRandomWords } from './random.ts';

/** A source of new ids; tests give their own. */
export interface Ids {
  next(): string;
}

/** UUIDv7 ids: they sort by the time they were made, strictly within one source while its clock goes back less than 10 s. */
export function createIds(clock: Clock = systemClock): Ids {
  const generator = new V7Generator(createRandomWords());
  return { next: () => generator.generateOrResetWithTs(clock.now()).toString() };
}

/** Whether a text is a UUID in its usual form, any version, any case. */
export function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(text);
}
