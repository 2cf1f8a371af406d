import type { z } from 'zod';
import type { EventType } from '../../../src/model/event.ts';
import type { FlowAction, FlowInput, flowSchema } from '../../../src/model/flow.ts';

export type FlowView = z.infer<typeof flowSchema>;
export const WHEN_KINDS = ['topic', 'event', 'attribute'] as const;
export type WhenKind = (typeof WHEN_KINDS)[number];
export const ACTION_KINDS = ['publish', 'webhook', 'odoo_event', 'set_attribute'] as const;
export type ActionKind = (typeof ACTION_KINDS)[number];
export const ACTIONS_MAX = 8;
export const METHODS = ['POST', 'PUT', 'PATCH'] as const;

/** In the order of a session's life. */
export const EVENT_TYPES = [
  'session_started',
  'session_heartbeat',
  'session_stopped',
  'session_timeout',
  'device_online',
  'device_offline',
  'power_measurement',
  'flow_event',
] as const satisfies readonly EventType[];

/** An action as its form holds it. What belongs to another kind stays, in case somebody chooses it again. */
export type ActionDraft = {
  /** Tells it from the others while they are moved and removed. */
  key: number;
  kind: ActionKind;
  topicBy: 'name' | 'expression';
  topic: string;
  topicExpression: string;
  brokerId: string;
  qos: 0 | 1 | 2;
  retain: boolean;
  url: string;
  method: (typeof METHODS)[number];
  /** `Name: value`, one a line. */
  headers: string;
  deviceId: string;
  eventName: string;
  attributeKey: string;
  /** The expression that gives payload, body, data or value. */
  expression: string;
};

/** A flow as its form holds it. */
export type FlowDraft = {
  name: string;
  enabled: boolean;
  whenKind: WhenKind;
  topic: string;
  brokerId: string;
  events: readonly string[];
  attribute: string;
  deviceId: string;
  condition: string;
  actions: readonly ActionDraft[];
};

let lastKey = 0;

export function newAction(): ActionDraft {
  lastKey += 1;
  return {
    key: lastKey,
    kind: 'publish',
    topicBy: 'name',
    topic: '',
    topicExpression: '',
    brokerId: '',
    qos: 0,
    retain: false,
    url: '',
    method: 'POST',
    headers: '',
    deviceId: '',
    eventName: '',
    attributeKey: '',
    expression: '',
  };
}

export const newDraft = (): FlowDraft => ({
  name: '',
  enabled: true,
  whenKind: 'topic',
  topic: '',
  brokerId: '',
  events: [],
  attribute: '',
  deviceId: '',
  condition: '',
  actions: [newAction()],
});

/** Header lines of a form as the API takes them. */
export function headersOf(text: string): Record<string, string> {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  return Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return colon < 0 ? [line, ''] : [line.slice(0, colon).trim(), line.slice(colon + 1).trim()];
    }),
  );
}

const headersText = (headers: Record<string, string>): string =>
  Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}`)
    .join('\n');

function actionDraftOf({ publish, webhook, odoo_event, set_attribute }: FlowAction): ActionDraft {
  const draft = newAction();
  if (publish) {
    const {
      topic = '',
      topic_expression: topicExpression = '',
      broker_id: brokerId = '',
      qos,
      retain,
    } = publish;
    const topicBy = topic === '' ? 'expression' : 'name';
    return { ...draft, topicBy, topic, topicExpression, brokerId, qos, retain, expression: publish.body };
  }
  if (webhook) {
    const { url, method, headers, body: expression } = webhook;
    return { ...draft, kind: 'webhook', url, method, headers: headersText(headers), expression };
  }
  if (odoo_event) {
    const { device_id: deviceId = '', name: eventName, data: expression } = odoo_event;
    return { ...draft, kind: 'odoo_event', deviceId, eventName, expression };
  }
  const { device_id: deviceId = '', key: attributeKey = '', value: expression = '' } = set_attribute ?? {};
  return { ...draft, kind: 'set_attribute', deviceId, attributeKey, expression };
}

/** A flow as a form shows it. */
export function draftOf({ name, enabled, when, if: condition = '', do: actions }: FlowInput): FlowDraft {
  const { topic, event, attribute, broker_id: brokerId = '', device_id: deviceId = '' } = when;
  const whenKind = topic !== undefined ? 'topic' : event ? 'event' : 'attribute';
  return {
    name,
    enabled,
    whenKind,
    topic: topic ?? '',
    brokerId,
    events: event ?? [],
    attribute: attribute ?? '',
    deviceId,
    condition,
    actions: actions.map(actionDraftOf),
  };
}

/** `name` with a value, or nothing when it is left empty. */
const given = (name: string, value: string) => (value.trim() === '' ? {} : { [name]: value.trim() });

function actionOf(draft: ActionDraft): object {
  const { kind, expression, deviceId } = draft;
  if (kind === 'publish') {
    const { topicBy, topic, topicExpression, brokerId, qos, retain } = draft;
    const where = topicBy === 'name' ? { topic } : { topic_expression: topicExpression };
    return { publish: { ...where, ...given('broker_id', brokerId), qos, retain, body: expression } };
  }
  if (kind === 'webhook') {
    const { url, method, headers } = draft;
    return { webhook: { url: url.trim(), method, headers: headersOf(headers), body: expression } };
  }
  if (kind === 'odoo_event') {
    return { odoo_event: { ...given('device_id', deviceId), name: draft.eventName, data: expression } };
  }
  return { set_attribute: { ...given('device_id', deviceId), key: draft.attributeKey, value: expression } };
}

function whenOf({ whenKind, topic, brokerId, events, attribute, deviceId }: FlowDraft): object {
  if (whenKind === 'topic') return { topic, ...given('broker_id', brokerId) };
  const what = whenKind === 'event' ? { event: events } : { attribute };
  return { ...what, ...given('device_id', deviceId) };
}

/** What the API is sent; it judges what is missing or wrong. */
export function bodyOf(draft: FlowDraft) {
  const { name, enabled, condition, actions } = draft;
  return {
    name: name.trim(),
    enabled,
    when: whenOf(draft),
    ...given('if', condition),
    do: actions.map(actionOf),
  };
}
