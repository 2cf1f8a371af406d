import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import type { FastifyError, FastifyReply, FastifyRequest, FastifySchemaCompiler } from 'fastify';
import type { z } from 'zod';
import { issueWords } from '../model/issue-words.ts';
import type { Finding } from '../model/validation.ts';
import type { Log } from '../platform/log.ts';
import { type FaultBody, faultSchema } from './schemas.ts';

/** The body of a fault: one sentence, and where it lies when that is known. */
export function fault(message: string, errors: Finding[] = []): FaultBody {
  return { status: 'error', message, errors };
}

/** Response schemas of the faults a route may answer. */
export function faults<S extends number>(...statuses: S[]): Record<S, typeof faultSchema> {
  return Object.fromEntries(statuses.map((status) => [status, faultSchema])) as Record<S, typeof faultSchema>;
}

/** A fault on its way through Fastify, which knows errors only. */
export class HttpFault extends Error {
  readonly statusCode: number;
  readonly errors: Finding[];

  constructor(statusCode: number, message: string, errors: Finding[] = []) {
    super(message);
    this.statusCode = statusCode;
    this.errors = errors;
  }
}

/** An id for one request, so that a 500 can be found in the log. */
export function requestId(): string {
  return randomBytes(6).toString('hex');
}

/** `['devices', 3, 'x']` as `devices[3].x`. */
function pathText(path: readonly PropertyKey[]): string {
  return path
    .map((part, i) => (typeof part === 'number' ? `[${part}]` : i === 0 ? String(part) : `.${String(part)}`))
    .join('');
}

/** Where a fault lies, in our words; each unknown field by its name. */
function findingsOf(issue: z.core.$ZodIssue): Finding[] {
  if (issue.code !== 'unrecognized_keys') return [{ path: pathText(issue.path), message: issue.message }];
  return issue.keys.map((key) => ({ path: pathText([...issue.path, key]), message: 'is not known' }));
}

/** Checks parameters, query and body; faults become a 422 that lists them all. */
export const zodValidator: FastifySchemaCompiler<z.ZodType> =
  ({ schema }) =>
  (data: unknown) => {
    const result = schema.safeParse(data, { error: issueWords });
    if (result.success) return { value: result.data };
    const errors = result.error.issues.flatMap(findingsOf);
    return { error: new HttpFault(422, 'The request has faults; nothing was changed', errors) };
  };

/** What Fastify itself complains about, in our words. */
const WORDS: Record<string, string> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'The body must be JSON: send Content-Type: application/json',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'The body is not as long as Content-Length says',
  FST_ERR_BAD_URL: 'The path is not a valid URL path',
};

function words(error: FastifyError, bodyBytesMax: number | undefined): string {
  if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    return `The body is larger than ${bodyBytesMax ?? 'allowed'} bytes`;
  }
  return WORDS[error.code] ?? error.message;
}

/** Answers every error in the shape of a fault. What went wrong inside is told to the log alone. */
export function answerError(log: Log) {
  return (error: FastifyError | HttpFault, request: FastifyRequest, reply: FastifyReply) => {
    const status = error.statusCode ?? 500;
    if (status < 500) {
      const errors = error instanceof HttpFault ? error.errors : [];
      const text = error instanceof HttpFault ? error.message : words(error, request.routeOptions?.bodyLimit);
      // A sender that announced its length may finish, and Node throws the rest away: to close on it while it
      // writes would reset the connection before it has read why.
      if (status === 413 && request.headers['content-length'] !== undefined) reply.removeHeader('connection');
      return reply.code(status).send(fault(text, errors));
    }
    log.error('http_request_failed', {
      request_id: request.id,
      method: request.method,
      route: request.routeOptions?.url,
      error: error.message,
      stack: error.stack,
    });
    return reply
      .code(500)
      .send(fault(`The bridge could not do this. Its log says why: look for request ${request.id}.`));
  };
}

/** Answers what is no HTTP at all, or came too slowly; there is no request to reply to. */
export function answerBrokenRequest(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  const [status, text] =
    error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
      ? ['408 Request Timeout', 'The request did not arrive in time']
      : error.code === 'HPE_HEADER_OVERFLOW'
        ? ['431 Request Header Fields Too Large', 'The headers are too large']
        : ['400 Bad Request', 'This is not HTTP'];
  const body = JSON.stringify(fault(text));
  const head = `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}`;
  if (socket.writable) socket.write(`${head}\r\nConnection: close\r\n\r\n${body}`);
  socket.destroy();
}
