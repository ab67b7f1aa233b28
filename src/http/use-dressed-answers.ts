import type { Plugin } from 'graphql-yoga';
import type { Logger } from '../platform/logger.ts';
import { type Answer, dressAnswer } from './answer.ts';
import { answerTypeOf } from './answer-type.ts';
import type { ServerContext } from './caller.ts';

/** Every error of an answer, of whatever phase, gets its code and request id, and the answer its status and form. */
export function useDressedAnswers(logger: Logger): Plugin<object, ServerContext> {
  return {
    onResultProcess({ request, result, setResult, resultProcessor, setResultProcessor, serverContext }) {
      const scene = { requestId: serverContext.caller.requestId, logger };
      if (Symbol.asyncIterator in result) {
        const source = result[Symbol.asyncIterator]();
        // Nobody will read it: the caller takes no stream, which Yoga is about to say.
        if (resultProcessor === undefined) void source.return?.();
        setResult({
          [Symbol.asyncIterator]: () => ({
            next: async () => {
              const item = await source.next();
              return item.done ? item : { done: false, value: dressAnswer(item.value as Answer, scene, null).answer };
            },
            return: async () => (await source.return?.()) ?? { done: true, value: undefined },
          }),
        } as never);
        return;
      }
      if (Array.isArray(result)) return;
      const type = answerTypeOf(request.headers.get('accept'));
      const { answer, head } = dressAnswer(result as Answer, scene, type);
      // Yoga reads the head of an event stream there, and does not send it.
      if (type === null) setResult({ ...answer, extensions: { http: head } } as never);
      else {
        const headers = { ...head.headers, 'Content-Type': `${type}; charset=utf-8` };
        const text = JSON.stringify(answer);
        setResultProcessor((_, { Response }) => new Response(text, { status: head.status, headers }) as never, type);
      }
    },
  };
}
