import type { Command } from 'commander';
import type { ProgramParts } from '../program-parts.ts';
import { catalogSchemaText } from './schema-text.ts';

/** `laurel catalog schema`: what an editor needs to complete and check a catalog while it is typed. */
export function addSchema(catalog: Command, { output }: ProgramParts): void {
  catalog
    .command('schema')
    .description('the JSON Schema of a catalog, for editors')
    .action(() => output.stdout(catalogSchemaText()));
}
