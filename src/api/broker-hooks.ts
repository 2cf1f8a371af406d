import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { mayPublish, mayReceive, maySubscribe } from '../mqtt/embedded/rights.ts';
import type { ApiDeps, Server } from './deps.ts';
import { hookAnswer } from './device-schemas.ts';
import { fault, faults } from './faults.ts';

const tags = ['broker hooks'];
const text = z.string().max(1024).nullish();
const authBody = z.object({ username: text, password: text });
const aclBody = z.object({
  username: text,
  clientid: text,
  topic: z.string().max(65_535),
  /** EMQX */
  action: z.enum(['publish', 'subscribe', 'all']).optional(),
  /** mosquitto-go-auth: 1 read, 2 write, 3 both, 4 subscribe */
  acc: z.coerce.number().int().min(1).max(4).optional(),
});
type Verdict = 'allow' | 'deny' | 'ignore';

const digest = (secret: string) => createHash('sha256').update(secret).digest();
const isSame = (a: string, b: string) => timingSafeEqual(digest(a), digest(b));

/** The hook's token, from the header or, for brokers that can send none, from the query. */
function tokenOf(request: FastifyRequest): string {
  const bearer = /^Bearer +(\S+) *$/i.exec(request.headers.authorization ?? '')?.[1];
  return bearer ?? (request.query as { token?: string }).token ?? '';
}

/**
 * EMQX reads the body and takes a status other than 200 for "ask somebody else"; mosquitto-go-auth, as it
 * comes, reads the status alone. To tell it 200 for "no" would let everybody in.
 */
function readsStatus(request: FastifyRequest): boolean {
  const { headers, body, query } = request;
  return (
    (headers['content-type'] ?? '').startsWith('application/x-www-form-urlencoded') ||
    /^mosquitto/i.test(headers['user-agent'] ?? '') ||
    (query as { answer?: string }).answer === 'status' ||
    (typeof body === 'object' && body !== null && 'acc' in body)
  );
}

function answer(request: FastifyRequest, reply: FastifyReply, result: Verdict, isSuperuser = false) {
  const ok = result === 'allow';
  const body = { result, is_superuser: isSuperuser, ok, error: ok ? '' : 'not allowed' };
  return reply.code(ok || !readsStatus(request) ? 200 : 403).send(body);
}

type Hooks = NonNullable<ApiDeps['hooks']>;

/** The user name of devices that ask for a token. */
const PROVISION = 'provision';

/** Such a client has a topic to ask on and one to hear on, both with its client id: nobody else hears its token. */
function judgeProvisioning({ clientid, topic }: z.infer<typeof aclBody>, wants: Wants): Verdict {
  if (!clientid || /[/+#]/.test(clientid)) return 'deny';
  const asks = topic === `provision/request/${clientid}` && !wants.subscribe && !wants.receive;
  const hears = topic === `provision/response/${clientid}` && !wants.publish;
  return asks || hears ? 'allow' : 'deny';
}

/** Who logs in: the bridge itself, a device of it with its id as user name, or somebody we do not know. */
function judgeLogin({ own, deviceOf, access }: Hooks, body: z.infer<typeof authBody>) {
  const { username, password } = body;
  if (!username) return { result: 'ignore' as const, isSuperuser: false };
  if (own && isSame(username, own.username)) {
    const isUs = isSame(password ?? '', own.password);
    return { result: isUs ? ('allow' as const) : ('deny' as const), isSuperuser: isUs };
  }
  if (username === PROVISION) return { result: 'allow' as const, isSuperuser: false };
  const device = access(username);
  if ('refusal' in device) return { result: 'ignore' as const, isSuperuser: false };
  const isRight = password ? deviceOf(password) === username : false;
  return { result: isRight ? ('allow' as const) : ('deny' as const), isSuperuser: false };
}

type Wants = { publish: boolean; subscribe: boolean; receive: boolean };

function wantsOf({ action, acc }: z.infer<typeof aclBody>): Wants {
  if (acc !== undefined) {
    return { publish: acc === 2 || acc === 3, subscribe: acc === 4, receive: acc === 1 || acc === 3 };
  }
  return { publish: action !== 'subscribe', subscribe: action !== 'publish', receive: false };
}

function judgeTopic({ own, access }: Hooks, body: z.infer<typeof aclBody>): Verdict {
  const { username, topic } = body;
  if (!username) return 'ignore';
  if (own && isSame(username, own.username)) return 'allow';
  const wants = wantsOf(body);
  if (username === PROVISION) return judgeProvisioning(body, wants);
  const device = access(username);
  if ('refusal' in device) return 'ignore';
  const identity = { kind: 'device' as const, deviceId: username, topics: device.topics };
  const allowed =
    (!wants.publish || mayPublish(identity, topic)) &&
    (!wants.subscribe || maySubscribe(identity, topic)) &&
    (!wants.receive || mayReceive(identity, topic));
  return allowed ? 'allow' : 'deny';
}

function hookRoutes(app: Server, hooks: Hooks): void {
  const config = { access: 'open' as const, rateLimit: false as const };
  const querystring = z.object({ token: z.string().optional(), answer: z.literal('status').optional() });
  const response = { 200: hookAnswer, 403: hookAnswer, ...faults(401, 415, 422) };
  app.addHook('preValidation', async (request, reply) => {
    if (isSame(tokenOf(request), hooks.token)) return;
    return reply.code(401).send(fault('This is not the BROKER_HOOK_TOKEN'));
  });
  app.post('/api/mqtt/auth', {
    config,
    schema: {
      summary: 'May this client connect?',
      description: "For EMQX's HTTP authenticator and mosquitto-go-auth. A device's user name is its id.",
      tags,
      security: [],
      querystring,
      body: authBody,
      response,
    },
    handler: async (request, reply) => {
      const { result, isSuperuser } = judgeLogin(hooks, request.body);
      return answer(request, reply, result, isSuperuser);
    },
  });
  app.post('/api/mqtt/acl', {
    config,
    schema: {
      summary: 'May this client use this topic?',
      description: "For EMQX's HTTP authorizer and mosquitto-go-auth.",
      tags,
      security: [],
      querystring,
      body: aclBody,
      response,
    },
    handler: async (request, reply) => answer(request, reply, judgeTopic(hooks, request.body)),
  });
}

/** `/api/mqtt/*`, when there is a BROKER_HOOK_TOKEN: a broker of one's own asks who may do what. */
export function brokerHookRoutes(app: Server, { hooks }: ApiDeps): void {
  if (!hooks) return;
  app.register(async (scope: Server) => {
    const type = 'application/x-www-form-urlencoded';
    scope.addContentTypeParser(type, { parseAs: 'string' }, (_request, body, done) => {
      done(null, Object.fromEntries(new URLSearchParams(String(body))));
    });
    hookRoutes(scope, hooks);
  });
}
