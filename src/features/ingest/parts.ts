import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/database.ts';
import type { Ids } from '../../platform/ids.ts';
import type { Logger } from '../../platform/logger.ts';
import type { RandomNames } from '../../platform/random.ts';
import type { Bus } from '../../realtime/bus.ts';
import type { Access } from '../auth/access.ts';
import type { Principal } from '../auth/principal.ts';
import type { CatalogService } from '../catalog/service.ts';
import type { RankKeeper } from '../leaderboards/keeper.ts';
import type { RememberedStates } from '../state/remembered.ts';
import type { RecordOutcome } from './outcome.ts';
import type { RepeatGuess } from './repeat-guess.ts';
import type { CheckedEvent, RecordRequest } from './validate.ts';

/** What recording stands on. */
export interface IngestParts {
  readonly database: Database;
  readonly catalog: CatalogService;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly names: RandomNames;
  readonly logger: Logger;
  /** Told of what was committed; null: whoever keeps ranks finds it in the rows. */
  readonly ranks: Pick<RankKeeper, 'origin' | 'committed' | 'refresh'> | null;
  /** Told who is in quarantine from now on; null: whoever believes otherwise does so for a moment alone. */
  readonly access: Pick<Access, 'changed'> | null;
}

/** What the lanes of a process share. */
export interface IngestMemory {
  readonly states: RememberedStates;
  readonly repeats: RepeatGuess;
}

/** An event that waits to be recorded, and who is told of its end. */
export interface RecordJob {
  readonly principal: Principal;
  readonly request: RecordRequest;
  /** Time of receipt, milliseconds since the epoch. */
  readonly receivedAt: number;
  /** It is of a log that moves in: it may be of any age, and the player is told nothing. */
  readonly isHistory: boolean;
  /** The id it gets if it is recorded, the same in every attempt. */
  readonly id: string;
  /** It is committed, or refused for good. */
  settle(outcome: RecordOutcome): void;
  /** It could not be recorded. */
  fail(error: unknown): void;
}

/** A checked event of a batch, with the place of its job there. */
export interface PlacedEvent {
  readonly place: number;
  readonly principal: Principal;
  readonly id: string;
  readonly isHistory: boolean;
  readonly event: CheckedEvent;
}
