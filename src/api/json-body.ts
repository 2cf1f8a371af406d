import type { FastifyInstance, FastifyRequest } from 'fastify';
import { HttpFault } from './faults.ts';

/** Why `text` was refused; the parser itself only says that it was. */
function reason(text: string): string {
  try {
    JSON.parse(text);
    return 'it holds a key such as __proto__, which is not allowed';
  } catch (error) {
    return (error as Error).message;
  }
}

/**
 * Bodies are JSON in UTF-8 and nothing else (else 415). Bytes that are not UTF-8, what is not JSON, and keys
 * that would reach an object's prototype are a 400. An empty body is undefined.
 */
export function readJsonBodies(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer' },
    (request: FastifyRequest, body, done) => {
      if (body.length === 0) return done(null, undefined);
      let text: string;
      try {
        text = new TextDecoder('utf-8', { fatal: true }).decode(body as Buffer);
      } catch {
        return done(new HttpFault(400, 'The body is not JSON: it is not valid UTF-8'));
      }
      void parse(request, text, (error, value) => {
        if (error) done(new HttpFault(400, `The body is not JSON: ${reason(text)}`));
        else done(null, value);
      });
    },
  );
}
