import type { MessageBody, SavedMessage } from '../../../src/model/saved-message.ts';
import type { Subscription } from '../../../src/model/subscription.ts';
import type { Message } from './message.ts';
import { checkPayload, isStructured, type PayloadFormat } from './payload.ts';
import { isWildcard, sendTopicFault, type TopicFault } from './topics.ts';

export type UserProperty = { key: number; name: string; value: string };

/** A message while it is written. */
export type Draft = {
  target: 'topic' | 'subscription';
  /** Empty: the main broker, else the embedded one. */
  brokerId: string;
  subscriptionId: string;
  topic: string;
  payload: string;
  format: PayloadFormat;
  qos: 0 | 1 | 2;
  retain: boolean;
  userProperties: readonly UserProperty[];
  contentType: string;
  responseTopic: string;
  correlationHex: string;
  expiryS: string;
  name: string;
  /** The saved message that it came from. */
  savedId: string | null;
  /** It came from a message of which only the beginning is kept. */
  isCut: boolean;
};

export const EMPTY_DRAFT: Draft = {
  target: 'topic',
  brokerId: '',
  subscriptionId: '',
  topic: '',
  payload: '',
  format: 'text',
  qos: 0,
  retain: false,
  userProperties: [],
  contentType: '',
  responseTopic: '',
  correlationHex: '',
  expiryS: '',
  name: '',
  savedId: null,
  isCut: false,
};

type KeptProperties = {
  user_properties?: Record<string, string | string[]> | null | undefined;
  content_type?: string | null | undefined;
  response_topic?: string | null | undefined;
  correlation_data_hex?: string | null | undefined;
  expiry_s?: number | null | undefined;
};

let lastKey = 0;
export const newProperty = (name = '', value = ''): UserProperty => ({ key: ++lastKey, name, value });

function propertiesOf(kept: KeptProperties) {
  const userProperties = Object.entries(kept.user_properties ?? {}).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).map((one) => newProperty(name, one)),
  );
  return {
    userProperties,
    contentType: kept.content_type ?? '',
    responseTopic: kept.response_topic ?? '',
    correlationHex: kept.correlation_data_hex ?? '',
    expiryS: kept.expiry_s ? String(kept.expiry_s) : '',
  };
}

/** A message of the history, to be sent again. */
export function draftOfMessage(message: Message): Draft {
  const { topic, broker_id, payload, payload_format, retain, truncated } = message;
  const text = isStructured(payload) ? 'json' : 'text';
  return {
    ...EMPTY_DRAFT,
    ...propertiesOf(message.properties ?? {}),
    brokerId: broker_id,
    topic,
    payload,
    format: payload_format === 'hex' ? 'hex' : text,
    qos: message.qos === 2 ? 2 : message.qos === 1 ? 1 : 0,
    retain,
    isCut: truncated,
  };
}

export function draftOfSaved(saved: SavedMessage): Draft {
  const { broker_id, subscription_id, topic, payload, payload_format, qos, retain, name } = saved;
  return {
    ...EMPTY_DRAFT,
    ...propertiesOf(saved),
    target: subscription_id === null ? 'topic' : 'subscription',
    brokerId: broker_id ?? '',
    subscriptionId: subscription_id ?? '',
    topic: topic ?? '',
    payload: typeof payload === 'string' ? payload : JSON.stringify(payload, null, 2),
    format: payload_format,
    qos,
    retain,
    name,
    savedId: saved.saved_message_id,
  };
}

function userPropertiesOf(properties: readonly UserProperty[]): MessageBody['user_properties'] {
  const named = properties.filter(({ name }) => name !== '');
  if (named.length === 0) return null;
  // Names may repeat in MQTT; without a prototype any name is safe.
  const all: Record<string, string | string[]> = Object.create(null);
  for (const { name, value } of named) {
    const before = all[name];
    all[name] = before === undefined ? value : [before, value].flat();
  }
  return all;
}

const orNull = (text: string): string | null => (text === '' ? null : text);

/** The body of `POST /api/messages`. */
export function bodyOf(draft: Draft): MessageBody {
  const bySubscription = draft.target === 'subscription';
  return {
    broker_id: bySubscription ? null : orNull(draft.brokerId),
    subscription_id: bySubscription ? orNull(draft.subscriptionId) : null,
    topic: orNull(draft.topic),
    payload: draft.payload,
    payload_format: draft.format,
    qos: draft.qos,
    retain: draft.retain,
    user_properties: userPropertiesOf(draft.userProperties),
    content_type: orNull(draft.contentType),
    response_topic: orNull(draft.responseTopic),
    correlation_data_hex: orNull(draft.correlationHex.replace(/\s+/g, '')),
    expiry_s: draft.expiryS === '' ? null : Number(draft.expiryS),
  };
}

export type DraftField =
  | 'topic'
  | 'subscription_id'
  | 'payload'
  | 'response_topic'
  | 'correlation_data_hex'
  | 'expiry_s';
export type DraftFaults = Partial<
  Record<
    DraftField,
    TopicFault | 'subscription_needed' | 'payload_fault' | 'correlation_fault' | 'expiry_fault'
  >
>;

const CORRELATION = /^([0-9a-f]{2}){1,1024}$/i;
const EXPIRY_S_MAX = 4_294_967_295;

/** What must be mended before it can be sent. */
export function draftFaults(draft: Draft, subscriptions: readonly Subscription[]): DraftFaults {
  const { topic, responseTopic, correlationHex, expiryS } = draft;
  const chosen = subscriptions.find((one) => one.subscription_id === draft.subscriptionId);
  const topicIsOptional = draft.target === 'subscription' && !(chosen && isWildcard(chosen.topic));
  const topicFault = topicIsOptional && topic === '' ? null : sendTopicFault(topic);
  const responseFault = responseTopic === '' ? null : sendTopicFault(responseTopic);
  const expiry = Number(expiryS);
  const expiryFits = expiryS === '' || (Number.isInteger(expiry) && expiry >= 1 && expiry <= EXPIRY_S_MAX);
  const correlation = correlationHex.replace(/\s+/g, '');
  return {
    ...(draft.target === 'subscription' && !chosen && { subscription_id: 'subscription_needed' as const }),
    ...(topicFault && { topic: topicFault }),
    ...(checkPayload(draft.format, draft.payload).fault && { payload: 'payload_fault' as const }),
    ...(responseFault && { response_topic: responseFault }),
    ...(correlation !== '' &&
      !CORRELATION.test(correlation) && { correlation_data_hex: 'correlation_fault' as const }),
    ...(!expiryFits && { expiry_s: 'expiry_fault' as const }),
  };
}
