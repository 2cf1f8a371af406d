import type { FlowDraft } from './flow-draft.ts';

/** What a flow is tried with, as its form holds it; values are JSON, or text where they are none. */
export type SampleDraft = {
  topic: string;
  payload: string;
  deviceId: string;
  event: string;
  key: string;
  value: string;
  previous: string;
};

export const EMPTY_SAMPLE: SampleDraft = {
  topic: '',
  payload: '',
  deviceId: '',
  event: '',
  key: '',
  value: '',
  previous: '',
};

/** `text` as JSON, else as the text that it is; undefined: empty. */
export function valueOf(text: string): unknown {
  if (text.trim() === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** What the API is sent. An event that is no JSON is handed on as text: the API says that it must be an object. */
export function sampleOf({ whenKind }: FlowDraft, sample: SampleDraft): object {
  const device = sample.deviceId === '' ? {} : { device_id: sample.deviceId };
  if (whenKind === 'topic') return { topic: sample.topic, payload: sample.payload, ...device };
  if (whenKind === 'event') return { event: valueOf(sample.event) ?? {} };
  const { deviceId: device_id, key, value, previous } = sample;
  return { attribute: { device_id, key, value: valueOf(value), previous: valueOf(previous) } };
}
