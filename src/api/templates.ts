import type { WithSecret } from '../devices/templates.ts';
import type { Template } from '../model/template.ts';
import { isoTime } from '../platform/clock.ts';
import type { ApiDeps, Server } from './deps.ts';
import {
  deleted,
  template,
  templateBody,
  templateParams,
  templatesList,
  templateWithSecret,
} from './device-schemas.ts';
import { fault, faults } from './faults.ts';

const tags = ['templates'];
const NO_TEMPLATE = fault('There is no template with this id');
const NAME_TAKEN = fault('Another template has this name');

export type TemplateDeps = Pick<ApiDeps, 'templates' | 'provisionedUnder' | 'templateProblems'>;

function viewOf({ provisionedUnder }: TemplateDeps, found: Template) {
  const { templateId, provisionKey, secretHash: _secretHash, createdAt, ...input } = found;
  return {
    ...input,
    template_id: templateId,
    provision_key: provisionKey,
    devices: provisionedUnder(templateId),
    created_at: isoTime(createdAt),
  };
}

const secretView = (deps: TemplateDeps, { template: made, secret }: WithSecret) => ({
  ...viewOf(deps, made),
  provision_secret: secret,
});

function readRoutes(app: Server, deps: TemplateDeps): void {
  app.get('/api/templates', {
    config: { access: 'view' },
    schema: {
      summary: 'Templates under which devices provision themselves',
      description: 'Without their secrets.',
      tags,
      response: { 200: templatesList, ...faults(401, 429) },
    },
    handler: () => ({ templates: deps.templates.list().map((one) => viewOf(deps, one)) }),
  });

  app.get('/api/templates/:id', {
    config: { access: 'view' },
    schema: {
      summary: 'One template',
      description: 'Without its secret.',
      tags,
      params: templateParams,
      response: { 200: template, ...faults(401, 404, 429) },
    },
    handler: async (request, reply) => {
      const found = deps.templates.one(request.params.id);
      return found ? reply.send(viewOf(deps, found)) : reply.code(404).send(NO_TEMPLATE);
    },
  });
}

function makeRoutes(app: Server, deps: TemplateDeps): void {
  const { templates } = deps;
  app.post('/api/templates', {
    config: { access: 'change' },
    schema: {
      summary: 'Make a template',
      description: 'provision_secret is shown in this answer and never again.',
      tags,
      body: templateBody,
      response: { 201: templateWithSecret, ...faults(400, 401, 403, 409, 415, 422, 429) },
    },
    handler: async (request, reply) => {
      const problems = deps.templateProblems(request.body);
      if (problems.length > 0) return reply.code(422).send(fault('The template has faults', problems));
      if (templates.isNameTaken(request.body.name)) return reply.code(409).send(NAME_TAKEN);
      return reply.code(201).send(secretView(deps, templates.create(request.body)));
    },
  });

  app.post('/api/templates/:id/secret', {
    config: { access: 'change' },
    schema: {
      summary: 'Give a template a new secret',
      description: 'The old one ends. The new one is shown in this answer and never again.',
      tags,
      params: templateParams,
      response: { 200: templateWithSecret, ...faults(401, 403, 404, 429) },
    },
    handler: async (request, reply) => {
      const found = templates.one(request.params.id);
      if (!found) return reply.code(404).send(NO_TEMPLATE);
      return reply.send(secretView(deps, templates.rotate(found)));
    },
  });
}

function changeRoutes(app: Server, deps: TemplateDeps): void {
  const { templates } = deps;
  app.put('/api/templates/:id', {
    config: { access: 'change' },
    schema: {
      summary: 'Replace what a template says',
      description: 'Key and secret stay; devices that were provisioned under it stay as they are.',
      tags,
      params: templateParams,
      body: templateBody,
      response: { 200: template, ...faults(400, 401, 403, 404, 409, 415, 422, 429) },
    },
    handler: async (request, reply) => {
      const found = templates.one(request.params.id);
      if (!found) return reply.code(404).send(NO_TEMPLATE);
      const problems = deps.templateProblems(request.body);
      if (problems.length > 0) return reply.code(422).send(fault('The template has faults', problems));
      if (templates.isNameTaken(request.body.name, found.templateId)) return reply.code(409).send(NAME_TAKEN);
      return reply.send(viewOf(deps, templates.update(found, request.body)));
    },
  });

  app.delete('/api/templates/:id', {
    config: { access: 'change' },
    schema: {
      summary: 'Remove a template',
      description: 'Devices that were provisioned under it stay.',
      tags,
      params: templateParams,
      response: { 200: deleted, ...faults(401, 403, 404, 429) },
    },
    handler: async (request, reply) =>
      templates.remove(request.params.id)
        ? reply.send({ status: 'success', message: 'The template is removed' })
        : reply.code(404).send(NO_TEMPLATE),
  });
}

/** `/api/templates`: how devices come that provision themselves. */
export function templateRoutes(app: Server, deps: TemplateDeps): void {
  readRoutes(app, deps);
  makeRoutes(app, deps);
  changeRoutes(app, deps);
}
