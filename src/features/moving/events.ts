import { Refusal } from '../../graphql/errors.ts';
import { formatMessage } from '../../platform/messages.ts';
import type { IngestService, RecordRequest } from '../ingest/service.ts';
import { readEventLine } from './event-line.ts';
import type { Imported, NumberedLine } from './players.ts';

/**
 * Imports the events of a log that moves in: of any age, and nobody is told. A line without an idempotency key has one of the file
 * and its number, so that the same file again changes nothing.
 */
export async function importEvents(
  ingest: IngestService,
  lines: readonly NumberedLine[],
  fileDigest: string,
): Promise<Imported> {
  const refused: { number: number; reason: string }[] = [];
  const requests: { number: number; request: RecordRequest }[] = [];
  for (const { number, text } of lines) {
    const request = readEventLine(text, `import:${fileDigest}:${number}`);
    if (typeof request === 'string') refused.push({ number, reason: request });
    else requests.push({ number, request });
  }
  const outcomes = await ingest.record(
    { kind: 'admin' },
    requests.map(({ request }) => request),
    { isHistory: true },
  );
  let imported = 0;
  let unchanged = 0;
  for (const [place, outcome] of outcomes.entries()) {
    const number = requests[place]?.number ?? 0;
    if (outcome instanceof Refusal)
      refused.push({ number, reason: formatMessage(outcome.texts['en'] ?? '', 'en', outcome.values) });
    else if (outcome.kind === 'replayed') unchanged += 1;
    else imported += 1;
  }
  const unlocked = outcomes.flatMap((outcome) =>
    outcome instanceof Refusal || outcome.kind === 'replayed' ? [] : outcome.unlocked,
  );
  return { imported, unchanged, refused: refused.toSorted((a, b) => a.number - b.number), unlocked };
}
