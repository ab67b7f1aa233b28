import type { ServerResponse } from 'node:http';
import { type DocumentNode, type ExecutionArgs, getOperationAST, OperationTypeNode } from 'graphql';
import type { Context } from '../graphql/context.ts';
import type { Logger } from '../platform/logger.ts';
import { type Answer, dressAnswer } from './answer.ts';
import { type AnswerType, answerTypeOf } from './answer-type.ts';
import type { Caller } from './caller.ts';
import { refusalByLength } from './operation-length.ts';
import type { Operations } from './operations.ts';
import type { PersistedOperations } from './persisted-operations.ts';

/** What the lean path stands on. */
export interface LeanParts {
  readonly operations: Operations;
  readonly persisted: PersistedOperations;
  readonly logger: Logger;
  /** Counts a request and makes the context of its operation. Rejects with UNAUTHENTICATED and RATE_LIMITED. */
  readonly admit: (caller: Caller) => Promise<Context>;
}

/** A request by POST whose form was checked. */
export interface PostedRequest {
  readonly accept: string | undefined;
  readonly body: Buffer;
  readonly caller: Caller;
}

/** Answers an ordinary operation; false for anything else, of which nothing was done and to which nothing was sent. */
export type LeanPath = (request: PostedRequest, response: ServerResponse) => Promise<boolean>;

/**
 * The short way for what nearly every request is: one query or mutation, checked before, answered as JSON. It refuses nothing by
 * itself: whatever is unusual or faulty before an operation runs is left to Yoga.
 */
export function createLeanPath(parts: LeanParts): LeanPath {
  return async ({ accept, body, caller }, response) => {
    const type = answerTypeOf(accept);
    const operation = type === null ? null : readOperation(parts.operations, body);
    if (type === null || operation === null) return false;
    const answer = await run(parts, operation, caller);
    send(response, type, answer, { requestId: caller.requestId, logger: parts.logger });
    return true;
  };
}

/** An operation that may run. */
type Operation = Pick<ExecutionArgs, 'variableValues' | 'operationName'> & {
  readonly document: DocumentNode;
  readonly text: string;
};

const PARAMETERS: ReadonlySet<string> = new Set(['query', 'operationName', 'variables']);

function readOperation(operations: Operations, body: Buffer): Operation | null {
  const parameters = parametersOf(body);
  if (parameters === null) return null;
  const { query, operationName = null, variables = null } = parameters;
  if (typeof query !== 'string' || !(operationName === null || typeof operationName === 'string')) return null;
  if (!(variables === null || isRecord(variables))) return null;
  const document = documentOf(operations, query);
  if (document === null) return null;
  const operation = getOperationAST(document, operationName);
  if (operation === null || operation === undefined || operation.operation === OperationTypeNode.SUBSCRIPTION)
    return null;
  if (refusalByLength(body.length, operation) !== null) return null;
  return { document, text: query, operationName, variableValues: variables };
}

/** The document, when nothing is to be said against it. */
function documentOf(operations: Operations, text: string): DocumentNode | null {
  try {
    const document = operations.parse(text);
    return operations.validate(document).length === 0 ? document : null;
  } catch {
    return null;
  }
}

function parametersOf(body: Buffer): Readonly<Record<string, unknown>> | null {
  let parameters: unknown;
  try {
    parameters = JSON.parse(body.toString('utf8'));
  } catch {
    return null;
  }
  if (!isRecord(parameters)) return null;
  for (const name of Object.keys(parameters)) if (!PARAMETERS.has(name)) return null;
  return parameters;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

async function run(
  { operations, persisted, admit }: LeanParts,
  { text, ...operation }: Operation,
  caller: Caller,
): Promise<Answer> {
  try {
    const contextValue = await admit(caller);
    persisted.check(text, contextValue.principal);
    return await operations.execute({ ...operation, contextValue });
  } catch (error) {
    return { errors: [error as Error] };
  }
}

function send(
  response: ServerResponse,
  type: AnswerType,
  given: Answer,
  scene: Parameters<typeof dressAnswer>[1],
): void {
  const { answer, head } = dressAnswer(given, scene, type);
  const text = JSON.stringify(answer);
  response
    .writeHead(head.status, {
      ...head.headers,
      'Content-Type': `${type}; charset=utf-8`,
      'Content-Length': Buffer.byteLength(text),
    })
    .end(text);
}
