import { isUtf8 } from 'node:buffer';

/** Types of the packets a client may send (MQTT 3.1.1, 2.2.1). */
export const PACKET = {
  connect: 1,
  publish: 3,
  puback: 4,
  pubrec: 5,
  pubrel: 6,
  pubcomp: 7,
  subscribe: 8,
  suback: 9,
  unsubscribe: 10,
  pingreq: 12,
  disconnect: 14,
} as const;

export const packetType = (packet: Buffer): number => (packet[0] ?? 0) >> 4;

/** Reads the fields of a packet; after a read beyond the end, or of bad text, `broken` is true. */
class Fields {
  broken = false;
  readonly #packet: Buffer;
  #at: number;

  constructor(packet: Buffer) {
    this.#packet = packet;
    // The reader of frames made sure that the remaining length is complete.
    this.#at = 1;
    while ((packet[this.#at++] ?? 0) >= 0x80);
  }

  get left(): number {
    return this.#packet.length - this.#at;
  }

  #take(count: number): Buffer {
    if (count > this.left) this.broken = true;
    const taken = this.#packet.subarray(this.#at, this.#at + count);
    this.#at += count;
    return taken;
  }

  byte(): number {
    return this.#take(1)[0] ?? 0;
  }

  uint16(): number {
    const high = this.byte();
    return high * 256 + this.byte();
  }

  /** A variable length as in the fixed header. */
  length(): number {
    let value = 0;
    for (let i = 0; i < 4; i++) {
      const byte = this.byte();
      value += (byte & 0x7f) * 128 ** i;
      if (byte < 0x80) return value;
    }
    this.broken = true;
    return 0;
  }

  skip(count: number): void {
    this.#take(count);
  }

  bytes(): Buffer {
    return this.#take(this.uint16());
  }

  /** Text must be well-formed UTF-8 without NUL (1.5.3). */
  text(): string {
    const bytes = this.bytes();
    if (!isUtf8(bytes) || bytes.includes(0)) this.broken = true;
    return bytes.toString('utf8');
  }
}

/** What a client asks for when it connects. */
export type ConnectRequest = {
  /** 3 is MQTT 3.1, 4 is 3.1.1, 5 is 5; others do not exist. */
  version: number;
  clientId: string;
  username: string | null;
  password: string | null;
  clean: boolean;
  will: { topic: string; payload: Buffer; qos: 0 | 1 | 2; retain: boolean } | null;
};

/** Reads a CONNECT packet; null when it is malformed. Of MQTT 5 and unknown versions only the version and the client id. */
export function readConnect(packet: Buffer): ConnectRequest | null {
  if (packet[0] !== PACKET.connect << 4) return null;
  const fields = new Fields(packet);
  const name = fields.text();
  const version = fields.byte();
  if (fields.broken || name !== (version === 3 ? 'MQIsdp' : 'MQTT')) return null;
  const flags = fields.byte();
  const nothing = { version, username: null, password: null, clean: true, will: null };
  fields.uint16();
  if (version !== 3 && version !== 4) {
    if (version === 5) fields.skip(fields.length());
    const clientId = version === 5 ? fields.text() : '';
    return { ...nothing, clientId: fields.broken ? '' : clientId };
  }
  const clientId = fields.text();
  const willQos = (flags >> 3) & 3;
  const hasWill = (flags & 0x04) !== 0;
  const badFlags =
    (flags & 0x01) !== 0 ||
    willQos === 3 ||
    (!hasWill && (flags & 0x38) !== 0) ||
    ((flags & 0x40) !== 0 && (flags & 0x80) === 0);
  const will = hasWill
    ? {
        topic: fields.text(),
        payload: fields.bytes(),
        qos: willQos as 0 | 1 | 2,
        retain: (flags & 0x20) !== 0,
      }
    : null;
  if (will && !isTopicName(will.topic)) return null;
  const username = (flags & 0x80) !== 0 ? fields.text() : null;
  const password = (flags & 0x40) !== 0 ? fields.bytes().toString('utf8') : null;
  if (badFlags || fields.broken || fields.left !== 0) return null;
  return { ...nothing, clientId, username, password, clean: (flags & 0x02) !== 0, will };
}

const isTopicName = (topic: string) => topic !== '' && !/[#+]/.test(topic);
const isTopicFilter = (filter: string) =>
  filter !== '' &&
  filter
    .split('/')
    .every((level, i, levels) =>
      level === '#' ? i === levels.length - 1 : level === '+' || !/[#+]/.test(level),
    );

/** The filters of a SUBSCRIBE packet, with its packet identifier; null when it is malformed. */
export function readSubscribe(packet: Buffer): { messageId: number; filters: string[] } | null {
  const fields = new Fields(packet);
  const messageId = fields.uint16();
  const filters: string[] = [];
  do {
    const filter = fields.text();
    if (fields.byte() > 2 || !isTopicFilter(filter)) return null;
    filters.push(filter);
  } while (fields.left > 0 && !fields.broken);
  return fields.broken || messageId === 0 ? null : { messageId, filters };
}

function isPublish(packet: Buffer, flags: number): boolean {
  const qos = (flags >> 1) & 3;
  const fields = new Fields(packet);
  const topic = fields.text();
  const needsId = qos > 0 && fields.uint16() === 0;
  return qos < 3 && !(qos === 0 && (flags & 8) !== 0) && !fields.broken && !needsId && isTopicName(topic);
}

function isUnsubscribe(packet: Buffer): boolean {
  const fields = new Fields(packet);
  const messageId = fields.uint16();
  do {
    if (!isTopicFilter(fields.text())) return false;
  } while (fields.left > 0 && !fields.broken);
  return messageId !== 0 && !fields.broken;
}

function isAcknowledgement(packet: Buffer): boolean {
  return packet.length === 4 && packet.readUInt16BE(2) !== 0;
}

/** Whether `packet` is one that a connected client may send, well-formed to the last byte (MQTT 3.1.1, 3). */
export function isClientPacket(packet: Buffer): boolean {
  const flags = (packet[0] ?? 0) & 0x0f;
  switch (packetType(packet)) {
    case PACKET.publish:
      return isPublish(packet, flags);
    case PACKET.puback:
    case PACKET.pubrec:
    case PACKET.pubcomp:
      return flags === 0 && isAcknowledgement(packet);
    case PACKET.pubrel:
      return flags === 2 && isAcknowledgement(packet);
    case PACKET.subscribe:
      return flags === 2 && readSubscribe(packet) !== null;
    case PACKET.unsubscribe:
      return flags === 2 && isUnsubscribe(packet);
    case PACKET.pingreq:
    case PACKET.disconnect:
      return flags === 0 && packet.length === 2;
    default:
      return false;
  }
}
