import type { FlowInput, FlowSample } from '../model/flow.ts';
import { topicMatches } from '../model/topic.ts';
import { isoTime } from '../platform/clock.ts';

/** One thing that may set flows off. Times in ms since the epoch. */
export type Trigger =
  | {
      kind: 'message';
      topic: string;
      payload: Uint8Array;
      qos: 0 | 1 | 2;
      retained: boolean;
      at: number;
      brokerId: string | null;
      deviceId: string | null;
    }
  /** `text`: the whole event as JSON. */
  | { kind: 'event'; type: string; deviceId: string; text: string }
  /** Values as JSON; null: there is none. */
  | {
      kind: 'attribute';
      deviceId: string;
      key: string;
      value: string | null;
      previous: string | null;
      at: number;
    };

/** Whether `when` of a flow asks for `trigger`. */
export function isSetOffBy(when: FlowInput['when'], trigger: Trigger): boolean {
  const { topic, broker_id, event, attribute, device_id } = when;
  if (trigger.kind === 'message') {
    if (topic === undefined || (broker_id !== undefined && broker_id !== trigger.brokerId)) return false;
    return topicMatches(topic, trigger.topic);
  }
  if (device_id !== undefined && device_id !== trigger.deviceId) return false;
  return trigger.kind === 'event'
    ? event !== undefined && event.some((type) => type === trigger.type)
    : attribute === trigger.key;
}

/** How much memory a trigger takes while it waits, about. */
export function bytesOf(trigger: Trigger): number {
  const overheadBytes = 256;
  if (trigger.kind === 'message') return overheadBytes + trigger.payload.length + trigger.topic.length;
  if (trigger.kind === 'event') return overheadBytes + trigger.text.length;
  return overheadBytes + (trigger.value?.length ?? 0) + (trigger.previous?.length ?? 0);
}

/** What a sample of a person stands for. */
export function triggerOf(sample: FlowSample, nowMs: number): Trigger {
  const { topic, payload, event, attribute } = sample;
  if (topic !== undefined) {
    const text = typeof payload === 'string' ? payload : (JSON.stringify(payload) ?? '');
    return {
      kind: 'message',
      topic,
      payload: Buffer.from(text),
      qos: sample.qos,
      retained: sample.retained,
      at: nowMs,
      brokerId: sample.broker_id ?? null,
      deviceId: sample.device_id ?? null,
    };
  }
  if (attribute !== undefined) {
    const json = (value: unknown) => JSON.stringify(value) ?? null;
    const { device_id, key, value, previous } = attribute;
    return {
      kind: 'attribute',
      deviceId: device_id,
      key,
      value: json(value),
      previous: json(previous),
      at: nowMs,
    };
  }
  const { event_type = '', device_id = '' } = event ?? {};
  return {
    kind: 'event',
    type: String(event_type),
    deviceId: String(device_id),
    text: JSON.stringify(event ?? {}),
  };
}

function utf8(payload: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(payload);
  } catch {
    return null;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

const json = (text: string | null): unknown => (text === null ? null : JSON.parse(text));

/** What the expressions of a flow see as `$`. */
export function documentOf(trigger: Trigger): Record<string, unknown> {
  if (trigger.kind === 'event') return { event: JSON.parse(trigger.text) };
  if (trigger.kind === 'attribute') {
    const { deviceId, key, value, previous, at } = trigger;
    return {
      attribute: { device_id: deviceId, key, value: json(value), previous: json(previous), at: isoTime(at) },
    };
  }
  const text = utf8(trigger.payload);
  return {
    topic: trigger.topic,
    levels: trigger.topic.split('/'),
    payload: text === null ? null : parsed(text),
    payload_text: text,
    qos: trigger.qos,
    retained: trigger.retained,
    at: isoTime(trigger.at),
    broker_id: trigger.brokerId,
    device_id: trigger.deviceId,
  };
}
