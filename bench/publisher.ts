import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connectPacket, type Machines, publishPacket, type Stretch, statusOf, topicOf } from './load.ts';
import { sharedMs } from './machine.ts';
import { serve } from './worker.ts';

/** Plays the machines: writes packets that were made before, as fast as the broker takes them, or at a pace. */
const CHUNK_BYTES = 65_536;
/** Most QoS 1 messages that the broker has not answered yet. */
const WINDOW = 8000;
const MESSAGE_IDS = 65_535;
const PACE_MS = 10;

type Chunk = { bytes: Buffer; messages: number };

let socket: Socket | null = null;
/** QoS 1 messages. */
let published = 0;
let acknowledged = 0;
let onAcknowledged: () => void = () => undefined;
let chunks: Chunk[] = [];
let paced: NodeJS.Timeout | null = null;

function wire(): Socket {
  if (!socket) throw new Error('not connected');
  return socket;
}

/** The minute as a device knows it. */
const thisMinute = () => Math.floor(Date.now() / 60_000);

/** What comes from the broker is CONNACK, and then PUBACKs of 4 bytes each. */
async function connectTo({ port, clientId }: { port: number; clientId: string }): Promise<void> {
  socket = connect({ port, host: '127.0.0.1', noDelay: true });
  socket.write(connectPacket(clientId));
  let bytes = 0;
  await once(socket, 'data');
  socket.on('data', (data) => {
    bytes += data.length;
    acknowledged = Math.floor(bytes / 4);
    onAcknowledged();
  });
}

function prepare({ machines, stretch }: { machines: Machines; stretch: Stretch }): { payloadBytes: number } {
  chunks = [];
  const minute = thisMinute();
  let packets: Buffer[] = [];
  let bytes = 0;
  const cut = () => {
    chunks.push({ bytes: Buffer.concat(packets, bytes), messages: packets.length });
    packets = [];
    bytes = 0;
  };
  for (let number = stretch.from; number < stretch.from + stretch.count; number++) {
    const topic = topicOf(machines, number % machines.devices);
    const id = ((number - stretch.from) % MESSAGE_IDS) + 1;
    const packet = publishPacket(topic, statusOf(machines, number, minute), stretch.qos, id);
    packets.push(packet);
    bytes += packet.length;
    if (bytes >= CHUNK_BYTES) cut();
  }
  if (packets.length > 0) cut();
  return { payloadBytes: statusOf(machines, stretch.from, minute).length };
}

/** Resolves when at most `outstandingMax` messages are not answered yet. */
function answered(outstandingMax: number): Promise<void> {
  return new Promise((resolve) => {
    onAcknowledged = () => {
      if (published - acknowledged <= outstandingMax) resolve();
    };
    onAcknowledged();
  });
}

/** Sends what was prepared. @returns when the first byte left, on the shared clock */
async function send({ qos }: { qos: 0 | 1 }): Promise<{ beganAt: number; endedAt: number }> {
  const beganAt = sharedMs();
  for (const { bytes, messages } of chunks) {
    if (qos > 0) {
      published += messages;
      await answered(WINDOW);
    }
    if (!wire().write(bytes)) await once(wire(), 'drain');
  }
  if (qos > 0) await answered(0);
  chunks = [];
  return { beganAt, endedAt: sharedMs() };
}

/** Publishes one message. @returns when, on the shared clock */
function publish({ topic, payload }: { topic: string; payload: string }): number {
  const packet = publishPacket(topic, payload, 0, 0);
  const at = sharedMs();
  wire().write(packet);
  return at;
}

/** Sends `perSecond` statuses a second until `rest`. */
function pace({ machines, perSecond }: { machines: Machines; perSecond: number }): void {
  const beganAt = sharedMs();
  let number = 0;
  paced = setInterval(() => {
    const due = ((sharedMs() - beganAt) / 1000) * perSecond;
    const packets: Buffer[] = [];
    for (; number < due; number++) {
      const topic = topicOf(machines, number % machines.devices);
      packets.push(publishPacket(topic, statusOf(machines, number, thisMinute()), 0, 0));
    }
    wire().write(Buffer.concat(packets));
  }, PACE_MS);
}

function rest(): void {
  if (paced) clearInterval(paced);
  paced = null;
}

const calls = { connectTo, prepare, send, publish, pace, rest };
export type PublisherCalls = typeof calls;
serve(calls);
