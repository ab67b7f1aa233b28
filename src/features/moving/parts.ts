import type { RandomNames } from '../../platform/random.ts';
import type { RebuildParts } from '../rebuild/service.ts';
import type { PlayerLine } from './player-line.ts';

/** What an import of players stands on. */
export interface PlayerImportParts extends RebuildParts {
  readonly names: RandomNames;
}

/** A line to import. */
export interface ReadLine {
  readonly line: PlayerLine;
  readonly payloadHash: Uint8Array;
}
