import { GraphQLError } from 'graphql';
import { statusOf } from '../graphql/errors.ts';
import { answerErrors, type ErrorScene } from './answer-errors.ts';
import type { AnswerType } from './answer-type.ts';

/** What running an operation came to. */
export interface Answer {
  readonly data?: unknown;
  readonly errors?: readonly Error[];
}

/** The head of an answer. */
export interface AnswerHead {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

/** An answer as it is sent: its errors have their codes, and `head` belongs to it. */
export interface DressedAnswer {
  readonly answer: Answer;
  readonly head: AnswerHead;
}

const OK: AnswerHead = { status: 200, headers: {} };

/**
 * Gives every error of an answer its code and request id, and an answer without data its status: that of its gravest error. As
 * application/json (or in a stream) an answer of GraphQL keeps 200, as GraphQL over HTTP has it; what was no request of GraphQL does not.
 */
export function dressAnswer(answer: Answer, scene: ErrorScene, type: AnswerType | null): DressedAnswer {
  if (answer.errors === undefined) return { answer, head: OK };
  const errors = answerErrors(answer.errors, scene);
  const head = answer.data === undefined ? headOf(answer.errors, errors, type) : OK;
  return { answer: { ...answer, errors }, head };
}

/** What runs before an operation may name its own status and headers in `extensions.http`, which is not sent. */
interface OwnHead {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** It was a request of GraphQL. */
  readonly spec?: boolean;
}

function headOf(causes: readonly Error[], errors: readonly GraphQLError[], type: AnswerType | null): AnswerHead {
  let status = OK.status;
  const headers: Record<string, string> = {};
  for (const [at, { extensions }] of errors.entries()) {
    const cause = causes[at];
    const known = cause instanceof GraphQLError ? cause.extensions : {};
    const own: OwnHead = known['http'] ?? { status: statusOf(extensions['code']), spec: true };
    Object.assign(headers, own.headers);
    const isGraphQL = own.spec === true && known['code'] !== 'BAD_REQUEST';
    if (isGraphQL && type !== 'application/graphql-response+json') continue;
    status = Math.max(status, own.status ?? 0);
  }
  return { status, headers };
}
