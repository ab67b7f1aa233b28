import { compileExpectations, type TestScope } from './compile-expectations.ts';
import { readZone } from './compile-per.ts';
import {
  type CompileContext,
  type MapReader,
  openMap,
  readDuration,
  readNumber,
  readString,
  report,
  reportUnknown,
  stringOf,
} from './compile-reader.ts';
import { KEYWORDS } from './keywords.ts';
import { DEFAULT_PLAYER, type ScenarioStep, type ScenarioTest } from './scenario-model.ts';
import { plainValue, type SourceEntry, type SourceNode } from './source.ts';
import type { Json } from './state.ts';
import { DAY_MS, parseInstant } from './zones.ts';

const MOST_STEPS = 1_000;
const MOST_TIMES = 10_000;
const LONGEST_WAIT_MS = 3_660 * DAY_MS;

/** Compiles `tests`. */
export function compileTests(context: CompileContext, node: SourceNode | undefined, scope: TestScope): ScenarioTest[] {
  if (node === undefined) return [];
  if (node.kind !== 'list') {
    report(context, node.place, 'wrongType', '"tests" is a list');
    return [];
  }
  return node.items.flatMap((item) => {
    const reader = openMap(context, item, 'A test', KEYWORDS.test);
    return reader === null ? [] : [compileTest(context, reader, scope)];
  });
}

function compileTest(context: CompileContext, reader: MapReader, scope: TestScope): ScenarioTest {
  const user = openMap(context, reader.get('user')?.value, 'user');
  const attributes: Record<string, Json> = {};
  for (const entry of user?.entries ?? [])
    if (entry.key !== 'timezone') attributes[entry.key] = plainValue(entry.value);
  const given = reader.get('given')?.value;
  if (given?.kind !== 'list')
    report(context, given?.place ?? reader.place, 'missing', 'A test needs "given", a list of what happens');
  const items = given?.kind === 'list' ? given.items : [];
  if (items.length > MOST_STEPS) report(context, reader.place, 'tooLarge', `At most ${MOST_STEPS} steps in a test`);
  const { player, expect } = compileExpectations(context, reader, scope);
  return {
    name: readString(context, reader, 'name') ?? `line ${reader.place.line}`,
    place: reader.place,
    timezone: user === null ? null : (readZone(context, user, 'timezone', null) ?? null),
    attributes: Object.keys(attributes).length > 0 ? attributes : null,
    given: items.flatMap((item) => compileStep(context, item, scope) ?? []),
    player,
    expect,
  };
}

function compileStep(context: CompileContext, node: SourceNode, scope: TestScope): ScenarioStep | null {
  const word = stringOf(node);
  if (word !== undefined) return eventStep(context, node, word, null, null, scope);
  const reader = openMap(context, node, 'A step');
  if (reader === null) return null;
  const options: readonly string[] = KEYWORDS.step;
  const player = readString(context, reader, 'player') ?? DEFAULT_PLAYER;
  if (reader.get('wait') !== undefined) {
    const ms = readDuration(context, reader, 'wait', LONGEST_WAIT_MS);
    return ms === undefined ? null : { kind: 'wait', place: reader.place, ms };
  }
  for (const kind of ['grant', 'revoke'] as const) {
    const entry = reader.get(kind);
    const achievement = stringOf(entry?.value);
    if (entry === undefined) continue;
    if (achievement !== undefined && scope.achievements.has(achievement))
      return { kind, place: reader.place, achievement, player };
    reportUnknown(
      context,
      entry.value.place,
      'unknownName',
      'achievement',
      achievement ?? '',
      scope.achievements.keys(),
    );
    return null;
  }
  const types = reader.entries.filter((entry) => !options.includes(entry.key));
  const [type, second] = types;
  if (type === undefined) report(context, reader.place, 'missing', 'A step names an event type, wait, grant or revoke');
  if (second !== undefined) reportUnknown(context, second.keyPlace, 'unknownKey', 'A step', second.key, options);
  return type === undefined ? null : eventStep(context, node, type.key, type, reader, scope);
}

function eventStep(
  context: CompileContext,
  node: SourceNode,
  type: string,
  entry: SourceEntry | null,
  reader: MapReader | null,
  scope: TestScope,
): ScenarioStep | null {
  if (!scope.eventTypes.has(type)) {
    reportUnknown(context, entry?.keyPlace ?? node.place, 'unknownName', 'event type', type, scope.eventTypes.keys());
    return null;
  }
  const details = entry?.value;
  if (details !== undefined && details.kind !== 'map' && !(details.kind === 'scalar' && details.value === null)) {
    report(context, details.place, 'wrongType', 'The details of an event are a map');
  }
  const plain = details?.kind === 'map' && details.entries.length > 0 ? plainValue(details) : null;
  return {
    kind: 'event',
    place: node.place,
    type,
    details: plain as { readonly [key: string]: Json } | null,
    at: reader === null ? null : readAt(context, reader),
    times: (reader === null ? undefined : readNumber(context, reader, 'times', { least: 1, most: MOST_TIMES })) ?? 1,
    everyMs: (reader === null ? undefined : readDuration(context, reader, 'every', LONGEST_WAIT_MS)) ?? null,
    player: (reader === null ? undefined : readString(context, reader, 'player')) ?? DEFAULT_PLAYER,
  };
}

function readAt(context: CompileContext, reader: MapReader): number | null {
  const text = readString(context, reader, 'at');
  if (text === undefined) return null;
  const instant = parseInstant(text, 'UTC');
  if (instant === null) {
    const place = reader.get('at')?.value.place ?? reader.place;
    report(context, place, 'badTime', '"at" must be a time such as 2026-03-01T23:30:00+05:00');
  }
  return instant;
}
