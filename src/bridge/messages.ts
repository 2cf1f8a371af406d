import { messageView } from '../api/message-view.ts';
import type { AttributeChange } from '../model/attribute.ts';
import type { Message, OutgoingMessage } from '../model/message.ts';
import type { Direction, KeptMessage } from '../model/message-record.ts';
import type { Late } from './late.ts';
import type { Live } from './live.ts';
import type { Reception } from './reception.ts';
import type { Stores } from './stores.ts';
import type { Surroundings } from './surroundings.ts';

const DEVICE_API = 'messages/';
/** Attributes have a history of their own. */
const ATTRIBUTES = /^messages\/[^/]+\/attribute(\/server)?$/;

/** The device in `messages/{device_id}/…`; null: another topic. */
function deviceOf(topic: string): string | null {
  if (!topic.startsWith(DEVICE_API)) return null;
  const end = topic.indexOf('/', DEVICE_API.length);
  return end > DEVICE_API.length ? topic.slice(DEVICE_API.length, end) : null;
}

export type MessagesPart = { stores: Stores; live: Live; reception: Reception };

/** What becomes of messages, besides readings. */
export function createMessages(
  { stores: { history }, live, reception }: MessagesPart,
  late: Late,
  { clock }: Surroundings,
) {
  let parts: ReturnType<Late> | null = null;

  function show(
    id: number,
    direction: Direction,
    about: Omit<KeptMessage, 'id' | 'direction' | 'bytes'>,
  ): void {
    const kept = { ...about, id, direction, bytes: about.payload.length };
    live.message(about.topic, about.deviceId, () => messageView(kept, 'auto'));
  }

  return {
    /**
     * @param machine the machine that listens to its topic; null: none
     * @returns the attributes that it sets
     */
    received(message: Message, brokerId: string, machine: string | null): readonly AttributeChange[] {
      const { topic } = message;
      const ofDevice = deviceOf(topic);
      const deviceId = machine ?? ofDevice;
      parts ??= late();
      const { identities, flows, found, messaging } = parts;
      const isPassing = machine === null && reception.isPassing(brokerId, topic);
      if (!isPassing && (ofDevice === null || !ATTRIBUTES.test(topic))) {
        const id = history.received(message, brokerId, { deviceId, measured: machine !== null });
        if (live.feed.listened) {
          const { receivedAt: at, qos, retained: retain, payload, properties = null } = message;
          show(id, 'in', { at, brokerId, topic, deviceId, qos, retain, payload, properties });
        }
      }
      messaging.requests.heard(message, brokerId);
      flows.message(message, brokerId, deviceId);
      found.discovery.heard(message, brokerId, machine !== null);
      return ofDevice === null ? [] : identities.intake.read(message);
    },

    /** @returns its id in the history */
    sent(message: OutgoingMessage, brokerId: string): number {
      const { topic, qos, retain, payload, properties = null } = message;
      const deviceId = deviceOf(topic);
      const id = history.sent(message, brokerId, deviceId);
      if (live.feed.listened) {
        const at = clock.wallMs();
        show(id, 'out', { at, brokerId, topic, deviceId, qos, retain, payload, properties });
      }
      return id;
    },
  };
}
export type Messages = ReturnType<typeof createMessages>;
