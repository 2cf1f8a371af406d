import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { Browser } from '@playwright/test';
import { capture, indexOf, SIZES } from '../browser/picture.ts';
import { furnishedStage } from './furnished-stage.ts';
import { OdooPages } from './odoo-pages.ts';
import { PASSWORD, type RealOdoo } from './real-odoo.ts';
import { tellPowers } from './workshop.ts';

/** Writes the pages of the add-on to docs/odoo/, wide and narrow: `npm run screenshots:odoo`, with ODOO_BIN. */
const FOLDER = join(import.meta.dirname, '..', '..', 'docs', 'odoo');
const HEADING =
  '# The add-on in pictures\n\nAll of them are taken anew by `npm run screenshots:odoo`, from a real Odoo 18 and a real bridge.\n';
/** The machines tell their power so many times, a second apart: sessions are open by then. */
const READINGS = 6;
/** Charts and fonts. */
const SETTLE_MS = 800;

/** `first`: the form behind the first row. */
type Place = { name: string; action: string; view?: 'Calendar' | 'Graph'; first?: boolean; says: string };
const PLACES: readonly Place[] = [
  {
    name: 'service',
    action: 'mqtt_service_action',
    says: 'Whether the bridge runs, is connected and reaches Odoo; it is started and stopped here.',
  },
  {
    name: 'devices',
    action: 'mqtt_device_action',
    says: 'The machines: state, power, and whether the bridge has their configuration.',
  },
  {
    name: 'device',
    action: 'mqtt_device_action',
    first: true,
    says: 'One machine: its topic, its thresholds, its state.',
  },
  { name: 'sessions', action: 'mqtt_session_action', says: 'Each use of a machine, with its cost.' },
  {
    name: 'calendar',
    action: 'mqtt_session_action',
    view: 'Calendar',
    says: 'When which machine was used.',
  },
  {
    name: 'graph',
    action: 'mqtt_session_action',
    view: 'Graph',
    says: 'Hours by day and machine.',
  },
  {
    name: 'message',
    action: 'mqtt_message_action',
    first: true,
    says: 'A message that was sent, and what its topic said.',
  },
  { name: 'events', action: 'mqtt_event_action', says: 'What the bridge delivered, unprocessed first.' },
  {
    name: 'settings',
    action: 'mqtt_settings_action',
    says: 'Where the bridge is, the two tokens, and a test of the connection.',
  },
];

async function sendMessage(odoo: RealOdoo): Promise<void> {
  const values = { topic: 'display/cnc-mill', payload: '{"text": "Coolant is low"}', payload_format: 'json' };
  const message = await odoo.call<number>('mqtt.message', 'create', [values]);
  await odoo.call('mqtt.message', 'action_send', [[message]]);
}

async function shootAll(browser: Browser, odoo: RealOdoo): Promise<void> {
  for (const [size, viewport] of Object.entries(SIZES)) {
    const pages = await OdooPages.login(browser, odoo, ['admin', PASSWORD], { viewport });
    for (const { name, action, view, first } of PLACES) {
      await pages.goto(action);
      if (view) await pages.switchTo(view);
      if (first) {
        await pages.rows.first().locator('.o_data_cell, .fw-bold').first().click();
        await pages.page.locator('.o_form_view').waitFor();
        await pages.loaded();
      }
      await wait(SETTLE_MS);
      await pages.assertSound(name);
      writeFileSync(join(FOLDER, `${name}-${size}.webp`), await capture(pages.page));
    }
    await pages.page.context().close();
  }
}

test('pictures of the add-on', async (t) => {
  const { stage, browser, client } = await furnishedStage(t);
  for (let nth = 0; nth < READINGS; nth++) {
    await tellPowers(client, nth);
    await wait(1000);
  }
  await sendMessage(stage.odoo);
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
  await shootAll(browser, stage.odoo);
  const { text, files } = indexOf(HEADING, PLACES);
  writeFileSync(join(FOLDER, 'README.md'), text);
  const bytes = files.reduce((sum, file) => sum + statSync(join(FOLDER, file)).size, 0);
  t.diagnostic(`${files.length} pictures, ${(bytes / 1e6).toFixed(1)} MB, are in ${FOLDER}`);
});
