import assert from 'node:assert/strict';
import type { Browser, BrowserContextOptions, Locator, Page } from '@playwright/test';
import { connectAsync, type MqttClient } from 'mqtt';
import { type StandInOdoo, startStandInOdoo } from '../../simulator/stand-in-odoo.ts';
import { eventually, RunningBridge, temporaryFolder } from '../e2e/running-bridge.ts';
import { type Mosquitto, startMosquitto } from '../mosquitto.ts';
import { launchBrowser } from './browser.ts';
import { LANGUAGES, type Language, type Words, wordsOf } from './console-words.ts';

export const TOKEN = 'the-token-of-the-browser-tests';
export const VIEW_TOKEN = 'the-view-token-of-the-browser-tests';
export const DESK = { width: 1440, height: 900 };
export const PHONE = { width: 390, height: 844 };
const WAIT_MS = 10_000;

export type Heard = { topic: string; payload: string };
export type Visit = { page: Page; t: Words; language: Language };
type VisitOptions = BrowserContextOptions & {
  /** null: nobody has logged in. */
  token?: string | null;
};

/** Sessions begin and end within half a second. */
export const QUICK = {
  standby_threshold_w: 5,
  working_threshold_w: 50,
  start_debounce_s: 0.1,
  stop_debounce_s: 0.2,
  message_timeout_s: 60,
  heartbeat_interval_s: 0,
};

/** A machine that takes plain numbers on `meters/<id>`. */
export const machine = (id: string, name: string, more: object = {}) => ({
  device_id: id,
  machine_name: name,
  mqtt_topic: `meters/${id}`,
  parser_type: 'generic',
  session_config: QUICK,
  ...more,
});

/** The real bridge between a broker and a stand-in Odoo, a client on that broker, and a browser. */
export class ConsoleStage {
  readonly browser: Browser;
  readonly broker: Mosquitto;
  readonly odoo: StandInOdoo;
  readonly heard: Heard[] = [];
  bridge!: RunningBridge;
  readonly #client: MqttClient;
  readonly #folder = temporaryFolder();
  readonly #environment: Record<string, string>;

  private constructor(browser: Browser, broker: Mosquitto, odoo: StandInOdoo, client: MqttClient) {
    this.browser = browser;
    this.broker = broker;
    this.odoo = odoo;
    this.#client = client;
    client.on('message', (topic, payload) => this.heard.push({ topic, payload: payload.toString() }));
    client.on('error', () => undefined);
    this.#environment = {
      MQTT_URL: broker.url,
      ODOO_BASE_URL: odoo.url,
      BRIDGE_API_TOKEN: TOKEN,
      BRIDGE_VIEW_TOKEN: VIEW_TOKEN,
      EMBEDDED_BROKER: 'off',
      EVENT_MAX_RETRIES: '1',
    };
  }

  /** @param environment of the bridge, besides the broker, Odoo and the tokens */
  static async start(
    devices: readonly object[],
    environment: Record<string, string> = {},
  ): Promise<ConsoleStage> {
    const broker = await startMosquitto();
    const [browser, odoo, client] = await Promise.all([
      launchBrowser(),
      startStandInOdoo({ now: Date.now }),
      connectAsync(broker.url),
    ]);
    const stage = new ConsoleStage(browser, broker, odoo, client);
    await stage.run(environment, { devices });
    return stage;
  }

  /** Runs the bridge, with the files of the one before. */
  async run(environment: Record<string, string> = {}, configuration?: object): Promise<void> {
    const all = { ...this.#environment, ...environment };
    this.bridge = await RunningBridge.start(this.#folder.path, all, configuration);
    await eventually('the broker is connected', async () =>
      (await this.bridge.health()).mqtt_connected ? true : null,
    );
  }

  async end(): Promise<void> {
    await this.browser.close();
    await this.bridge.end('SIGKILL');
    await this.#client.endAsync(true);
    await this.odoo.close();
    await this.broker.stop();
    this.#folder.remove();
  }

  /** Publishes as a meter does; resolved when the broker has it. */
  publish = async (topic: string, payload: string | number | object): Promise<void> => {
    const text = typeof payload === 'object' ? JSON.stringify(payload) : String(payload);
    await this.#client.publishAsync(topic, text, { qos: 1 });
  };

  /** What arrives at another client of the broker is in `heard` from now on. */
  listen = async (filter: string): Promise<void> => {
    await this.#client.subscribeAsync(filter, { qos: 1 });
  };

  /** Waits until another client has got it `times`. */
  received = (topic: string, payload: string, times = 1): Promise<true> =>
    eventually(`${payload} on ${topic}`, () => {
      const found = this.heard.filter((one) => one.topic === topic && one.payload === payload);
      return found.length >= times ? true : null;
    });

  /** Asks the API, or tells it. @throws when it refuses */
  async api<T>(path: string, method = 'GET', body?: object): Promise<T> {
    const init = body
      ? { method, body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
      : { method };
    const answer = await this.bridge.request(path, init);
    assert.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${answer.text}`);
    return answer.body as T;
  }

  /** A session of the machine, from the first reading until it is over and on disk. */
  async playSession(id: string, watts = 120): Promise<void> {
    const ended = () =>
      this.api<{ sessions: unknown[] }>(`/api/sessions?device_id=${id}&open=false&limit=500`).then(
        ({ sessions }) => sessions.length,
      );
    const before = await ended();
    await this.publish(`meters/${id}`, watts);
    await eventually('a session begins', async () => {
      const { state } = await this.api<{ state: string }>(`/api/devices/${id}`);
      return state === 'working' || state === 'standby' ? true : null;
    });
    await this.publish(`meters/${id}`, 0);
    await eventually('the session ends', async () => ((await ended()) > before ? true : null));
  }

  /**
   * Opens `path` in a browser of its own that wishes for `language`, and closes it afterwards. A script that fails,
   * a dialog, or something that the page may not do makes the test fail.
   */
  async visit(
    path: string,
    language: Language,
    act: (visit: Visit) => Promise<void>,
    { token = TOKEN, ...options }: VisitOptions = {},
  ): Promise<void> {
    const { locale, timezoneId } = LANGUAGES.find((one) => one.language === language) ?? LANGUAGES[0];
    const context = await this.browser.newContext({ viewport: DESK, locale, timezoneId, ...options });
    context.setDefaultTimeout(WAIT_MS);
    if (token !== null) {
      const answer = await context.request.post(`${this.bridge.url}/api/login`, { data: { token } });
      assert.equal(answer.status(), 200);
    }
    const page = await context.newPage();
    const faults: string[] = [];
    page.on('pageerror', (error) => faults.push(String(error)));
    page.on('dialog', (dialog) => {
      faults.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on('console', (message) => {
      if (/Content Security Policy/.test(message.text())) faults.push(message.text());
    });
    try {
      await page.goto(new URL(path, this.bridge.url).href);
      await act({ page, t: wordsOf(language), language });
      assert.deepEqual(faults, []);
    } finally {
      await context.close();
    }
  }
}

/** A button by its whole name. */
export const button = (within: Page | Locator, name: string) =>
  within.getByRole('button', { name, exact: true });

/** Waits for the sentence that says how a change went. */
export const notice = (page: Page, text: string | RegExp) =>
  page.getByRole('status').getByText(text).first().waitFor();

/** Clicks a button that asks, and says yes. */
export async function confirmed(page: Page, name: string): Promise<void> {
  await button(page, name).click();
  await button(page.getByRole('dialog', { name }), name).click();
}

/** Chooses in a list that opens: a combobox, not a `<select>`. */
export async function choose(page: Page, label: string, option: string): Promise<void> {
  await page.getByRole('combobox', { name: label, exact: true }).click();
  await page.getByRole('option', { name: option, exact: true }).click();
}
