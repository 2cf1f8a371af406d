import { messageView } from '../api/message-view.ts';
import type { AttributeChange } from '../model/attribute.ts';
import type { Message, OutgoingMessage } from '../model/message.ts';
import type { Late } from './late.ts';
import type { Live } from './live.ts';
import type { Reception } from './reception.ts';
import type { Stores } from './stores.ts';
import type { Surroundings } from './surroundings.ts';

/** The device in `messages/{device_id}/…`. */
const DEVICE_API = /^messages\/([^/]+)\//;
/** Attributes have a history of their own. */
const ATTRIBUTES = /^messages\/[^/]+\/attribute(\/server)?$/;

export type MessagesPart = { stores: Stores; live: Live; reception: Reception };

/** What becomes of messages, besides readings. */
export function createMessages(
  { stores: { history }, live, reception }: MessagesPart,
  late: Late,
  { clock }: Surroundings,
) {
  return {
    /**
     * @param machine the machine that listens to its topic; null: none
     * @returns the attributes that it sets
     */
    received(message: Message, brokerId: string, machine: string | null): readonly AttributeChange[] {
      const { topic } = message;
      const ofDevice = DEVICE_API.exec(topic)?.[1] ?? null;
      const deviceId = machine ?? ofDevice;
      const { identities, flows, found, messaging } = late();
      const isPassing = machine === null && reception.isPassing(brokerId, topic);
      if (!isPassing && !ATTRIBUTES.test(topic)) {
        const id = history.received(message, brokerId, { deviceId, measured: machine !== null });
        const { receivedAt: at, qos, retained: retain, payload, properties = null } = message;
        const bytes = payload.length;
        const kept = { at, brokerId, direction: 'in' as const, topic, deviceId, qos, retain, bytes, payload };
        live.message(topic, deviceId, () => messageView({ id, ...kept, properties }, 'auto'));
      }
      messaging.requests.heard(message, brokerId);
      flows.message(message, brokerId, deviceId);
      found.discovery.heard(message, brokerId, machine !== null);
      return ofDevice === null ? [] : identities.intake.read(message);
    },

    /** @returns its id in the history */
    sent(message: OutgoingMessage, brokerId: string): number | null {
      const at = clock.wallMs();
      const { topic, qos, retain, payload, properties = null } = message;
      const deviceId = DEVICE_API.exec(topic)?.[1] ?? null;
      const id = history.sent(message, brokerId, deviceId);
      const bytes = payload.length;
      const kept = { at, brokerId, direction: 'out' as const, topic, deviceId, qos, retain, bytes, payload };
      live.message(topic, deviceId, () => messageView({ id, ...kept, properties }, 'auto'));
      return id;
    },
  };
}
export type Messages = ReturnType<typeof createMessages>;
