import { readCatalogFiles } from './src/features/catalog/read-files.ts';
import { parseCatalog } from './src/features/catalog/parse.ts';
import { compileCatalog } from './src/engine/compile.ts';
import { formatFault } from './src/engine/format-fault.ts';
import { fold } from './src/engine/fold.ts';
import { emptyState } from './src/engine/state.ts';
import { answerFromMemory, applyChange } from './src/engine/merge.ts';
import { progressOf } from './src/engine/progress.ts';
import { metricsView } from './src/engine/metrics-view.ts';
const files = await readCatalogFiles(process.argv[2] ?? 'catalogs/game.yaml');
const parsed = parseCatalog(files);
if (!parsed.ok) { for (const f of parsed.faults) console.log(formatFault(f, files.files[f.file])); process.exit(1); }
const t0=performance.now();
const c = compileCatalog(parsed.source);
console.log('compile', performance.now()-t0);
if (!c.ok) { for (const f of c.faults) console.log(formatFault(f, files.files[f.file])); process.exit(1); }
let s = emptyState({userId:'u',test:false,score:0,achievementPoints:0,xp:0,lastActivityAt:null});
const log:any[]=[];
for (let i=0;i<7;i++) {
  const e={id:`e${i}`,type:i<5?'login':'find_secret',details:null,occurredAt:Date.parse('2026-01-01T00:00:00Z')+i*3600e3,attributes:null,timezone:null,priced:null};
  let r=fold(c.catalog,s,[e],e.occurredAt), n=0;
  while(r.kind==='needs'){ n++; s=answerFromMemory(s,r.needs,log); r=fold(c.catalog,s,[e],e.occurredAt);}
  s=applyChange(s,r.change); log.push(e);
  console.log(n, JSON.stringify(r.outcomes[0].unlocked.map(u=>u.achievement)), JSON.stringify(r.outcomes[0].progressed));
}
console.log(s.score,s.achievementPoints,s.xp,s.cells,s.streakDays);
console.log(progressOf(c.catalog,'veteran',s,{timezone:null},0), metricsView(c.catalog,{keys:null,by:null,period:null},s,{timezone:null},0));
