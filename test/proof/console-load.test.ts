import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { CDPSession, Page } from '@playwright/test';
import { connectAsync } from 'mqtt';
import { launchBrowser } from '../browser/browser.ts';
import { atEnd, genericDevice, pause } from '../e2e/rig.ts';
import { RunningBridge, temporaryFolder } from '../e2e/running-bridge.ts';

const SECONDS = Number(process.env.LOAD_SECONDS ?? 600);
const MACHINES = 1000;
const PERIOD_MS = 1000;
const TICK_MS = 50;
const SAMPLE_S = Math.min(60, SECONDS / 4);
const FRAMES_PER_S_MIN = 30;
/** What the readings of the last minutes and the engine's own caches may take. */
const GROWTH_MB_MAX = 8;

/** Counts frames from now on. */
const COUNT_FRAMES = `(() => {
  window.frames_seen = 0;
  const next = () => { window.frames_seen++; requestAnimationFrame(next); };
  requestAnimationFrame(next);
})()`;

/** A bridge with `MACHINES` machines, each of which tells its power every second. */
async function startBridge(t: TestContext): Promise<string> {
  const folder = temporaryFolder();
  atEnd(t, () => folder.remove());
  const ids = Array.from({ length: MACHINES }, (_, i) => `d${i}`);
  const devices = ids.map((id) => genericDevice(id, { start_debounce_s: 1 }));
  const environment = {
    BRIDGE_AUTH: 'off',
    EMBEDDED_BROKER: 'on',
    EMBEDDED_MQTT_HOST: '127.0.0.1',
    EMBEDDED_MQTT_PORT: '0',
    EMBEDDED_ALLOW_ANONYMOUS: 'true',
  };
  const bridge = await RunningBridge.start(folder.path, environment, { devices });
  atEnd(t, () => bridge.end('SIGKILL'));
  const url = `mqtt://127.0.0.1:${Number((await bridge.logged('embedded_broker_started')).mqtt)}`;
  const client = await connectAsync(url, { reconnectPeriod: 0 });
  const parts = PERIOD_MS / TICK_MS;
  let tick = 0;
  const timer = setInterval(() => {
    for (let i = tick % parts; i < devices.length; i += parts) {
      const powerW = ((tick + 37 * i) % 400) + (tick % 10) / 10;
      client.publish(devices[i]?.mqtt_topic ?? '', JSON.stringify({ power: powerW }));
    }
    tick++;
  }, TICK_MS);
  atEnd(t, async () => {
    clearInterval(timer);
    await client.endAsync(true);
  });
  return bridge.url;
}

/** The heap of the page without garbage. */
async function heapMb(session: CDPSession): Promise<number> {
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  return usedSize / 1e6;
}

/** Frames a second over `seconds`. */
async function frames(page: Page, seconds: number): Promise<number> {
  const before = Number(await page.evaluate('window.frames_seen'));
  const began = performance.now();
  await pause(seconds * 1000);
  const seen = Number(await page.evaluate('window.frames_seen')) - before;
  return seen / ((performance.now() - began) / 1000);
}

test(`the overview of ${MACHINES} live machines stays fluent and does not grow in ${SECONDS} s`, async (t) => {
  const url = await startBridge(t);
  const browser = await launchBrowser();
  atEnd(t, () => browser.close());
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, bypassCSP: true });
  const page = await context.newPage();
  await page.goto(url);
  await page.locator(`main ul li:nth-child(${MACHINES})`).waitFor({ state: 'attached', timeout: 60_000 });
  await page.evaluate(COUNT_FRAMES);
  const session = await context.newCDPSession(page);
  await session.send('HeapProfiler.enable');
  // Curves and lists fill up first.
  await pause(Math.min(SAMPLE_S, 30) * 1000);
  const rates: number[] = [];
  const heaps = [await heapMb(session)];
  for (let s = 0; s < SECONDS; s += SAMPLE_S) {
    rates.push(await frames(page, SAMPLE_S));
    heaps.push(await heapMb(session));
  }
  t.diagnostic(`frames a second: ${rates.map((rate) => rate.toFixed(0)).join(' ')}`);
  t.diagnostic(`heap in MB: ${heaps.map((mb) => mb.toFixed(1)).join(' ')}`);
  assert.ok(Math.min(...rates) > FRAMES_PER_S_MIN, `${Math.min(...rates)} frames a second`);
  const half = Math.floor(heaps.length / 2);
  const growth = Math.min(...heaps.slice(half)) - Math.min(...heaps.slice(0, half));
  assert.ok(growth < GROWTH_MB_MAX, `the heap grew by ${growth} MB`);
});
