import { RunningBridge, temporaryFolder } from '../test/e2e/running-bridge.ts';
import { startMosquitto } from '../test/mosquitto.ts';
import { type Machines, topicOf } from './load.ts';
import { pidOfChild } from './machine.ts';
import type { OdooCalls } from './odoo.ts';
import type { PublisherCalls } from './publisher.ts';
import { Worker } from './worker.ts';

/** A Mosquitto that drops nothing: a slow reader's messages wait in its memory. */
const MOSQUITTO = ['allow_anonymous true', 'max_queued_messages 0', 'max_inflight_messages 1000'];

/** The machines as the bridge is told about them; no deadline of theirs but the debounces falls into a run. */
export function configurationOf(machines: Machines) {
  const devices = Array.from({ length: machines.devices }, (_, device) => ({
    device_id: `${machines.group}-${device}`,
    machine_name: `Machine ${device}`,
    mqtt_topic: topicOf(machines, device),
    parser_type: 'shelly_pm',
    offline_timeout_s: 86_400,
    session_config: {
      standby_threshold_w: 5,
      working_threshold_w: 50,
      start_debounce_s: 0,
      stop_debounce_s: 0,
      message_timeout_s: 3600,
      heartbeat_interval_s: 3600,
    },
  }));
  return { devices };
}

/** Most events of a batch, as our add-on offers them. */
export const BATCH_MAX = 200;

/** How often a bridge is asked for its counts: each answer costs it a millisecond or two. */
const LOOK_MS = 100;
const WAIT_MAX_MS = 120_000;

/** Waits until `isSo`. */
export async function until(what: string, isSo: () => Promise<boolean>, lookMs = LOOK_MS): Promise<void> {
  const deadline = performance.now() + WAIT_MAX_MS;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`${what}: not within ${WAIT_MAX_MS / 1000} s`);
    await pause(lookMs);
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

/** What the bridge has counted. */
export async function countsOf(bridge: RunningBridge): Promise<{ received: number; read: number }> {
  const { text } = await bridge.request('/metrics');
  const value = (name: string) => Number(new RegExp(`^iot_bridge_${name} (\\d+)`, 'm').exec(text)?.[1] ?? 0);
  return { received: value('mqtt_received_total'), read: value('detect_readings_total') };
}

export async function isReady(bridge: RunningBridge): Promise<boolean> {
  return (await bridge.request('/ready')).status === 200;
}

/** A broker, a stand-in Odoo, a publisher and a place for a bridge, each in a process of its own. */
export async function openScene() {
  const folder = temporaryFolder();
  const broker = await startMosquitto(MOSQUITTO);
  const brokerPid = pidOfChild('mosquitto');
  const odoo = new Worker<OdooCalls>(new URL('./odoo.ts', import.meta.url));
  const publisher = new Worker<PublisherCalls>(new URL('./publisher.ts', import.meta.url));
  const odooUrl = await odoo.ask('start', { batchMax: BATCH_MAX });
  await publisher.ask('connectTo', { port: broker.port, clientId: 'machines' });
  let bridge: RunningBridge | null = null;
  return {
    broker,
    brokerPid,
    odoo,
    publisher,
    /** Starts the bridge, again on the same data after `stopBridge`. @returns it, ready for messages */
    async startBridge(configuration?: object): Promise<RunningBridge> {
      const environment = {
        MQTT_URL: broker.url,
        ODOO_BASE_URL: odooUrl,
        // For profiles: --cpu-prof --cpu-prof-dir=/somewhere
        NODE_OPTIONS: process.env.BENCH_NODE_OPTIONS ?? '',
      };
      const started = RunningBridge.spawn(folder.path, environment, configuration);
      bridge = started;
      await started.ready();
      await until('bridge ready', () => isReady(started), 10);
      return started;
    },
    async stopBridge(): Promise<void> {
      await bridge?.end();
      bridge = null;
    },
    async close(): Promise<void> {
      await bridge?.end();
      await Promise.all([odoo.end(), publisher.end()]);
      await broker.stop();
      folder.remove();
    },
  };
}
export type Scene = Awaited<ReturnType<typeof openScene>>;
