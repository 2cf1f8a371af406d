import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Browser, BrowserContext, Page } from '@playwright/test';
import { type Ask, furnish } from '../../console/fake-bridge/furnish.ts';
import { eventually, RunningBridge, temporaryFolder } from '../e2e/running-bridge.ts';
import { launchBrowser } from './browser.ts';
import { indexOf, PLACES, type Place } from './screenshot-places.ts';

/**
 * Writes every page of the console to docs/console/, wide and narrow, light and dark: `npm run screenshots`.
 * SCREENSHOTS_URL takes a bridge that runs, SCREENSHOTS_LANGUAGE another language, SCREENSHOTS_FOLDER another
 * folder, SCREENSHOTS_ONLY one place.
 */
const { SCREENSHOTS_URL, SCREENSHOTS_ONLY, SCREENSHOTS_LANGUAGE: LANGUAGE = 'en' } = process.env;
const FOLDER = process.env.SCREENSHOTS_FOLDER ?? join(import.meta.dirname, '..', '..', 'docs', 'console');
const SIZES = { wide: { width: 1440, height: 900 }, narrow: { width: 390, height: 844 } } as const;
const SCHEMES = ['light', 'dark'] as const;
const QUALITY = 60;
/** The machines have worked for a while by then, so that curves and lists are no stubs. */
const WARM_MS = 150_000;
const SESSIONS_MIN = 8;
/** Charts and figures that come by the stream. */
const SETTLE_MS = 1500;

const asking =
  (url: string): Ask =>
  async (method, path, body) => {
    const response = await fetch(url + path, {
      method,
      ...(body !== undefined && {
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json' },
      }),
    });
    const answer = (await response.json()) as Record<string, unknown>;
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${JSON.stringify(answer)}`);
    return answer;
  };

/** A demo with something on every page. */
async function startDemo(folder: string): Promise<RunningBridge> {
  const bridge = await RunningBridge.start(folder, { EMBEDDED_MQTT_PORT: '0' }, undefined, ['--demo']);
  const ask = asking(bridge.url);
  await furnish(ask);
  process.stdout.write('The machines work for a while …\n');
  await wait(WARM_MS);
  await eventually(
    'sessions',
    async () => {
      const { sessions } = (await ask('GET', '/api/sessions?open=false')) as { sessions: unknown[] };
      return sessions.length >= SESSIONS_MIN ? true : null;
    },
    WARM_MS,
  );
  return bridge;
}

async function settled(page: Page): Promise<void> {
  await page.locator('main [aria-busy="true"]').waitFor({ state: 'detached' });
  await wait(SETTLE_MS);
}

/** WebP, which Playwright does not write by itself. */
async function capture(page: Page): Promise<Buffer> {
  const session = await page.context().newCDPSession(page);
  const { data } = await session.send('Page.captureScreenshot', { format: 'webp', quality: QUALITY });
  await session.detach();
  return Buffer.from(data, 'base64');
}

async function shoot(context: BrowserContext, url: string, place: Place, name: string): Promise<void> {
  const page = await context.newPage();
  await page.goto(url + place.path);
  await page.locator('main h1').first().waitFor();
  await settled(page);
  if (place.open) {
    await page.locator(place.open).first().click();
    await settled(page);
  }
  const wider = await page.evaluate(() => {
    const [main, root] = [document.getElementById('page'), document.documentElement];
    return Math.max(root.scrollWidth - innerWidth, (main?.scrollWidth ?? 0) - (main?.clientWidth ?? 0));
  });
  if (wider > 0) process.stdout.write(`${name} is ${wider} px too wide\n`);
  writeFileSync(join(FOLDER, name), await capture(page));
  await page.close();
}

async function shootAll(browser: Browser, url: string): Promise<void> {
  const places = PLACES.filter(({ name }) => SCREENSHOTS_ONLY === undefined || name === SCREENSHOTS_ONLY);
  for (const [size, viewport] of Object.entries(SIZES)) {
    for (const colorScheme of SCHEMES) {
      const context = await browser.newContext({ viewport, colorScheme, locale: LANGUAGE });
      for (const place of places) {
        await shoot(context, url, place, `${place.name}-${size}-${colorScheme}.webp`);
      }
      await context.close();
    }
  }
}

function writeIndex(): void {
  const { text, files } = indexOf(Object.keys(SIZES), SCHEMES);
  writeFileSync(join(FOLDER, 'README.md'), text);
  const bytes = files.reduce((sum, file) => sum + statSync(join(FOLDER, file)).size, 0);
  process.stdout.write(`${files.length} pictures, ${(bytes / 1e6).toFixed(1)} MB, are in ${FOLDER}\n`);
}

const folder = temporaryFolder();
const bridge = SCREENSHOTS_URL ? null : await startDemo(folder.path);
const browser = await launchBrowser();
try {
  const isAll = SCREENSHOTS_ONLY === undefined;
  if (isAll) rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
  await shootAll(browser, SCREENSHOTS_URL ?? bridge?.url ?? '');
  if (isAll) writeIndex();
} finally {
  await browser.close();
  await bridge?.end('SIGINT');
  folder.remove();
}
