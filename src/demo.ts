import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { realClock } from '../simulator/clock.ts';
import { faultsByChance } from '../simulator/stand-in-faults.ts';
import { startStandInOdoo } from '../simulator/stand-in-odoo.ts';
import { startWorkshop, type Workshop, workshopConfiguration } from '../simulator/workshop.ts';
import type { Clock } from './platform/clock.ts';

const MQTT_PORT = 1883;
const HTTP_PORT = '8080';
const API_KEY = 'demo-key';
/** What a person may still choose for the demo. */
const OWN_VARIABLES = [
  'BRIDGE_PORT',
  'EMBEDDED_MQTT_PORT',
  'LOG_LEVEL',
  'LOG_FORMAT',
  'EVENT_TYPES',
] as const;
/** Odoo is busy, restarting, or answers and is not heard: often enough to be seen, seldom enough to catch up. */
const ODOO_FAULTS = { 503: 0.05, html: 0.02, 'drop-after': 0.05, 'drop-before': 0.03 };

export type Demo = Awaited<ReturnType<typeof startDemo>>;

/** Whether `port` can be had on this machine. */
function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}

/** What the demo has besides the bridge: a stand-in Odoo, machines, and a folder that goes away with it. */
export async function startDemo(clock: Clock, random: () => number) {
  const folder = mkdtempSync(join(tmpdir(), 'iot-bridge-demo-'));
  const seed = Math.floor(random() * 2 ** 31);
  const odoo = await startStandInOdoo({
    now: () => clock.wallMs(),
    apiKey: API_KEY,
    faults: faultsByChance(seed, ODOO_FAULTS),
  });
  const port = (await isFree(MQTT_PORT)) ? MQTT_PORT : 0;
  const ended = new AbortController();
  let workshop: Workshop | null = null;
  return {
    /** Settings of the demo, by the variables' names; `environment` may choose ports and log. */
    settings(environment: Record<string, string | undefined>): Record<string, string> {
      const chosen = OWN_VARIABLES.flatMap((name) => {
        const value = environment[name];
        return value ? [[name, value] as const] : [];
      });
      return {
        DATA_DIR: folder,
        BRIDGE_HOST: '127.0.0.1',
        BRIDGE_PORT: HTTP_PORT,
        BRIDGE_AUTH: 'off',
        EMBEDDED_BROKER: 'on',
        EMBEDDED_MQTT_HOST: '127.0.0.1',
        EMBEDDED_MQTT_PORT: String(port),
        EMBEDDED_ALLOW_ANONYMOUS: 'true',
        ODOO_BASE_URL: odoo.url,
        ODOO_API_KEY: API_KEY,
        CONFIG_MODE: 'push',
        LOG_FORMAT: 'text',
        ...Object.fromEntries(chosen),
      };
    },
    initial: { path: 'demo', configuration: workshopConfiguration() },
    /** Lets the machines run against the bridge's broker. */
    begin(mqttPort: number, onProblem: (problem: string) => void): void {
      const mqttUrl = `mqtt://127.0.0.1:${mqttPort}`;
      workshop = startWorkshop({ mqttUrl, random, clock: realClock(), signal: ended.signal, onProblem });
    },
    async stopMachines(): Promise<void> {
      await workshop?.stop();
    },
    async stop(): Promise<void> {
      ended.abort();
      await workshop?.stop();
      await odoo.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
