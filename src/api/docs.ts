import type { StaticDocumentSpec } from '@fastify/swagger';
import Fastify, { type FastifyInstance } from 'fastify';
import type { Server } from './deps.ts';
import { PAGE_HEADERS } from './page-headers.ts';

const PREFIX = '/docs';

/** Swagger UI as a server of its own, which never listens: its handler is called. */
async function openDocs(openapi: StaticDocumentSpec['document']): Promise<FastifyInstance> {
  const { default: swagger } = await import('@fastify/swagger');
  const { default: swaggerUi } = await import('@fastify/swagger-ui');
  const docs = Fastify();
  docs.addHook('onRequest', async (_request, reply) => {
    reply.headers(PAGE_HEADERS);
  });
  await docs.register(swagger, { mode: 'static', specification: { document: openapi } });
  await docs.register(swaggerUi, { routePrefix: PREFIX, uiConfig: { layout: 'BaseLayout' } });
  await docs.ready();
  return docs;
}

/** `/openapi.json`, and `/docs` to browse it. Most bridges never open it: it is loaded when somebody does. */
export function docsRoutes(app: Server): void {
  let docs: Promise<FastifyInstance> | undefined;

  app.get('/openapi.json', {
    config: { access: 'open' },
    schema: { hide: true },
    handler: () => app.swagger(),
  });

  for (const url of [PREFIX, `${PREFIX}/*`]) {
    app.get(url, {
      config: { access: 'open' },
      schema: { hide: true },
      handler: async (request, reply) => {
        docs ??= openDocs(app.swagger() as StaticDocumentSpec['document']);
        const { routing } = await docs;
        reply.hijack();
        routing(request.raw, reply.raw);
      },
    });
  }

  app.addHook('onClose', async () => {
    await (await docs)?.close();
  });
}
