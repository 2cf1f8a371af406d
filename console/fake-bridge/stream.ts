import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { liveMachine, sessionItem } from './live-answers.ts';
import { cyclesOf, powerAt, type ScriptedMachine, stateAt } from './machines.ts';
import type { Item, Memory } from './memory.ts';

const TICK_MS = 1000;
const HEALTH_TICKS = 15;
/** How long the stand-in for Odoo takes. */
const DELIVERY_MS = 800;

type Tell = (kind: string, data: unknown) => void;

function tellEvent(tell: Tell, type: string, machine: ScriptedMachine, nowMs: number): void {
  const event = { event_uid: randomUUID(), event_type: type, device_id: machine.deviceId };
  tell('event', { ...event, state: 'pending', at: new Date(nowMs).toISOString() });
  const deliver = () => tell('event', { ...event, state: 'delivered', at: new Date().toISOString() });
  setTimeout(deliver, DELIVERY_MS).unref();
}

/** What has happened to a machine since a second ago. */
function tellChanges(tell: Tell, memory: Memory, machine: ScriptedMachine, nowMs: number): void {
  const beforeMs = nowMs - TICK_MS;
  const [from, to] = [stateAt(machine, beforeMs), stateAt(machine, nowMs)];
  const { deviceId } = machine;
  if (from === to) return;
  const device = memory.items('/api/devices').find(({ device_id: id }) => id === deviceId);
  const now = { ...device, ...liveMachine(machine, nowMs) };
  tell('state', { device_id: deviceId, at: new Date(nowMs).toISOString(), from, to, machine: now });
  const ended = cyclesOf(machine, beforeMs, beforeMs + 1)[0];
  const begun = cyclesOf(machine, nowMs, nowMs + 1)[0];
  if (ended?.sessionId === begun?.sessionId) return;
  if (ended) {
    tell('session', { ...sessionItem(machine, ended, nowMs), change: 'closed' });
    tellEvent(tell, 'session_ended', machine, nowMs);
  }
  if (begun) {
    tell('session', { ...sessionItem(machine, begun, nowMs), change: 'opened' });
    tellEvent(tell, 'session_started', machine, nowMs);
  }
}

function messageOf({ deviceId }: ScriptedMachine, powerW: number, nowMs: number): Item {
  const payload = JSON.stringify({ apower: powerW });
  return {
    id: nowMs,
    at: new Date(nowMs).toISOString(),
    broker_id: 'embedded',
    direction: 'in',
    topic: `messages/${deviceId}/telemetry`,
    device_id: deviceId,
    qos: 1,
    retain: false,
    bytes: payload.length,
    payload,
    payload_format: 'text',
    truncated: false,
    properties: null,
  };
}

/** Tells what the scripted machines do, until the page leaves. */
export function streamTo(response: ServerResponse, url: URL, memory: Memory): void {
  const kinds = url.searchParams.get('kinds')?.split(',');
  const devices = url.searchParams.getAll('device_id');
  const tell: Tell = (kind, data) => {
    if (kind !== 'hello' && kinds && !kinds.includes(kind)) return;
    response.write(`event: ${kind}\ndata: ${JSON.stringify(data)}\n\n`);
  };
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  const version = memory.answer('/health')?.version;
  tell('hello', { at: new Date().toISOString(), version });
  tell('health', memory.answer('/health'));
  let ticks = 0;
  const timer = setInterval(() => {
    const nowMs = Date.now();
    const isRunning = memory.answer('/api/service')?.status !== 'stopped';
    const machines = memory
      .machines()
      .filter(({ deviceId }) => isRunning && (devices.length === 0 || devices.includes(deviceId)));
    const at = new Date(nowMs).toISOString();
    const readings = machines.map((one) => ({
      device_id: one.deviceId,
      at,
      power_w: powerAt(one, nowMs),
      voltage_v: 230,
    }));
    if (readings.length > 0) tell('reading', readings);
    for (const machine of machines) {
      tell('message', messageOf(machine, powerAt(machine, nowMs), nowMs));
      tellChanges(tell, memory, machine, nowMs);
    }
    if (++ticks % HEALTH_TICKS === 0) tell('health', memory.answer('/health'));
  }, TICK_MS);
  response.on('close', () => clearInterval(timer));
}
