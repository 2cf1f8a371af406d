import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Browser, BrowserContext, Page } from '@playwright/test';
import { type Ask, furnish } from '../../console/fake-bridge/furnish.ts';
import { eventually, RunningBridge, temporaryFolder } from '../e2e/running-bridge.ts';
import { launchBrowser } from './browser.ts';
import { capture, indexOf, SIZES } from './picture.ts';
import { PLACES, type Place } from './screenshot-places.ts';

/**
 * Writes every page of the console to docs/console/, wide and narrow, light and dark: `npm run screenshots`.
 * SCREENSHOTS_URL takes a bridge that runs, SCREENSHOTS_LANGUAGE another language, SCREENSHOTS_FOLDER another
 * folder, SCREENSHOTS_ONLY one place.
 */
const { SCREENSHOTS_URL, SCREENSHOTS_ONLY, SCREENSHOTS_LANGUAGE: LANGUAGE = 'en' } = process.env;
const FOLDER = process.env.SCREENSHOTS_FOLDER ?? join(import.meta.dirname, '..', '..', 'docs', 'console');
const SCHEMES = ['light', 'dark'] as const;
type Look = { size: keyof typeof SIZES; scheme: (typeof SCHEMES)[number] };
/** The machines have worked for a while by then, so that curves and lists are no stubs. */
const WARM_MS = 150_000;
const SESSIONS_MIN = 8;
/** Charts and figures that come by the stream. */
const SETTLE_MS = 1500;

/** Run in the page. */
const IS_LOADED = `!document.querySelector('main [aria-busy="true"], main .mantine-Skeleton-root')`;
const TOO_WIDE_PX = `(() => {
  const [main, root] = [document.getElementById('page'), document.documentElement];
  return Math.max(root.scrollWidth - innerWidth, main.scrollWidth - main.clientWidth);
})()`;

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

/** A second configuration, so that there is a history of them. */
async function reconfigure(ask: Ask): Promise<void> {
  const { devices, ...rest } = (await ask('GET', '/config')) as { devices: Record<string, unknown>[] };
  for (const device of devices) if (device.device_id === 'lathe') device.machine_name = 'Lathe 1';
  await ask('POST', '/config', { ...rest, devices });
}

/** A demo with something on every page. */
async function startDemo(folder: string): Promise<RunningBridge> {
  const bridge = await RunningBridge.start(
    folder,
    { EMBEDDED_MQTT_PORT: '0', LOG_FORMAT: 'json' },
    undefined,
    ['--demo'],
  );
  const ask = asking(bridge.url);
  await furnish(ask);
  await reconfigure(ask);
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
  await page.waitForFunction(IS_LOADED);
  await wait(SETTLE_MS);
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
  const wider = Number(await page.evaluate(TOO_WIDE_PX));
  if (wider > 0) process.stdout.write(`${name} is ${wider} px too wide\n`);
  writeFileSync(join(FOLDER, name), await capture(page));
  await page.close();
}

async function shootAll(browser: Browser, url: string): Promise<void> {
  const places = PLACES.filter(({ name }) => SCREENSHOTS_ONLY === undefined || name === SCREENSHOTS_ONLY);
  const looks = Object.keys(SIZES).flatMap((size) => SCHEMES.map((scheme) => ({ size, scheme }) as Look));
  await Promise.all(
    looks.map(async ({ size, scheme }) => {
      const context = await browser.newContext({
        viewport: SIZES[size],
        colorScheme: scheme,
        locale: LANGUAGE,
        // What this script asks the page is evaluated there, which the bridge's policy forbids.
        bypassCSP: true,
      });
      for (const place of places) await shoot(context, url, place, `${place.name}-${size}-${scheme}.webp`);
      await context.close();
    }),
  );
}

function writeIndex(): void {
  const heading =
    '# The console in pictures\n\nAll of them are taken anew by `npm run screenshots`, from the demo.\n';
  const { text, files } = indexOf(heading, PLACES, SCHEMES);
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
