import type { MessageProperties, OutgoingMessage, PublishResult } from '../model/message.ts';
import { type MessageBody, messageBodySchema, SENT_PAYLOAD_BYTES_MAX } from '../model/saved-message.ts';
import { topicMatches } from '../model/topic.ts';
import type { Finding } from '../model/validation.ts';
import type { Clock } from '../platform/clock.ts';
import type { SubscriptionsTable } from '../store/subscriptions.ts';
import type { Brokers } from './brokers.ts';
import { checkInput } from './input.ts';
import { jsonFault } from './json-fault.ts';

export type PublisherDeps = {
  brokers: Pick<Brokers, 'has' | 'defaultId'>;
  subscriptions: Pick<SubscriptionsTable, 'one'>;
  /** Sends, and keeps in the history. `id`: by which it is found there; null: it is not kept. */
  publish(brokerId: string, message: OutgoingMessage): Promise<PublishResult & { id?: number | null }>;
  clock: Pick<Clock, 'wallMs'>;
};

export type SendResult =
  | { status: 'sent'; brokerId: string; topic: string; id: number | null; at: number; note: string | null }
  | { status: 'invalid'; errors: Finding[] }
  /** `reason` is a sentence for people. */
  | { status: 'not_sent'; reason: string };

type Problem = { problem: string };

const isWildcard = (filter: string) => /[+#]/.test(filter);

function textBytes(payload: MessageBody['payload'], isJson: boolean): Buffer | Problem {
  if (typeof payload !== 'string') {
    return isJson
      ? Buffer.from(JSON.stringify(payload))
      : { problem: 'must be text unless payload_format is json' };
  }
  if (!payload.isWellFormed()) return { problem: 'must be well-formed Unicode' };
  const fault = isJson ? jsonFault(payload) : null;
  if (fault === null) return Buffer.from(payload);
  return { problem: `is not JSON: line ${fault.line}, column ${fault.column}: ${fault.message}` };
}

function hexBytes(text: string): Buffer | Problem {
  const digits = text.replace(/\s+/g, '');
  const isHex = /^([0-9a-f]{2})*$/i.test(digits);
  return isHex ? Buffer.from(digits, 'hex') : { problem: 'must be pairs of hexadecimal digits' };
}

function base64Bytes(text: string): Buffer | Problem {
  const letters = text.replace(/\s+/g, '');
  const bytes = Buffer.from(letters, 'base64');
  return bytes.toString('base64') === letters ? bytes : { problem: 'must be base64, with its padding' };
}

/** The bytes that a payload stands for, or what is wrong with it. */
export function payloadBytes({ payload, payload_format }: Pick<MessageBody, 'payload' | 'payload_format'>) {
  const isText = payload_format === 'text' || payload_format === 'json' || typeof payload !== 'string';
  const bytes = isText
    ? textBytes(payload, payload_format === 'json')
    : payload_format === 'hex'
      ? hexBytes(payload)
      : base64Bytes(payload);
  if ('problem' in bytes || bytes.length <= SENT_PAYLOAD_BYTES_MAX) return bytes;
  return { problem: `must not be longer than ${SENT_PAYLOAD_BYTES_MAX} bytes; it has ${bytes.length}` };
}

function propertiesOf(body: MessageBody): MessageProperties | null {
  const { user_properties, content_type, response_topic, correlation_data_hex, expiry_s } = body;
  const properties: MessageProperties = {
    ...(user_properties !== null && { userProperties: user_properties }),
    ...(content_type !== null && { contentType: content_type }),
    ...(response_topic !== null && { responseTopic: response_topic }),
    ...(correlation_data_hex !== null && { correlationDataHex: correlation_data_hex.toLowerCase() }),
    ...(expiry_s !== null && { expiryS: expiry_s }),
  };
  return Object.keys(properties).length > 0 ? properties : null;
}

/** Sends what people write. */
export class Publisher {
  readonly #deps: PublisherDeps;

  constructor(deps: PublisherDeps) {
    this.#deps = deps;
  }

  /** What is wrong with the payload of a message, whatever becomes of its address. */
  payloadFaults(body: MessageBody): Finding[] {
    const bytes = payloadBytes(body);
    return 'problem' in bytes ? [{ path: 'payload', message: bytes.problem }] : [];
  }

  /** Checks a message (`messageBodySchema`) and sends it; sent only when the broker confirmed it. */
  async send(input: unknown): Promise<SendResult> {
    const checked = checkInput(messageBodySchema, input);
    if (!checked.ok) return { status: 'invalid', errors: checked.errors };
    const body = checked.value;
    const address = this.#addressOf(body);
    const payload = payloadBytes(body);
    if ('path' in address || 'problem' in payload) {
      const errors = ['path' in address ? [address] : [], this.payloadFaults(body)].flat();
      return { status: 'invalid', errors };
    }
    const { brokerId, topic } = address;
    const properties = propertiesOf(body);
    const { clock, publish } = this.#deps;
    const at = clock.wallMs();
    const { qos, retain } = body;
    const result = await publish(brokerId, {
      topic,
      payload,
      qos,
      retain,
      ...(properties && { properties }),
    });
    if (!result.sent) return { status: 'not_sent', reason: result.reason };
    return { status: 'sent', brokerId, topic, id: result.id ?? null, at, note: result.note ?? null };
  }

  #addressOf({
    broker_id,
    subscription_id,
    topic,
  }: MessageBody): { brokerId: string; topic: string } | Finding {
    const { brokers, subscriptions } = this.#deps;
    const subscription = subscription_id === null ? null : subscriptions.one(subscription_id);
    if (subscription_id !== null && !subscription) {
      return { path: 'subscription_id', message: 'is no subscription that there is' };
    }
    if (subscription && broker_id !== null && broker_id !== subscription.brokerId) {
      return {
        path: 'broker_id',
        message: `is not the broker of the subscription: ${subscription.brokerId}`,
      };
    }
    const brokerId = subscription?.brokerId ?? broker_id ?? brokers.defaultId();
    if (brokerId === null) return { path: 'broker_id', message: 'is needed: there is no main broker' };
    if (!brokers.has(brokerId)) return { path: 'broker_id', message: 'is no broker that there is' };
    const filter = subscription?.topic ?? null;
    if (topic !== null) {
      if (filter === null || topicMatches(filter, topic)) return { brokerId, topic };
      return { path: 'topic', message: `does not match the topic of the subscription: ${filter}` };
    }
    if (filter === null) return { path: 'topic', message: 'is needed, or a subscription_id' };
    if (isWildcard(filter)) return { path: 'topic', message: `is needed: ${filter} has wildcards` };
    if (filter.startsWith('$')) return { path: 'topic', message: `nothing can be sent to ${filter}` };
    return { brokerId, topic: filter };
  }
}
