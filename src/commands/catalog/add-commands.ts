import type { Command } from 'commander';
import type { ProgramParts } from '../program-parts.ts';
import { addCheck } from './check.ts';
import { addSchema } from './schema.ts';
import { addShow } from './show.ts';
import { addStringsExport } from './strings-export.ts';
import { addStringsImport } from './strings-import.ts';
import { addTest } from './test.ts';

/** Adds the commands of `laurel catalog` that work on files. `exit` sets the exit status; without it all was fine. */
export function addCatalogCommands(catalog: Command, parts: ProgramParts, exit: (code: number) => void): void {
  addCheck(catalog, parts, exit);
  addTest(catalog, parts, exit);
  addShow(catalog, parts, exit);
  addSchema(catalog, parts);
  const strings = catalog.command('strings').description('the texts of the game, for translators');
  addStringsExport(strings, parts, exit);
  addStringsImport(strings, parts, exit);
}
