import assert from 'node:assert/strict';
import { test } from 'node:test';
import { atEnd } from '../e2e/rig.ts';
import { RunningBridge, temporaryFolder } from '../e2e/running-bridge.ts';
import { launchBrowser } from './browser.ts';
import { wordsOf } from './console-words.ts';

test('the demo shows six machines without a token, and a session that ended within a minute', async (t) => {
  const words = wordsOf('en');
  const folder = temporaryFolder();
  atEnd(t, () => folder.remove());
  const environment = { EMBEDDED_MQTT_PORT: '0', LOG_FORMAT: 'json' };
  const bridge = await RunningBridge.start(folder.path, environment, undefined, ['--demo']);
  atEnd(t, async () => assert.equal(await bridge.end('SIGINT'), 0));
  const browser = await launchBrowser();
  atEnd(t, () => browser.close());
  const page = await browser.newPage({ locale: 'en-GB' });
  await page.goto(bridge.url);
  const tiles = page.getByRole('main').locator('a[href^="/machines/"]');
  await tiles.nth(5).waitFor();
  assert.equal(await tiles.count(), 6);
  const states = ['working', 'standby'].map((state) => words(`machine_states.${state}`));
  await tiles
    .filter({ hasText: new RegExp(states.join('|')) })
    .first()
    .waitFor();
  await page
    .getByRole('navigation')
    .getByRole('link', { name: words('shell.sessions') })
    .click();
  const ended = page.getByRole('cell', { name: words('sessions.reason_normal') });
  const more = page.getByRole('button', { name: words('sessions.fresh', { count: 1 }) });
  await ended.or(more).first().waitFor({ timeout: 60_000 });
});
