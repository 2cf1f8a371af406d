import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from '@playwright/test';
import { connectMeters } from '../e2e/rig.ts';
import { eventually, RunningBridge, temporaryFolder } from '../e2e/running-bridge.ts';
import { launchBrowser } from './browser.ts';

const TOKEN = 'a-token-for-the-browser-test';
const SCRIPT = '<img src=x onerror="document.title=1">';

let browser: Browser;
before(async () => {
  browser = await launchBrowser();
});
after(() => browser.close());

/** A page that fails the test when a script of it fails or something is blocked. */
async function open(
  url: string,
  size = { width: 1440, height: 900 },
): Promise<{ page: Page; faults: string[] }> {
  const page = await browser.newPage({ viewport: size });
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => {
    if (/Content Security Policy/.test(message.text())) faults.push(message.text());
  });
  await page.goto(url);
  return { page, faults };
}

const texts = (page: Page, selector: string) => page.locator(selector).allTextContents();

describe('the demo in a browser', () => {
  const folder = temporaryFolder();
  let bridge: RunningBridge;
  before(async () => {
    bridge = await RunningBridge.start(
      folder.path,
      { EMBEDDED_MQTT_PORT: '0', LOG_FORMAT: 'json' },
      undefined,
      ['--demo'],
    );
  });
  after(async () => {
    assert.equal(await bridge.end('SIGINT'), 0);
    folder.remove();
  });

  test('shows six machines, and sessions that ended, within a minute', async () => {
    const { page, faults } = await open(bridge.url);
    await page.locator('.tile').nth(5).waitFor();
    assert.equal((await texts(page, '.tile .name')).length, 6);
    await page.locator('#sessions td.reason', { hasText: 'power off' }).first().waitFor({ timeout: 60_000 });
    await page
      .locator('.tile .chip', { hasText: /Working|Standby/ })
      .first()
      .waitFor({ timeout: 20_000 });
    assert.deepEqual(faults, []);
    await page.close();
  });

  for (const [width, height] of [
    [1440, 900],
    [390, 844],
  ] as const) {
    test(`fits ${width} px, light and dark`, async () => {
      for (const colorScheme of ['light', 'dark'] as const) {
        const { page } = await open(bridge.url, { width, height });
        await page.emulateMedia({ colorScheme });
        await page.locator('.tile').first().waitFor();
        const overflow = await page.evaluate(
          'document.documentElement.scrollWidth - document.documentElement.clientWidth',
        );
        assert.equal(overflow, 0);
        await page.close();
      }
    });
  }
});

describe('the page of a bridge with a token', () => {
  const folder = temporaryFolder();
  const environment = {
    BRIDGE_API_TOKEN: TOKEN,
    EMBEDDED_MQTT_PORT: '0',
    EMBEDDED_ALLOW_ANONYMOUS: 'true',
    EMBEDDED_MQTT_HOST: '127.0.0.1',
  };
  const configuration = {
    devices: [{ device_id: 'saw', machine_name: SCRIPT, mqtt_topic: 'saw/power', parser_type: 'generic' }],
  };
  let bridge: RunningBridge;
  before(async () => {
    bridge = await RunningBridge.start(folder.path, environment, configuration);
  });
  after(async () => {
    await bridge.end();
    folder.remove();
  });

  test('asks for the token, refuses a wrong one, and lets the right one in', async () => {
    const { page, faults } = await open(bridge.url);
    const dialog = page.locator('#login');
    await dialog.waitFor({ state: 'visible' });
    await page.fill('#token', 'wrong');
    await page.click('#login-form button[type=submit]');
    await eventually('a word about the wrong token', async () =>
      (await page.textContent('#login-note')) === '' ? null : true,
    );
    assert.equal(await dialog.isVisible(), true);
    await page.fill('#token', TOKEN);
    await page.click('#login-form button[type=submit]');
    await page.locator('.tile').first().waitFor();
    assert.deepEqual(faults, []);
    await page.close();
  });

  test('shows what a device says as text, and heals when the bridge was away', async (t) => {
    const { page, faults } = await open(bridge.url);
    await page.fill('#token', TOKEN);
    await page.click('#login-form button[type=submit]');
    await page.locator('.tile').first().waitFor();
    assert.equal(await page.textContent('.tile .name'), SCRIPT);
    const { mqtt: port } = await bridge.logged('embedded_broker_started');
    const meters = await connectMeters(t, `mqtt://127.0.0.1:${port}`, { protocolVersion: 4 });
    await meters.publish('saw/power', '{"power": "<script>document.title=2</script>"}');
    await meters.publish('saw/power', '42.5');
    await page.locator('.tile .value', { hasText: '42.5' }).waitFor();
    assert.equal(await page.title(), 'IoT Bridge');

    const { port: httpPort } = new URL(bridge.url);
    await meters.close();
    await bridge.end('SIGKILL');
    await page.locator('#link', { hasText: /lost/i }).waitFor();
    bridge = await RunningBridge.start(folder.path, { ...environment, BRIDGE_PORT: httpPort }, configuration);
    await page.locator('#login').waitFor({ state: 'visible', timeout: 20_000 });
    await page.fill('#token', TOKEN);
    await page.click('#login-form button[type=submit]');
    await page.locator('#link', { hasText: /live/i }).waitFor({ timeout: 20_000 });
    assert.deepEqual(faults, []);
    await page.close();
  });
});
