import type { Settings } from '../config/settings.ts';
import { MessageHistory } from '../messages/history.ts';
import type { AttributeChange } from '../model/attribute.ts';
import type { Message } from '../model/message.ts';
import type { Identities } from './identities.ts';
import type { Stores } from './stores.ts';
import type { Surroundings } from './surroundings.ts';

const DEVICE_API = 'messages/';
/** Attributes have a history of their own. */
const ATTRIBUTES = /^messages\/[^/]+\/attribute(\/server)?$/;

/** What becomes of messages to `messages/{device_id}/…`, besides readings. */
export function createDeviceApi(
  stores: Stores,
  identities: () => Pick<Identities, 'intake'>,
  { clock, log, metrics }: Surroundings,
) {
  const history = new MessageHistory({ table: stores.messages, clock, log, metrics });
  return {
    /** @returns the attributes that it sets */
    receive(message: Message, link: string, measured: boolean): readonly AttributeChange[] {
      if (!message.topic.startsWith(DEVICE_API)) return [];
      if (!ATTRIBUTES.test(message.topic)) history.received(message, link, measured);
      return identities().intake.read(message);
    },
    sent: (packet: { topic: string; payload: Buffer; qos: number; retain: boolean }) =>
      history.sent(packet, 'embedded'),
    stop: () => history.flush(),
  };
}

/** What the hooks of a broker of one's own need; null: they are off. */
export function hooksOf({ brokerHookToken, mqtt }: Settings, { tokens, registry }: Identities) {
  if (brokerHookToken === undefined) return null;
  const { username, password } = mqtt ?? {};
  return {
    token: brokerHookToken,
    own: username !== undefined && password !== undefined ? { username, password } : null,
    deviceOf: (token: string) => tokens.deviceOf(token),
    access: (deviceId: string) => registry.access(deviceId),
  };
}
