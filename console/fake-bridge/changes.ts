import { randomUUID } from 'node:crypto';
import type { Item, Memory } from './memory.ts';

export type Answer = { status: number; body: Item };
type Change = { memory: Memory; id: string; body: Item; nowMs: number };
type Rule = [method: string, path: RegExp, answer: (change: Change) => Answer];

const DEVICES = '/api/devices';
const SECRET_LENGTH = 20;
const TOKEN_LENGTH = 32;
const SECOND_MS = 1000;

const iso = (ms: number) => new Date(ms).toISOString();
const ok = (body: Item, status = 200): Answer => ({ status, body });
const done = (message: string, more: Item = {}) => ok({ status: 'success', message, ...more });
export const refused = (status: number, message: string, errors: Item[] = []): Answer => ({
  status,
  body: { status: 'error', message, errors },
});
const secret = (length: number) => randomUUID().replaceAll('-', '').padEnd(length, 'x').slice(0, length);
const isObject = (value: unknown): value is Item =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** `before` with these fields; null takes one away. */
function withFields(before: Item, change: Item): Item {
  const after = { ...before };
  for (const [name, value] of Object.entries(change)) {
    if (value === null) delete after[name];
    else if (isObject(value)) after[name] = withFields((before[name] ?? {}) as Item, value);
    else after[name] = value;
  }
  return after;
}

function makeDevice({ memory, body, nowMs }: Change): Answer {
  const name = body.machine_name;
  const id = String(body.device_id ?? randomUUID());
  if (typeof name !== 'string' || name === '') {
    return refused(422, 'The device has faults; nothing was changed', [
      { path: 'machine_name', message: 'must be text of 1 to 256 characters' },
    ]);
  }
  if (memory.one(DEVICES, id)) return refused(409, 'There is a device with this id');
  const session = { standby_threshold_w: 5, working_threshold_w: 50, ...(body.session_config as Item) };
  const device = memory.put(DEVICES, id, {
    machine_name: name,
    family: body.parser_type ?? null,
    state: 'idle',
    power_w: null,
    status: 'unknown',
    last_message_at: null,
    session: null,
    late_messages: 0,
    last_problem: null,
    source: 'console',
    returns_to: null,
    enabled: body.enabled !== false,
    approval: 'approved',
    running: body.enabled !== false && body.mqtt_topic !== undefined,
    configuration: { device_id: id, enabled: true, ...body, session_config: session },
    overrides: [],
    topics: [],
    template_id: null,
    device_key: null,
    token: { created_at: iso(nowMs), last_used_at: null, last_copied_at: null },
  });
  for (const { id: heard, topic } of memory.items('/api/discovery')) {
    if (topic === body.mqtt_topic) memory.remove('/api/discovery', String(heard));
  }
  return ok(device, 201);
}

function changeDevice({ memory, id, body }: Change): Answer {
  const device = memory.one(DEVICES, id);
  if (!device) return refused(404, 'There is no device with this id');
  const configuration = withFields(device.configuration as Item, body);
  const enabled = configuration.enabled !== false;
  return ok(
    memory.put(DEVICES, id, {
      configuration,
      enabled,
      machine_name: configuration.machine_name ?? id,
      running: enabled && device.approval === 'approved' && configuration.mqtt_topic !== undefined,
    }),
  );
}

function removeDevice({ memory, id }: Change): Answer {
  const device = memory.one(DEVICES, id);
  if (!device) return refused(404, 'There is no device with this id');
  if (device.source === 'managed') {
    const text =
      'The configuration names this device: remove it there (in Odoo), or disable it here with {"enabled": false}';
    return refused(409, text);
  }
  memory.remove(DEVICES, id);
  return done('The device is removed');
}

/** The token of a device: a new one, or the one that is there. */
function token({ memory, id, nowMs }: Change, isNew: boolean): Answer {
  const known = memory.answer(`fake-token ${id}`)?.token;
  const text = isNew || known === undefined ? secret(TOKEN_LENGTH) : known;
  memory.merge(`fake-token ${id}`, { token: text });
  memory.put(DEVICES, id, {
    token: { created_at: iso(nowMs), last_used_at: null, last_copied_at: isNew ? null : iso(nowMs) },
  });
  return ok({ device_id: id, token: text });
}

function decide({ memory, id }: Change, approval: 'approved' | 'rejected'): Answer {
  memory.put(DEVICES, id, { approval, running: approval === 'approved' });
  return done(approval === 'approved' ? 'The device may connect' : 'The device may not connect');
}

function service({ memory, nowMs, body }: Change, status: 'running' | 'stopped'): Answer {
  const connection = status === 'running' ? 'connected' : 'disconnected';
  const brokers = (memory.answer('/api/service')?.brokers ?? []) as Item[];
  const reason = status === 'running' ? null : `Stopped over the API at ${iso(nowMs)}.`;
  return ok(
    memory.merge('/api/service', {
      status,
      connection,
      reason,
      since: iso(nowMs),
      persisted: status === 'stopped' && body.persist === true,
      brokers: brokers.map((broker) => Object.assign({}, broker, { connection, since: iso(nowMs) })),
      ...(status === 'running' ? { started_at: iso(nowMs) } : { stopped_at: iso(nowMs) }),
    }),
  );
}

function send({ memory, body, nowMs }: Change): Answer {
  const messages = (memory.answer('/api/messages')?.messages ?? []) as Item[];
  const id = Number(messages[0]?.id ?? 0) + 1;
  const { topic = '', payload = '', qos = 0, retain = false, broker_id: broker } = body;
  const sent = { id, at: iso(nowMs), broker_id: broker ?? 'embedded', topic };
  const bytes = String(payload).length;
  const rest = { direction: 'out', device_id: null, qos, retain, bytes, payload };
  const message = { ...sent, ...rest, payload_format: 'text', truncated: false, properties: null };
  memory.merge('/api/messages', { messages: [message, ...messages] });
  return done('The broker has the message', { ...sent, note: null });
}

function scan({ memory, body, nowMs }: Change): Answer {
  const running = {
    broker_id: String(body.broker_id ?? 'embedded'),
    filters: [String(body.filter ?? 'tele/+/SENSOR')],
    started_at: iso(nowMs),
    until: iso(nowMs + Number(body.seconds ?? 60) * SECOND_MS),
  };
  memory.merge('/api/discovery', { scans: [running] });
  return done('The search runs', running);
}

function template({ memory, body, nowMs }: Change): Answer {
  const made = memory.put('/api/templates', randomUUID(), {
    enabled: true,
    key_policy: 'refuse',
    allowed_keys: null,
    approval_required: false,
    ...body,
    provision_key: secret(SECRET_LENGTH),
    devices: 0,
    created_at: iso(nowMs),
  });
  return ok({ ...made, provision_secret: secret(SECRET_LENGTH) }, 201);
}

const TESTED = { ok: true, message: 'Connected in 5 ms with MQTT 3.1.1', reason: null };
const TRIAL = { matched: true, condition: true, actions: [], error: null };

/** What is not only kept. The first rule that fits answers; its group is the id. */
const RULES: readonly Rule[] = [
  ['POST', /^\/api\/devices$/, makeDevice],
  ['PATCH', /^\/api\/devices\/([^/]+)$/, changeDevice],
  ['DELETE', /^\/api\/devices\/([^/]+)$/, removeDevice],
  ['GET', /^\/api\/devices\/([^/]+)\/token$/, (change) => token(change, false)],
  ['POST', /^\/api\/devices\/([^/]+)\/token$/, (change) => token(change, true)],
  ['POST', /^\/api\/approvals\/([^/]+)\/approve$/, (change) => decide(change, 'approved')],
  ['POST', /^\/api\/approvals\/([^/]+)\/reject$/, (change) => decide(change, 'rejected')],
  ['POST', /^\/api\/templates$/, template],
  [
    'POST',
    /^\/api\/templates\/([^/]+)\/secret$/,
    ({ memory, id }) => ok({ ...memory.one('/api/templates', id), provision_secret: secret(SECRET_LENGTH) }),
  ],
  ['POST', /^\/api\/discovery\/scan$/, scan],
  ['POST', /^\/api\/service\/(?:start|restart)$/, (change) => service(change, 'running')],
  ['POST', /^\/api\/service\/stop$/, (change) => service(change, 'stopped')],
  ['POST', /^\/api\/messages$/, send],
  [
    'POST',
    /^\/api\/saved-messages\/([^/]+)\/send$/,
    (change) => send({ ...change, body: change.memory.one('/api/saved-messages', change.id) ?? {} }),
  ],
  [
    'POST',
    /^\/api\/brokers(?:\/[^/]+)?\/test$/,
    () => ok({ ...TESTED, protocol_version: 4, latency_ms: 5, certificate: null }),
  ],
  ['POST', /^\/api\/flows(?:\/[^/]+)?\/test$/, () => ok(TRIAL)],
  ['POST', /^\/api\/events\/retry$/, () => done('Events that wait again: 0', { events: 0 })],
  ['POST', /^\/api\/events\/[^/]+\/retry$/, () => done('The event waits again', { events: 1 })],
  ['POST', /^\/api\/login$/, () => done('Logged in', { role: 'full' })],
];

/** What a thing that is made has besides what was said. */
const ADDED: Record<string, Item> = {
  '/api/brokers': {
    source: 'api',
    state: { connection: 'connected', last_fault: null },
    devices: 0,
    subscriptions: 0,
    warnings: [],
  },
  '/api/subscriptions': { state: 'active' },
  '/api/flows': {
    report: { state: 'enabled', runs: 0, matched: 0, actions: 0, errors: 0, last_error: null },
  },
};

/** Makes, changes and removes what is only kept. */
function kept(method: string, path: string, { memory, body, nowMs }: Change): Answer | undefined {
  if (method === 'POST' && memory.isList(path)) {
    const id = String(body.broker_id ?? randomUUID());
    return ok(memory.put(path, id, { enabled: true, ...ADDED[path], ...body, created_at: iso(nowMs) }), 201);
  }
  const [, list = '', encoded = ''] = /^(\/api\/[a-z-]+)\/([^/]+)$/.exec(path) ?? [];
  const id = decodeURIComponent(encoded);
  if (!memory.isList(list)) return undefined;
  if (!memory.one(list, id)) return refused(404, 'There is nothing with this id');
  if (method !== 'DELETE') return ok(memory.put(list, id, body));
  memory.remove(list, id);
  return done('It is removed');
}

/** The answer to a request that changes something, or hands out a secret. undefined: a plain GET. */
export function changed(
  method: string,
  path: string,
  body: Item,
  memory: Memory,
  nowMs: number,
): Answer | undefined {
  for (const [wanted, pattern, answer] of RULES) {
    const match = wanted === method ? pattern.exec(path) : null;
    if (match) return answer({ memory, id: decodeURIComponent(match[1] ?? ''), body, nowMs });
  }
  if (method === 'GET' || method === 'HEAD') return undefined;
  return kept(method, path, { memory, id: '', body, nowMs }) ?? done('The fake bridge has taken it');
}
