import type { TestContext } from 'node:test';
import { atEnd } from '../e2e/rig.ts';
import { eventually, RunningBridge, temporaryFolder } from '../e2e/running-bridge.ts';
import { RealOdoo } from './real-odoo.ts';

export const EVENT_TOKEN = 'the-token-that-the-bridge-shows-to-odoo';
export const API_TOKEN = 'the-token-that-odoo-shows-to-the-bridge';
/** What Odoo itself says in a test environment, and what a test does to it. */
export const OWN_WARNINGS =
  /Running as user 'root'|Running as user "root"|unaccent|wkhtmltopdf|Courier|Thread <Thread|bus\.Bus|deprecat/i;

/** A real Odoo 18 with the add-on, and a real bridge that knows it. */
export class Stage {
  readonly odoo: RealOdoo;
  readonly #folder = temporaryFolder();
  readonly #environment: Record<string, string>;
  bridge!: RunningBridge;

  private constructor(odoo: RealOdoo, environment: Record<string, string>) {
    this.odoo = odoo;
    this.#environment = {
      ODOO_BASE_URL: odoo.url,
      ODOO_API_KEY: EVENT_TOKEN,
      BRIDGE_API_TOKEN: API_TOKEN,
      EMBEDDED_MQTT_PORT: '0',
      EMBEDDED_MQTT_HOST: '127.0.0.1',
      EMBEDDED_ALLOW_ANONYMOUS: 'true',
      ...environment,
    };
  }

  /** @param options `isPushing`: whether Odoo knows where the bridge is */
  static async start(
    t: TestContext,
    environment: Record<string, string> = {},
    { isPushing = true } = {},
  ): Promise<Stage> {
    const odoo = await RealOdoo.install('open_workshop_mqtt');
    atEnd(t, () => odoo.end());
    const stage = new Stage(odoo, environment);
    atEnd(t, () => stage.#folder.remove());
    await odoo.start();
    await stage.runBridge();
    atEnd(t, async () => void (await stage.bridge.end('SIGKILL')));
    await stage.set('event_token', EVENT_TOKEN);
    await stage.set('bridge_token', API_TOKEN);
    if (isPushing) await stage.set('bridge_url', stage.bridge.url);
    return stage;
  }

  /** Runs the bridge, always at the same address, with the files of the one before. */
  async runBridge(): Promise<void> {
    const port = this.bridge ? { BRIDGE_PORT: new URL(this.bridge.url).port } : {};
    this.bridge = await RunningBridge.start(this.#folder.path, { ...this.#environment, ...port });
  }

  /** Sets a system parameter of the add-on. */
  async set(name: string, value: string): Promise<void> {
    await this.odoo.call('ir.config_parameter', 'set_param', [`open_workshop_mqtt.${name}`, value]);
  }

  /** The configuration that is in force in the bridge, by device. */
  async configured(): Promise<Map<string, Record<string, unknown>>> {
    const { body } = await this.bridge.request('/config');
    const { devices } = body as { devices: { device_id: string }[] };
    return new Map(devices.map((device) => [device.device_id, device]));
  }

  /** Waits until the bridge's devices are those of `look`. */
  async bridgeHas(
    what: string,
    look: (devices: Map<string, Record<string, unknown>>) => boolean,
  ): Promise<void> {
    await eventually(what, async () => (look(await this.configured()) ? true : null), 15_000);
  }
}
