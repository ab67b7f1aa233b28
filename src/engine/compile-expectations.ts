import type { Catalog } from './catalog.ts';
import { type CompileContext, type MapReader, openMap, readString, report, reportUnknown } from './compile-reader.ts';
import { KEYWORDS } from './keywords.ts';
import { DEFAULT_PLAYER, type Expectation, type ExpectationKind } from './scenario-model.ts';
import { plainValue, type SourceEntry } from './source.ts';

const LISTS: readonly string[] = ['unlocked', 'locked', 'onlyUnlocked', 'refused', 'doubted'];
const KEYED: readonly string[] = ['tiers', 'metrics', 'progress', 'streaks', 'longest', 'boards'];

/** What tests may name. */
export type TestScope = Pick<Catalog, 'eventTypes' | 'metrics' | 'streaks' | 'achievements' | 'leaderboards'>;

/** Compiles `expect` of a test: one expectation a thing looked at. */
export function compileExpectations(
  context: CompileContext,
  reader: MapReader,
  scope: TestScope,
): { readonly player: string; readonly expect: Expectation[] } {
  const given = openMap(context, reader.get('expect')?.value, 'expect', KEYWORDS.expect);
  if (given === null) report(context, reader.place, 'missing', 'A test needs "expect"');
  const expect = (given?.entries ?? []).flatMap((entry) =>
    entry.key === 'player' ? [] : compileOne(context, entry, scope),
  );
  return { player: (given === null ? undefined : readString(context, given, 'player')) ?? DEFAULT_PLAYER, expect };
}

function compileOne(context: CompileContext, entry: SourceEntry, scope: TestScope): Expectation[] {
  const what = KEYWORDS.expect.find((known) => known === entry.key && known !== 'player') as
    | ExpectationKind
    | undefined;
  const { value } = entry;
  if (what === undefined) return [];
  if (LISTS.includes(what)) {
    const items = value.kind === 'list' ? value.items : [value];
    const names = items.map((item) => String(plainValue(item)));
    if (what !== 'refused') {
      const [word, known] =
        what === 'doubted'
          ? (['event type', scope.eventTypes] as const)
          : (['achievement', scope.achievements] as const);
      for (const [index, name] of names.entries()) {
        const place = items[index]?.place ?? value.place;
        if (!known.has(name)) reportUnknown(context, place, 'unknownName', word, name, known.keys());
      }
    }
    return [{ place: value.place, what, key: null, value: names }];
  }
  if (!KEYED.includes(what)) return [{ place: value.place, what, key: null, value: plainValue(value) }];
  return (openMap(context, value, what)?.entries ?? []).map((item) => {
    checkName(context, what, item, scope);
    return { place: item.value.place, what, key: item.key, value: plainValue(item.value) };
  });
}

/** A metric or a board may be named with a key of its `by`: fastest_lap/north. */
function checkName(context: CompileContext, what: ExpectationKind, entry: SourceEntry, scope: TestScope): void {
  const [name = ''] = entry.key.split('/');
  const known = {
    tiers: scope.achievements,
    progress: scope.achievements,
    metrics: scope.metrics,
    boards: scope.leaderboards,
    streaks: scope.streaks,
    longest: scope.streaks,
  }[what as 'tiers'];
  if (known.has(name)) return;
  const words = { tiers: 'achievement', progress: 'achievement', metrics: 'metric', boards: 'leaderboard' };
  const word = words[what as 'tiers'] ?? 'streak';
  reportUnknown(
    context,
    entry.keyPlace,
    'unknownName',
    word,
    name,
    [...known.keys()].filter((key) => !/[~@]/.test(key)),
  );
}
