import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { always } from '../../simulator/stand-in-faults.ts';
import { eventually } from '../e2e/running-bridge.ts';
import { ALL_PAGES, loaded } from './console-pages.ts';
import { button, ConsoleStage, machine, PHONE } from './console-rig.ts';
import { LANGUAGES, PAGES_OF_WORDS, type Words } from './console-words.ts';

const SCRIPT_BYTES_MAX = 250_000;
const PATHS = ALL_PAGES('saw');
/** What opens over or beside a page, by the words of its button. */
const OPENED: [path: string, button: string][] = [
  ['/messages', 'messages.new'],
  ['/service', 'service.add_broker'],
  ['/service', 'service.add_subscription'],
  ['/service', 'service.stop'],
  ['/devices', 'devices.make'],
  ['/devices?tab=templates', 'devices.template_make'],
  ['/flows', 'flows.add'],
  ['/delivery', 'delivery.send_all_again'],
];

let stage: ConsoleStage;
before(async () => {
  stage = await ConsoleStage.start([
    machine('saw', 'Format saw in the back hall'),
    machine('mill', 'Mill'),
    machine('press', 'Press'),
  ]);
  await stage.api('/api/subscriptions', 'POST', { broker_id: 'main', topic: 'hall/#' });
  await stage.api('/api/devices/saw/attributes', 'PUT', { firmware: '1.2.3', level_percent: 48.5 });
  await stage.api('/api/templates', 'POST', { name: 'Series', defaults: { mqtt_topic: 'made/{device_id}' } });
  await stage.api('/api/flows', 'POST', {
    name: 'Coolant',
    when: { topic: 'hall/+/coolant' },
    do: [{ publish: { topic: 'lamp', body: '"ON"' } }],
  });
  await stage.publish('hall/a/very/long/topic/that/has/many/levels/and/no/place/to/break', 'x'.repeat(300));
  await stage.playSession('saw');
  stage.odoo.set(always({ status: 400, body: '{"status":"error","message":"no such machine"}' }));
  await stage.publish('meters/mill', 60);
  await eventually('events are parked', async () =>
    Number((await stage.bridge.health()).events_parked) > 1 ? true : null,
  );
});
after(() => stage.end());

/** What axe holds to be serious, each with where it is. */
async function findings(page: Page, colorScheme: 'light' | 'dark'): Promise<string[]> {
  // There are no frames: it need not open a page of its own each time.
  const axe = new AxeBuilder({ page }).setLegacyMode(true).options({ resultTypes: ['violations'] });
  // Only colours are others in the dark.
  if (colorScheme === 'dark') axe.withRules('color-contrast');
  const { violations } = await axe.analyze();
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`));
}

async function open(page: Page, t: Words, path: string, word: string): Promise<void> {
  await page.goto(stage.bridge.url + path);
  await loaded(page);
  await button(page, t(word)).first().click();
  await page.getByRole('dialog').or(page.getByRole('complementary')).first().waitFor();
}

/** Looks at every page, and at what opens on it. */
async function lookAtAll(page: Page, t: Words, look: (place: string) => Promise<void>): Promise<void> {
  for (const path of PATHS) {
    await page.goto(stage.bridge.url + path);
    await loaded(page);
    await look(path);
  }
  for (const [path, word] of OPENED) {
    await open(page, t, path, word);
    await look(`${path}, ${word}`);
  }
}

test('axe finds nothing serious on any page, light or dark', () =>
  stage.visit(
    '/',
    'en',
    async ({ page, t }) => {
      const all: string[] = [];
      const look = async (place: string) => {
        for (const colorScheme of ['light', 'dark'] as const) {
          await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
          const found = await findings(page, colorScheme);
          all.push(...found.map((finding) => `${place}, ${colorScheme}: ${finding}`));
        }
      };
      await lookAtAll(page, t, look);
      assert.deepEqual(all, []);
    },
    { reducedMotion: 'reduce' },
  ));

for (const { language } of LANGUAGES) {
  test(`every page fits a phone, and has its words, ${language}`, () =>
    stage.visit(
      '/',
      language,
      async ({ page, t }) => {
        const wide: string[] = [];
        const look = async (place: string) => {
          const width = await page.evaluate('document.documentElement.scrollWidth');
          if (width !== PHONE.width) wide.push(`${place}: ${width} px`);
          const text = await page.locator('body').innerText();
          const key = new RegExp(`\\b(${PAGES_OF_WORDS.join('|')})\\.[a-z]+_[a-z_]+|\\{\\{`).exec(text);
          assert.equal(key, null, `${place} shows ${key?.[0]}`);
        };
        await lookAtAll(page, t, look);
        assert.deepEqual(wide, []);
      },
      { viewport: PHONE, hasTouch: true, isMobile: true },
    ));
}

test('the overview loads less than 250 kB of compressed scripts', () =>
  stage.visit('about:blank', 'en', async ({ page }) => {
    const sizes: Promise<number>[] = [];
    page.on('requestfinished', (request) => {
      if (!request.url().endsWith('.js')) return;
      sizes.push(request.sizes().then(({ responseBodySize }) => responseBodySize));
    });
    await page.goto(stage.bridge.url);
    await page.getByRole('link', { name: 'Mill' }).getByText('60.0 W').waitFor();
    const sum = (await Promise.all(sizes)).reduce((a, b) => a + b, 0);
    assert.ok(sum > SCRIPT_BYTES_MAX / 10 && sum < SCRIPT_BYTES_MAX, `${sum} bytes`);
  }));
