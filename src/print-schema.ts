import { printSchema } from 'graphql';
import { buildSchema } from './graphql/schema.ts';

// The schema as SDL, sorted; `npm run schema` writes it to schema.graphql.
process.stdout.write(`${printSchema(buildSchema())}\n`);
