import {
  type DocumentNode,
  type GraphQLSchema,
  getNamedType,
  getOperationAST,
  Kind,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import { rightOf } from './rights.ts';

/** Subscriptions whose every event is the whole state: who joins late is shown the latest, and a slow reader may miss some. */
const STATES: ReadonlySet<string> = new Set(['leaderboardUpdated']);

const known = new WeakMap<DocumentNode, Map<string | null, boolean>>();

/**
 * Whether an operation may be run once for all who ask it with the same variables in the same language: a subscription to a state that
 * selects nothing but fields which the rights table says are the same for whoever asks.
 */
export function isShareable(schema: GraphQLSchema, document: DocumentNode, operationName: string | null): boolean {
  const answers = known.get(document) ?? new Map<string | null, boolean>();
  known.set(document, answers);
  const before = answers.get(operationName);
  if (before !== undefined) return before;
  const answer = isOfState(document, operationName) && isSameForAll(schema, document);
  answers.set(operationName, answer);
  return answer;
}

function isOfState(document: DocumentNode, operationName: string | null): boolean {
  const operation = getOperationAST(document, operationName);
  if (operation?.operation !== 'subscription') return false;
  return operation.selectionSet.selections.every(
    (selection) => selection.kind === Kind.FIELD && STATES.has(selection.name.value),
  );
}

function isSameForAll(schema: GraphQLSchema, document: DocumentNode): boolean {
  let isSame = true;
  const types = new TypeInfo(schema);
  visit(
    document,
    visitWithTypeInfo(types, {
      Field({ name: { value: field } }) {
        const parent = types.getParentType();
        if (field !== '__typename' && (parent == null || rightOf(getNamedType(parent).name, field) !== 'same'))
          isSame = false;
      },
    }),
  );
  return isSame;
}
