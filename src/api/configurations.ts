import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import type { ApplyResult } from '../devices/configuration.ts';
import { configurationDiff, fieldsOf } from '../devices/configuration-diff.ts';
import type { Configuration, DeviceConfig } from '../model/device.ts';
import { isoTime } from '../platform/clock.ts';
import type { ConfigurationsTable, KeptConfiguration } from '../store/configurations.ts';
import type { Server } from './deps.ts';
import { fault, faults } from './faults.ts';
import { appliedSchema, configurationSchema, LIMIT_DEFAULT, limit, whole } from './schemas.ts';

const tags = ['configuration'];
/** Devices of each kind that a comparison spells out. */
const DEVICES_SHOWN_MAX = 500;
const NO_CONFIGURATION = fault('There is no configuration with this id: only the last ones are kept');

export type ConfigurationHistoryDeps = {
  configurationHistory: Pick<ConfigurationsTable, 'list' | 'one'> & {
    /** The configuration in force, and what tells it from others; null: none is. */
    current(): Configuration;
    digest(): string | null;
    /** Puts one in force again, by the rules of a push. */
    restore(input: unknown): Promise<ApplyResult>;
  };
};

const time = z.iso.datetime({ precision: 3 });
const entry = z
  .object({
    id: z.int(),
    applied_at: time.describe('When it was last applied'),
    source: z.string().describe('push, pull, file, restore or start: who handed it in'),
    devices: z.int(),
    in_force: z.boolean().describe('These devices are the configured ones now'),
  })
  .meta({ id: 'KeptConfiguration' });
export type ConfigurationEntry = z.infer<typeof entry>;

const entriesPage = z.object({
  configurations: z.array(entry),
  next_before: z.int().nullable().describe('null: this was the last page'),
});
export type ConfigurationsPage = z.infer<typeof entriesPage>;
const pageQuery = z.object({
  before: whole(1, Number.MAX_SAFE_INTEGER).optional().describe('next_before of the page before'),
  limit,
});

const id = whole(1, Number.MAX_SAFE_INTEGER);
const idParams = z.object({ id });
const idOrCurrent = z.union([z.literal('current'), id]);
const diffParams = z.object({ a: idOrCurrent, b: idOrCurrent });
const detail = entry.extend({ configuration: configurationSchema });

const field = z.object({ path: z.string(), value: z.unknown() });
const wholeDevice = z.object({
  device_id: z.string(),
  machine_name: z.string(),
  fields: z.array(field),
});
const diffAnswer = z
  .object({
    added: z.array(wholeDevice).describe(`At most ${DEVICES_SHOWN_MAX}; counts has them all`),
    removed: z.array(wholeDevice),
    changed: z.array(
      z.object({
        device_id: z.string(),
        machine_name: z.string(),
        fields: z
          .array(
            z.object({ path: z.string(), before: z.unknown().optional(), after: z.unknown().optional() }),
          )
          .describe('before or after is missing where the field was not given'),
      }),
    ),
    counts: z.object({ added: z.int(), removed: z.int(), changed: z.int(), unchanged: z.int() }),
  })
  .meta({ id: 'ConfigurationDiff' });
export type ConfigurationDiffAnswer = z.infer<typeof diffAnswer>;

function wholeView(device: DeviceConfig) {
  const fields = [...fieldsOf(device)].map(([path, value]) => ({ path, value }));
  const { device_id, machine_name = device_id } = device;
  return {
    device_id,
    machine_name,
    fields: fields.filter(({ path }) => !/^(device_id|machine_name)$/.test(path)),
  };
}

function diffView(before: Configuration, after: Configuration): ConfigurationDiffAnswer {
  const { added, removed, changed, unchanged } = configurationDiff(before.devices, after.devices);
  const first = <T>(list: T[]) => list.slice(0, DEVICES_SHOWN_MAX);
  return {
    added: first(added).map(wholeView),
    removed: first(removed).map(wholeView),
    changed: first(changed).map(({ after: { device_id, machine_name = device_id }, fields }) => {
      return { device_id, machine_name, fields };
    }),
    counts: { added: added.length, removed: removed.length, changed: changed.length, unchanged },
  };
}

const parsed = ({ body }: { body: string }) => JSON.parse(body) as Configuration;

function entryOf(
  { id: entryId, appliedAt, source, devices, digest }: KeptConfiguration,
  inForce: string | null,
) {
  return { id: entryId, applied_at: isoTime(appliedAt), source, devices, in_force: digest === inForce };
}

function readRoutes(app: Server, { configurationHistory: history }: ConfigurationHistoryDeps): void {
  function found(which: number | 'current'): Configuration | null {
    if (which === 'current') return history.current();
    const kept = history.one(which);
    return kept && parsed(kept);
  }

  app.get('/api/configurations', {
    config: { access: 'view' },
    schema: {
      summary: 'Configurations that were applied, newest first',
      description:
        'The last 100 are kept, fewer when they are large. One that came twice in a row is one entry.',
      tags,
      querystring: pageQuery,
      response: { 200: entriesPage, ...faults(401, 422, 429) },
    },
    handler: ({ query: { before, limit: count = LIMIT_DEFAULT } }) => {
      const kept = history.list(count + 1, before);
      const shown = kept.slice(0, count);
      return {
        configurations: shown.map((one) => entryOf(one, history.digest())),
        next_before: kept.length > count ? (shown.at(-1)?.id ?? null) : null,
      };
    },
  });

  app.get('/api/configurations/:id', {
    config: { access: 'view' },
    schema: {
      summary: 'One configuration of the history, whole',
      description: 'With its devices as they were applied.',
      tags,
      params: idParams,
      response: { 200: detail, ...faults(401, 404, 422, 429) },
    },
    handler: async (request, reply) => {
      const kept = history.one(request.params.id);
      if (!kept) return reply.code(404).send(NO_CONFIGURATION);
      return reply.send({ ...entryOf(kept, history.digest()), configuration: parsed(kept) });
    },
  });

  app.get('/api/configurations/:a/diff/:b', {
    config: { access: 'view' },
    schema: {
      summary: 'What differs from one configuration to another',
      description: 'By device and field. `current` is the one in force.',
      tags,
      params: diffParams,
      response: { 200: diffAnswer, ...faults(401, 404, 422, 429) },
    },
    handler: async (request, reply) => {
      const { a, b } = request.params;
      const before = found(a);
      const after = found(b);
      if (!before || !after) return reply.code(404).send(NO_CONFIGURATION);
      return reply.send(diffView(before, after));
    },
  });
}

function restoreRoute(app: Server, { configurationHistory: history }: ConfigurationHistoryDeps): void {
  app.post('/api/configurations/:id/restore', {
    config: { access: 'change' },
    schema: {
      summary: 'Go back to a configuration of the history',
      description:
        'Applied by the rules of POST /config, all or nothing. It holds until Odoo sends the next one.',
      tags,
      params: idParams,
      response: { 200: appliedSchema, ...faults(401, 403, 404, 422, 429, 503) },
    },
    handler: async (request, reply) => {
      const found = history.one(request.params.id);
      if (!found) return reply.code(404).send(NO_CONFIGURATION);
      return answer(await history.restore(parsed(found)), reply);
    },
  });
}

function answer(result: ApplyResult, reply: FastifyReply) {
  if (result.status === 'invalid') {
    const text = 'The configuration has faults by the rules of today; nothing was changed';
    return reply.code(422).send(fault(text, result.errors));
  }
  if (result.status === 'failed') {
    const text = `The configuration could not be stored (${result.reason}); the one before stays in force`;
    return reply.code(503).send(fault(text));
  }
  const { devicesConfigured, appliedAt, added, updated, removed, warnings } = result;
  const applied: z.infer<typeof appliedSchema> = {
    status: 'success',
    message: 'Configuration applied',
    devices_configured: devicesConfigured,
    timestamp: isoTime(appliedAt),
    added,
    updated,
    removed,
    warnings,
  };
  return reply.send(applied);
}

/** `/api/configurations`: what was applied, how it differs, and the way back. */
export function configurationHistoryRoutes(app: Server, deps: ConfigurationHistoryDeps): void {
  readRoutes(app, deps);
  restoreRoute(app, deps);
}
