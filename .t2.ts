import { readCatalogFiles } from './src/features/catalog/read-files.ts';
import { parseCatalog } from './src/features/catalog/parse.ts';
import { compileCatalog } from './src/engine/compile.ts';
import { formatFault } from './src/engine/format-fault.ts';
import { runScenarios } from './src/engine/scenario.ts';
const files = await readCatalogFiles(process.argv[2] ?? 'catalogs/game.yaml');
const parsed = parseCatalog(files);
if (!parsed.ok) { for (const f of parsed.faults) console.log(formatFault(f, files.files[f.file])); process.exit(1); }
const c = compileCatalog(parsed.source,{strict:true});
if (!c.ok) { for (const f of c.faults) console.log(formatFault(f, files.files[f.file])); process.exit(1); }
for (const r of runScenarios(c.catalog,()=>null)) { console.log(r.differences.length===0?'ok':'FAIL', r.name); for (const d of r.differences) console.log('   ',d.place.line, d.what, JSON.stringify(d.expected), 'but', JSON.stringify(d.actual)); }
