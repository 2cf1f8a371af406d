import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Clock } from '../platform/clock.ts';
import type { HttpOptions } from './deps.ts';
import { fault } from './faults.ts';
import { LoginSessions, type Role } from './login-sessions.ts';
import { loopbackHost, sameOrigin } from './origin.ts';
import type { FaultBody } from './schemas.ts';
import { WrongTokens } from './wrong-tokens.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /**
     * Who may call the route: everybody; as METRICS_AUTH says; any token; the full token.
     * A route that says nothing asks for the full token.
     */
    access?: 'open' | 'metrics' | 'view' | 'change';
  }
}

export const SESSION_COOKIE = 'iot_bridge_session';

type Refusal = { status: 401 | 403 | 429; body: FaultBody; retryAfterS?: number };

const digest = (text: string) => createHash('sha256').update(text).digest();

/** Decides who may do what. */
export class Access {
  readonly logins: LoginSessions;
  readonly #http: HttpOptions;
  readonly #wrong: WrongTokens;
  readonly #tokens: { digest: Buffer; role: Role }[];

  constructor(http: HttpOptions, clock: Pick<Clock, 'steadyMs'>) {
    this.#http = http;
    this.logins = new LoginSessions(clock);
    this.#wrong = new WrongTokens(clock);
    this.#tokens = [{ digest: digest(http.apiToken), role: 'full' }];
    if (http.viewToken) this.#tokens.push({ digest: digest(http.viewToken), role: 'view' });
  }

  /** Whether everybody is let in. */
  get isOff(): boolean {
    return this.#http.auth === 'off';
  }

  /** What `token` allows, or the refusal of a wrong one. Digests are compared, in constant time. */
  roleOfToken(token: string, ip: string): Role | Refusal {
    const given = digest(token);
    // Each is compared, without an early exit: the time must not tell which one it is like.
    const matches = this.#tokens.map((known) => timingSafeEqual(known.digest, given));
    const found = this.#tokens[matches.indexOf(true)];
    if (found) return found.role;
    const retryAfterS = this.#wrong.note(ip);
    if (retryAfterS === null) {
      return { status: 401, body: fault(`This token is not the right one. ${this.#http.tokenHint}`) };
    }
    const text = `Too many wrong tokens; wait ${retryAfterS} s. ${this.#http.tokenHint}`;
    return { status: 429, body: fault(text), retryAfterS };
  }

  #roleOfRequest(request: FastifyRequest, changes: boolean): Role | Refusal {
    const bearer = /^Bearer +(\S+) *$/i.exec(request.headers.authorization ?? '')?.[1];
    if (bearer !== undefined) return this.roleOfToken(bearer, request.ip);
    const cookie = request.cookies[SESSION_COOKIE];
    const role = cookie === undefined ? null : this.logins.role(cookie);
    if (role === null) {
      const text = `A token is needed (Authorization: Bearer, or log in at /). ${this.#http.tokenHint}`;
      return { status: 401, body: fault(text) };
    }
    return changes && !sameOrigin(request.headers) ? foreignPage() : role;
  }

  /** Why the request must not go on, or null when it may. */
  check(request: FastifyRequest): Refusal | null {
    if (this.isOff) return this.#http.loopbackOnly ? loopbackRefusal(request) : null;
    const { access = 'change' } = request.routeOptions.config;
    if (access === 'open' || (access === 'metrics' && this.#http.metricsAuth === 'off')) return null;
    // What another site's page reads it cannot see; browsers send no Origin with a GET of our own.
    const role = this.#roleOfRequest(request, access === 'change' && request.method !== 'GET');
    if (typeof role !== 'string') return role;
    if (role === 'full' || access !== 'change') return null;
    return { status: 403, body: fault('This token may look, but change nothing. Use the full token.') };
  }
}

function foreignPage(): Refusal {
  const text = 'Refused: the request comes from a page of another site (its Origin is not the Host).';
  return { status: 403, body: fault(text) };
}

function loopbackRefusal(request: FastifyRequest): Refusal | null {
  if (!loopbackHost(request.headers)) {
    const text = 'Refused: without a token the bridge answers on this machine only. Open http://localhost.';
    return { status: 403, body: fault(text) };
  }
  return request.headers.origin === undefined || sameOrigin(request.headers) ? null : foreignPage();
}

/** Sends a refusal. */
export function refuse(reply: FastifyReply, { status, body, retryAfterS }: Refusal): FastifyReply {
  if (status === 401) reply.header('www-authenticate', 'Bearer realm="iot-bridge"');
  if (retryAfterS !== undefined) reply.header('retry-after', String(retryAfterS));
  return reply.code(status).send(body);
}
