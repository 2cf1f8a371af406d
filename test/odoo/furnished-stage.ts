import type { TestContext } from 'node:test';
import type { Browser } from '@playwright/test';
import { connectAsync, type MqttClient } from 'mqtt';
import { launchBrowser } from '../browser/browser.ts';
import { atEnd } from '../e2e/rig.ts';
import { freePort } from '../mosquitto.ts';
import { EVENT_TOKEN, Stage } from './stage.ts';
import { furnish } from './workshop.ts';

export type Scene = { stage: Stage; browser: Browser; client: MqttClient };

/** The workshop in a real Odoo, its machines in the bridge, a client on the bridge's broker, and a browser. */
export async function furnishedStage(t: TestContext): Promise<Scene> {
  // The same after the service was stopped.
  const port = await freePort();
  const stage = await Stage.start(t, { EMBEDDED_MQTT_PORT: String(port) });
  const browser = await launchBrowser();
  atEnd(t, () => browser.close());
  const client = await connectAsync(`mqtt://127.0.0.1:${port}`);
  atEnd(t, () => client.endAsync());
  await furnish(stage.odoo, EVENT_TOKEN, Date.now());
  await stage.bridgeHas('the machines', (devices) => devices.size === 4);
  return { stage, browser, client };
}
