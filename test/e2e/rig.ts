import type { TestContext } from 'node:test';
import { connectAsync } from 'mqtt';
import { type StandInOdoo, startStandInOdoo } from '../../simulator/stand-in-odoo.ts';
import type { BridgeEvent } from '../../src/model/event.ts';
import { type Mosquitto, startMosquitto } from '../mosquitto.ts';
import { eventually, RunningBridge, temporaryFolder } from './running-bridge.ts';
import { Wire } from './wire.ts';

type SessionConfig = { [field: string]: number };

const ends = new WeakMap<TestContext, (() => unknown)[]>();

/** Does `end` when the test is over, the last one first: `t.after` does the first one first. */
export function atEnd(t: TestContext, end: () => unknown): void {
  const known = ends.get(t);
  if (known) {
    known.push(end);
    return;
  }
  const stack = [end];
  ends.set(t, stack);
  t.after(async () => {
    for (const next of stack.toReversed()) await next();
  });
}

/** A configured device whose topic takes plain numbers (W) or `{"power": W, "energy": kWh}`. */
export function genericDevice(id: string, sessionConfig: SessionConfig, more: object = {}) {
  return {
    device_id: id,
    mqtt_topic: `meters/${id}`,
    parser_type: 'generic',
    session_config: sessionConfig,
    ...more,
  };
}

/** A client that publishes as devices do: QoS 1, resolved when the broker has it. */
export async function connectMeters(t: TestContext, url: string, options: object = {}) {
  const client = await connectAsync(url, { reconnectPeriod: 0, ...options });
  client.on('error', () => undefined);
  atEnd(t, () => client.endAsync(true));
  return {
    /** @param payload text, a number in W, or an object that becomes JSON */
    async publish(topic: string, payload: string | number | object): Promise<void> {
      const text = typeof payload === 'object' ? JSON.stringify(payload) : String(payload);
      await client.publishAsync(topic, text, { qos: 1 });
    },
    /** Lets go of a broker that is about to end. */
    close: () => client.endAsync(true),
  };
}
type Meters = Awaited<ReturnType<typeof connectMeters>>;

/** The events of one device in the order in which Odoo got them; without `types` those of its sessions. */
export function eventsOf(
  odoo: StandInOdoo,
  deviceId: string,
  types: readonly string[] = ['session_started', 'session_stopped', 'session_timeout'],
): BridgeEvent[] {
  const events = odoo.events() as unknown as BridgeEvent[];
  return events.filter((event) => event.device_id === deviceId && types.includes(event.event_type));
}

/** An event as `session_stopped normal`: its type, and its reason or the state it began in. */
export function inWords({ event_type: type, payload }: BridgeEvent): string {
  if (type === 'session_started') return `${type} ${(payload as { state: string }).state}`;
  return 'reason' in payload ? `${type} ${payload.reason}` : type;
}

/** Waits until Odoo has `count` events of the device's sessions, and gives them. */
export function sessionEvents(
  odoo: StandInOdoo,
  deviceId: string,
  count: number,
  timeoutMs = 15_000,
): Promise<BridgeEvent[]> {
  return eventually(
    `${count} session events of ${deviceId}`,
    () => {
      const events = eventsOf(odoo, deviceId);
      return events.length >= count ? events : null;
    },
    timeoutMs,
  );
}

/** The end of a session, or a failed test. */
export function endOf(event: BridgeEvent | undefined) {
  if (event?.event_type === 'session_stopped' || event?.event_type === 'session_timeout') return event;
  throw new Error(`not the end of a session: ${JSON.stringify(event)}`);
}

/** The state of one machine, as the API shows it. */
export async function stateOf(bridge: RunningBridge, deviceId: string): Promise<string | undefined> {
  const { body } = await bridge.request('/api/devices');
  const { devices } = body as { devices: { device_id: string; state: string }[] };
  return devices.find((device) => device.device_id === deviceId)?.state;
}

export type Rig = {
  broker: Mosquitto;
  odoo: StandInOdoo;
  bridge: RunningBridge;
  /** Between bridge and broker; the meters are not behind it. */
  wire: Wire;
  meters: Meters;
  dataDir: string;
  environment: Record<string, string>;
};

/**
 * A broker, a stand-in Odoo and a bridge between them, with `devices` in force; all of it ends with the test.
 * @param options.lines of the broker's configuration
 */
export async function startRig(
  t: TestContext,
  devices: readonly object[],
  options: { lines?: readonly string[]; environment?: Record<string, string> } = {},
): Promise<Rig> {
  const folder = temporaryFolder();
  atEnd(t, () => folder.remove());
  const broker = await startMosquitto(options.lines);
  atEnd(t, () => broker.stop());
  const wire = await Wire.to(broker.port);
  atEnd(t, () => wire.close());
  const odoo = await startStandInOdoo({ now: Date.now });
  atEnd(t, () => odoo.close());
  const environment = {
    MQTT_URL: `mqtt://127.0.0.1:${wire.port}`,
    ODOO_BASE_URL: odoo.url,
    ...options.environment,
  };
  const bridge = await startBridge(t, folder.path, environment, { devices });
  const meters = await connectMeters(t, broker.url);
  return { broker, odoo, bridge, wire, meters, dataDir: folder.path, environment };
}

/** A bridge that is connected to its broker and ends with the test. */
export async function startBridge(
  t: TestContext,
  dataDir: string,
  environment: Record<string, string>,
  configuration?: object,
): Promise<RunningBridge> {
  const bridge = RunningBridge.spawn(dataDir, environment, configuration);
  atEnd(t, () => bridge.end('SIGKILL'));
  await bridge.ready();
  await connected(bridge);
  return bridge;
}

/** Waits until messages can come in. */
export async function connected(bridge: RunningBridge, timeoutMs = 15_000): Promise<void> {
  await eventually(
    'MQTT connected',
    async () => ((await bridge.health()).mqtt_connected ? true : null),
    timeoutMs,
  );
}

/** Waits; only where time itself is the matter. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, Math.max(0, ms));
  });
}
