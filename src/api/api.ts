import cookie from '@fastify/cookie';
import rateLimit from '@fastify/rate-limit';
import swagger from '@fastify/swagger';
import Fastify, { type FastifyInstance } from 'fastify';
import {
  jsonSchemaTransform,
  jsonSchemaTransformObject,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod';
import { Access, refuse } from './access.ts';
import { attributeRoutes } from './attributes.ts';
import { brokerHookRoutes } from './broker-hooks.ts';
import { brokerRoutes } from './brokers.ts';
import { clientRoutes } from './clients.ts';
import { configurationRoutes } from './configuration.ts';
import { configurationHistoryRoutes } from './configurations.ts';
import { createConsole, isPage } from './console.ts';
import { curvesRoutes } from './curves.ts';
import { deliveryRoutes } from './delivery.ts';
import type { ApiDeps, Server } from './deps.ts';
import { deviceRequestRoutes } from './device-request.ts';
import { deviceRoutes } from './devices.ts';
import { diagnosisRoutes } from './diagnosis.ts';
import { discoveryRoutes } from './discovery.ts';
import { docsRoutes } from './docs.ts';
import { embeddedBrokerRoutes } from './embedded-broker.ts';
import { eventRoutes } from './events.ts';
import { answerBrokenRequest, answerError, fault, HttpFault, requestId, zodValidator } from './faults.ts';
import { flowRoutes } from './flows.ts';
import { healthRoutes } from './health.ts';
import { readJsonBodies } from './json-body.ts';
import { logRoutes } from './log.ts';
import { loginRoutes } from './login.ts';
import { messageRoutes } from './messages.ts';
import { DATA_HEADERS } from './page-headers.ts';
import { provisionRoutes } from './provision.ts';
import { readingsRoutes } from './readings.ts';
import { savedMessageRoutes } from './saved-messages.ts';
import { serviceRoutes } from './service.ts';
import { sessionSummaryRoutes } from './session-summary.ts';
import { sessionWhyRoute } from './session-why.ts';
import { sessionRoutes } from './sessions.ts';
import { streamRoutes } from './stream.ts';
import { subscriptionRoutes } from './subscriptions.ts';
import { templateRoutes } from './templates.ts';

const REQUESTS_PER_MINUTE_MAX = 1200;
const CONNECTIONS_MAX = 1000;
/** Bodies of routes that say nothing else. */
const BODY_BYTES_MAX = 65_536;
/** A whole request must have arrived by then, 10 MiB over a slow line included. */
const REQUEST_TIMEOUT_MS = 120_000;
/** A device id has 128 characters; in a path each may take nine. */
const PARAM_LENGTH_MAX = 128 * 9;

type Console = ReturnType<typeof createConsole>;

export type Api = {
  /** Listens. @throws Error with a sentence that names the remedy when the port cannot be had */
  start(): Promise<{ url: string }>;
  /** Stops listening and cuts every connection. It cannot be started again. */
  stop(): Promise<void>;
  /** For tests that call routes without a socket. */
  app: FastifyInstance;
};

function createServer(deps: ApiDeps, page: Console): Server {
  const answer = answerError(deps.log);
  const app = Fastify({
    logger: false,
    genReqId: requestId,
    bodyLimit: BODY_BYTES_MAX,
    requestTimeout: REQUEST_TIMEOUT_MS,
    forceCloseConnections: true,
    return503OnClosing: false,
    routerOptions: { maxParamLength: PARAM_LENGTH_MAX },
    frameworkErrors: (error, request, reply) => void answer(error, request, reply),
    clientErrorHandler: answerBrokenRequest,
  }).withTypeProvider<ZodTypeProvider>();
  app.server.maxConnections = CONNECTIONS_MAX;
  app.setValidatorCompiler(zodValidator);
  // The types keep answers in shape; to check each again would cost more than making it.
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  app.setErrorHandler(answer);
  app.setNotFoundHandler((request, reply) =>
    isPage(request)
      ? page.page(request, reply).then((content) => reply.send(content))
      : reply.code(404).send(fault(`There is no ${request.method} ${request.url.split('?')[0]}; see /docs`)),
  );
  app.addHook('onRequest', async (_request, reply) => {
    reply.headers(DATA_HEADERS);
  });
  app.addHook('onResponse', async (request, reply) => {
    if (!deps.log.debugs) return;
    const { method, id, routeOptions } = request;
    const ms = Math.round(reply.elapsedTime);
    deps.log.debug('http_request', {
      request_id: id,
      method,
      route: routeOptions.url,
      status: reply.statusCode,
      ms,
    });
  });
  readJsonBodies(app as unknown as FastifyInstance);
  return app;
}

function openapi(version: string) {
  return {
    openapi: '3.1.0',
    info: {
      title: 'IoT Bridge for Odoo',
      version,
      description: 'Machines, sessions and events of the bridge.',
    },
    security: [{ bearer: [] }, { session: [] }],
    components: {
      securitySchemes: {
        bearer: {
          type: 'http' as const,
          scheme: 'bearer',
          description: 'BRIDGE_API_TOKEN or BRIDGE_VIEW_TOKEN',
        },
        session: {
          type: 'apiKey' as const,
          in: 'cookie' as const,
          name: 'iot_bridge_session',
          description: 'Set by POST /api/login; changes need an Origin that equals the Host',
        },
      },
    },
  };
}

function addRoutes(app: Server, deps: ApiDeps, page: Console): void {
  const access = new Access(deps.http, deps.clock);
  app.register(cookie);
  app.register(rateLimit, {
    max: REQUESTS_PER_MINUTE_MAX,
    timeWindow: 60_000,
    errorResponseBuilder: (_request, { statusCode, after }) =>
      new HttpFault(statusCode, `Too many requests from this address; wait ${after}`),
  });
  app.register(swagger, {
    openapi: openapi(deps.version),
    transform: jsonSchemaTransform,
    transformObject: jsonSchemaTransformObject,
  });
  app.register(async (routes: Server) => {
    routes.addHook('onRequest', async (request, reply) => {
      const refusal = access.check(request);
      if (refusal) return refuse(reply, refusal);
    });
    healthRoutes(routes, deps);
    configurationRoutes(routes, deps);
    deviceRoutes(routes, deps);
    attributeRoutes(routes, deps);
    templateRoutes(routes, deps);
    provisionRoutes(routes, deps);
    readingsRoutes(routes, deps);
    deviceRequestRoutes(routes, deps);
    brokerRoutes(routes, deps);
    subscriptionRoutes(routes, deps);
    messageRoutes(routes, deps);
    savedMessageRoutes(routes, deps);
    serviceRoutes(routes, deps);
    flowRoutes(routes, deps);
    discoveryRoutes(routes, deps);
    streamRoutes(routes, deps, access);
    clientRoutes(routes, deps);
    brokerHookRoutes(routes, deps);
    sessionRoutes(routes, deps);
    sessionSummaryRoutes(routes, deps);
    sessionWhyRoute(routes, deps);
    curvesRoutes(routes, deps);
    deliveryRoutes(routes, deps);
    configurationHistoryRoutes(routes, deps);
    logRoutes(routes, deps);
    diagnosisRoutes(routes, deps);
    embeddedBrokerRoutes(routes, deps);
    eventRoutes(routes, deps);
    loginRoutes(routes, access);
    docsRoutes(routes);
    page.routes(routes);
  });
}

/** Why the server cannot listen, with what to do about it. */
function listenFault(error: NodeJS.ErrnoException, host: string, port: number): Error {
  const remedy: Record<string, string> = {
    EADDRINUSE: `Port ${port} on ${host} is in use. Stop the program that has it, or set BRIDGE_PORT to a free one.`,
    EACCES: `Port ${port} needs special rights. Set BRIDGE_PORT to one above 1023.`,
    EADDRNOTAVAIL: `${host} is no address of this machine. Set BRIDGE_HOST, for example to 0.0.0.0.`,
    ENOTFOUND: `${host} is not known here. Set BRIDGE_HOST to an address of this machine, for example 0.0.0.0.`,
  };
  return new Error(remedy[error.code ?? ''] ?? `Cannot listen on ${host}:${port}: ${error.message}`, {
    cause: error,
  });
}

/** The HTTP side: health, configuration, machines, sessions, events, messages and the console. */
export function createApi(deps: ApiDeps): Api {
  const page = createConsole();
  const app = createServer(deps, page);
  addRoutes(app, deps, page);
  let started: Promise<{ url: string }> | undefined;

  async function listen(): Promise<{ url: string }> {
    const { host, port } = deps.http;
    try {
      await app.listen({ host, port });
    } catch (error) {
      await app.close();
      throw listenFault(error as NodeJS.ErrnoException, host, port);
    }
    // With port 0 the system has chosen one.
    const address = app.server.address();
    const bound = typeof address === 'object' && address ? address.port : port;
    const name = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
    return { url: `http://${name.includes(':') ? `[${name}]` : name}:${bound}` };
  }

  return {
    start: () => (started ??= listen()),
    stop: () => app.close(),
    app: app as unknown as FastifyInstance,
  };
}
