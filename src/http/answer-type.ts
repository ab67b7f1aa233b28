/** The forms in which a plain answer (no stream) is sent. */
export type AnswerType = 'application/json' | 'application/graphql-response+json';

/**
 * The form of a plain answer by the Accept header: of what is acceptable the one named first, and application/json where either will
 * do. Null when neither will, a stream of events for instance. Weights are not looked at.
 */
export function answerTypeOf(accept: string | null | undefined): AnswerType | null {
  if (!accept || accept === '*/*' || accept === 'application/json') return 'application/json';
  for (const wish of accept.replace(/\s/g, '').toLowerCase().split(',')) {
    const [type, ...parameters] = wish.split(';');
    const charset = parameters.find((parameter) => parameter.includes('charset='));
    if (charset !== undefined && charset !== 'charset=utf-8') continue;
    if (type === 'application/json' || type === 'application/*' || type === '*/*') return 'application/json';
    if (type === 'application/graphql-response+json') return type;
  }
  return null;
}
