import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Bench } from './bench.ts';
import type { LaurelServer } from './laurel.ts';
import { ROOT } from './processes.ts';
import { type Contender, measure, warmUp } from './rounds.ts';
import type { Stage } from './stage.ts';

/** What V8 writes of a process. Times in microseconds. */
interface CpuProfile {
  readonly nodes: readonly { readonly id: number; readonly callFrame: Frame }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

interface Frame {
  readonly functionName: string;
  readonly url: string;
  readonly lineNumber: number;
}

const MOST_FUNCTIONS = 25;
const MOST_ROOMS = 20;

/** One more round of a contender on a server of its own that V8 looks over; answers where its processor time went. */
export async function profileServer(bench: Bench, stage: Stage, contender: Contender): Promise<string> {
  const own = ({ pid, url }: LaurelServer): Contender => ({
    ...contender,
    name: `${contender.name} profiled`,
    pids: [pid],
    job: { ...contender.job, urls: [url] },
  });
  return profileWork(
    stage,
    (server) => measure(bench, own(server), 'profile'),
    (server) => warmUp(bench, own(server)),
  );
}

/** Has a server of its own do some work while V8 looks it over; answers where its processor time went, without what `warm` took. */
export async function profileWork(
  stage: Stage,
  work: (server: LaurelServer) => Promise<unknown>,
  warm: (server: LaurelServer) => Promise<unknown> = async () => undefined,
): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'laurel-bench-'));
  try {
    const startedAt = performance.now();
    await using server = await stage.another({ profileFolder: folder });
    await warm(server);
    const skippedMs = performance.now() - startedAt;
    await work(server);
    await server.stop();
    const [file = ''] = await readdir(folder);
    const profile = JSON.parse(await readFile(path.join(folder, file), 'utf8')) as CpuProfile;
    return summarise(profile, skippedMs * 1_000);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Self time by room of the house and by function, without what the server did before `from` (microseconds) and without idling. */
function summarise({ nodes, samples, timeDeltas }: CpuProfile, from: number): string {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const rooms = new Map<string, number>();
  const functions = new Map<string, number>();
  let busy = 0;
  let at = 0;
  for (const [index, id] of samples.entries()) {
    const delta = timeDeltas[index] ?? 0;
    at += delta;
    const frame = frames.get(id);
    if (at < from || frame === undefined || frame.functionName === '(idle)') continue;
    busy += delta;
    const { room, name } = placeOf(frame);
    rooms.set(room, (rooms.get(room) ?? 0) + delta);
    functions.set(name, (functions.get(name) ?? 0) + delta);
  }
  const lines = (times: ReadonlyMap<string, number>, most: number): string[] =>
    [...times]
      .toSorted(([, a], [, b]) => b - a)
      .slice(0, most)
      .map(([name, time]) => `${((time / busy) * 100).toFixed(1).padStart(5)} %  ${name}`);
  return [
    `busy for ${(busy / 1e6).toFixed(1)} s; self time by place:`,
    ...lines(rooms, MOST_ROOMS),
    '',
    'by function:',
    ...lines(functions, MOST_FUNCTIONS),
  ].join('\n');
}

/** The room of the house, package or part of Node a function belongs to, and its name for people. */
function placeOf({ functionName, url, lineNumber }: Frame): { room: string; name: string } {
  const called = functionName || '(anonymous)';
  if (url === '') return { room: functionName.startsWith('(') ? called : 'V8 built-in', name: called };
  if (url.startsWith('node:')) return { room: 'node', name: `${called} ${url}:${lineNumber + 1}` };
  const file = path.relative(ROOT, url.replace('file://', ''));
  const inPackage = /node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules\/)(.*)$/.exec(file);
  if (inPackage !== null)
    return { room: inPackage[1] ?? '', name: `${called} ${inPackage[1]}/${inPackage[2]}:${lineNumber + 1}` };
  const room = file.startsWith('src/features/') ? path.dirname(file) : (/^src\/[^/]+/.exec(file)?.[0] ?? file);
  return { room, name: `${called} ${file}:${lineNumber + 1}` };
}
