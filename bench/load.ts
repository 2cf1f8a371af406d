/**
 * What the benchmark's machines send: statuses of a Shelly PM Mini Gen3, each one different. A machine is on
 * for half of its period and off for the other half; the machines are out of step with each other.
 */
export type Machines = {
  /** One letter that keeps the topics of one subject of the benchmark apart from those of the others. */
  group: string;
  devices: number;
  /** Messages of one machine from one switching on to the next. */
  period: number;
};

/** `count` messages in turn over the machines, beginning with message number `from` of the whole load. */
export type Stretch = { from: number; count: number; qos: 0 | 1 };

/** How fast a machine's counter grows per message; so little that no rate makes the detector doubt it. */
const STEP_WH = 0.0002;

export function topicPrefix({ group }: Machines, device: number): string {
  return `shellypmminig3-${group}${device.toString(16).padStart(11, '0')}`;
}

export function topicOf(machines: Machines, device: number): string {
  return `${topicPrefix(machines, device)}/status/pm1:0`;
}

function isOn({ devices, period }: Machines, device: number, turn: number): boolean {
  const phase = Math.floor((device * period) / devices);
  return (turn + phase) % period >= period / 2;
}

/** How many sessions begin or end by a stretch: each is one event. A machine is off before its first message. */
export function sessionEvents(machines: Machines, { from, count }: Stretch): number {
  let events = 0;
  for (let i = from; i < from + count; i++) {
    const device = i % machines.devices;
    const turn = Math.floor(i / machines.devices);
    const before = turn > 0 && isOn(machines, device, turn - 1);
    if (isOn(machines, device, turn) !== before) events++;
  }
  return events;
}

/** The status that message number `number` of the load carries, about 240 bytes. */
export function statusOf(machines: Machines, number: number, minute: number): string {
  const device = number % machines.devices;
  const turn = Math.floor(number / machines.devices);
  const jitter = ((number * 2_654_435_761) % 1000) / 1000;
  const on = isOn(machines, device, turn);
  const powerW = on ? 80 + 40 * jitter : 1.5 * jitter;
  const voltage = 229 + 3 * jitter;
  return JSON.stringify({
    id: 0,
    voltage: Number(voltage.toFixed(1)),
    current: Number((powerW / voltage).toFixed(3)),
    apower: Number(powerW.toFixed(1)),
    freq: Number((49.98 + 0.04 * jitter).toFixed(2)),
    aenergy: {
      total: Number((100_000 + device + turn * STEP_WH).toFixed(3)),
      by_minute: [1310.221, 1298.774 + Number(jitter.toFixed(3)), 1302.118],
      minute_ts: minute * 60,
    },
    ret_aenergy: { total: 0, by_minute: [0, 0, 0], minute_ts: minute * 60 },
  });
}

/** A PUBLISH of MQTT 3.1.1. */
export function publishPacket(topic: string, payload: string, qos: 0 | 1, messageId: number): Buffer {
  const topicBytes = Buffer.byteLength(topic);
  const length = 2 + topicBytes + (qos > 0 ? 2 : 0) + Buffer.byteLength(payload);
  const head = length < 128 ? 2 : 3;
  if (length >= 128 * 128) throw new RangeError('longer than this benchmark needs');
  const packet = Buffer.allocUnsafe(head + length);
  packet[0] = 0x30 | (qos << 1);
  packet[1] = length < 128 ? length : (length & 127) | 128;
  if (length >= 128) packet[2] = length >> 7;
  packet.writeUInt16BE(topicBytes, head);
  packet.write(topic, head + 2);
  if (qos > 0) packet.writeUInt16BE(messageId, head + 2 + topicBytes);
  packet.write(payload, head + length - Buffer.byteLength(payload));
  return packet;
}

/** A CONNECT of MQTT 3.1.1: clean session, no login, no keep-alive. */
export function connectPacket(clientId: string): Buffer {
  const id = Buffer.from(clientId);
  const variable = Buffer.from([0, 4, 0x4d, 0x51, 0x54, 0x54, 4, 2, 0, 0, id.length >> 8, id.length & 255]);
  return Buffer.concat([Buffer.from([0x10, variable.length + id.length]), variable, id]);
}
