import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { SIZES } from '../browser/picture.ts';
import { eventually } from '../e2e/running-bridge.ts';
import { furnishedStage, type Scene } from './furnished-stage.ts';
import { OdooPages } from './odoo-pages.ts';
import { PASSWORD } from './real-odoo.ts';
import { EVENT_TOKEN, OWN_WARNINGS, type Stage } from './stage.ts';
import { STRANGER, tellPowers } from './workshop.ts';

const ADMIN = ['admin', PASSWORD] as const;
const PLAIN = ['mai', 'mai-of-the-workshop'] as const;
type MenuOf = { menu: string; group?: string; heading: string; rows: number };
const PLAIN_MENUS: readonly MenuOf[] = [
  { menu: 'menu_service', heading: 'MQTT Service', rows: 0 },
  { menu: 'menu_device', heading: 'Devices', rows: 4 },
  { menu: 'menu_session', heading: 'Sessions', rows: 20 },
  { menu: 'menu_message', group: 'menu_messages', heading: 'Messages', rows: 0 },
  { menu: 'menu_history', group: 'menu_messages', heading: 'History', rows: 3 },
  { menu: 'menu_event', heading: 'Events', rows: 20 },
  { menu: 'menu_broker', heading: 'Brokers', rows: 1 },
  { menu: 'menu_subscription', heading: 'Subscriptions', rows: 0 },
];
const MENUS: readonly MenuOf[] = [
  ...PLAIN_MENUS,
  { menu: 'menu_price', group: 'menu_configuration', heading: 'Prices', rows: 2 },
  { menu: 'menu_settings', heading: 'Settings', rows: 0 },
];

/** Every menu with the mouse, in the order in which they stand. */
async function openAll(pages: OdooPages, menus: readonly MenuOf[]): Promise<void> {
  assert.deepEqual(await pages.menus(), [...new Set(menus.map(({ menu, group }) => group ?? menu))]);
  for (const { menu, group, heading, rows } of menus) {
    await pages.open(menu, group);
    assert.equal(await pages.heading, heading);
    if (rows > 0) await pages.rows.nth(rows - 1).waitFor();
    await pages.assertSound(menu);
  }
}

async function makePlainUser({ odoo }: Stage): Promise<void> {
  const [name, password] = PLAIN;
  const domain = [
    ['module', '=', 'open_workshop_mqtt'],
    ['name', '=', 'group_user'],
  ];
  const [group] = await odoo.call<{ res_id: number }[]>('ir.model.data', 'search_read', [domain, ['res_id']]);
  await odoo.call('res.users', 'create', [
    { name: 'Mai Tran', login: name, password, groups_id: [[4, group?.res_id]] },
  ]);
}

async function setUp(t: TestContext): Promise<Scene> {
  const scene = await furnishedStage(t);
  await tellPowers(scene.client, 0);
  await makePlainUser(scene.stage);
  return scene;
}

test('the pages of the add-on in a real browser', async (t) => {
  const { stage, browser, client } = await setUp(t);
  const { odoo } = stage;
  const pages = await OdooPages.login(browser, odoo, ADMIN, { viewport: SIZES.wide });
  await pages.goto('mqtt_device_action');

  await t.test('every menu, as the administrator', () => openAll(pages, MENUS));

  await t.test('the views of sessions', async () => {
    await pages.open('menu_session');
    const views = {
      Calendar: '.fc-event',
      Pivot: '.o_pivot td',
      Graph: 'canvas',
      Kanban: '.o_kanban_record',
    } as const;
    for (const [view, shows] of Object.entries(views)) {
      await pages.switchTo(view as keyof typeof views);
      await pages.page.locator(shows).first().waitFor();
      await pages.assertSound(view);
    }
  });

  await t.test('the forms behind the first rows', async () => {
    for (const { menu, group, rows } of MENUS) {
      if (rows === 0 || menu === 'menu_price') continue;
      await pages.open(menu, group);
      await pages.rows.first().locator('.o_data_cell').first().click();
      await pages.page.locator('.o_form_view').waitFor();
      await pages.loaded();
      await pages.assertSound(menu);
    }
  });

  await t.test('the service is stopped and started', async () => {
    await pages.open('menu_service');
    await pages.page.getByRole('button', { name: 'Stop Service' }).click();
    await pages.page.locator('.modal').getByRole('button', { name: 'Ok' }).click();
    await pages.field('status').getByText('Stopped').waitFor();
    const { body } = await stage.bridge.request('/api/service');
    assert.equal((body as { status: string }).status, 'stopped');
    await pages.press('Start Service');
    await pages.field('status').getByText('Running').waitFor();
    await pages.assertSound('service');
  });

  await t.test('a message is sent and received', async () => {
    const heard: string[] = [];
    client.on('message', (topic, payload) => heard.push(`${topic} ${payload}`));
    await eventually('the broker is back', async () => {
      const { mqtt_connected } = await stage.bridge.health();
      return mqtt_connected && client.connected ? true : null;
    });
    await client.subscribeAsync('hall/lamp/set');
    await pages.open('menu_message', 'menu_messages');
    await pages.page.getByRole('button', { name: 'New', exact: true }).click();
    await pages.field('topic').waitFor();
    await pages.fill('topic', 'hall/lamp/set');
    await pages.fill('payload', 'ON');
    await pages.press('Send');
    assert.match(await pages.notice(), /broker has the message/);
    await eventually('the message', () => (heard.includes('hall/lamp/set ON') ? true : null));
    await pages.field('history_ids').getByText('hall/lamp/set').first().waitFor();
    await pages.assertSound('message');
  });

  await t.test('a broker is tested, and the configuration pushed', async () => {
    await pages.open('menu_broker');
    await pages.rows.first().locator('.o_data_cell').first().click();
    await pages.press('Test Connection');
    assert.match(await pages.notice(), /Embedded broker/);
    await pages.open('menu_device');
    await pages.press('Push Configuration to Bridge');
    assert.match(await pages.notice(), /Devices: 4/);
    await pages.assertSound('broker and push');
  });

  await t.test('the settings show the event token and test the connection', async () => {
    await pages.open('menu_settings');
    await pages.field('mqtt_event_token').getByText(EVENT_TOKEN.slice(0, 8)).waitFor();
    await pages.press('Test Connection');
    assert.match(await pages.notice(), /The bridge answers/);
    await pages.assertSound('settings');
  });

  await t.test('an event is processed once its device is made', async () => {
    await pages.open('menu_event');
    await pages.rows.first().getByText(STRANGER.device_id).first().click();
    await pages.press('Process Again');
    assert.match(await pages.notice(), /still unprocessed/);
    await pages.press('Create Device');
    await pages.field('device_id').waitFor();
    const sessions = [[['device_identifier', '=', STRANGER.device_id]]];
    await eventually('its session', async () =>
      (await odoo.call<number>('mqtt.session', 'search_count', sessions)) === 1 ? true : null,
    );
    await pages.assertSound('event');
  });

  await t.test('every menu, as a user', async () => {
    const theirs = await OdooPages.login(browser, odoo, PLAIN, { viewport: SIZES.wide });
    await theirs.goto('mqtt_device_action');
    await openAll(theirs, PLAIN_MENUS);
  });

  await t.test('the bridge is gone: pages say so', async () => {
    await stage.bridge.end('SIGKILL');
    await pages.open('menu_service');
    assert.match(await pages.field('fault').innerText(), /Nothing answers at/);
    for (const [menu, group] of [['menu_broker'], ['menu_subscription'], ['menu_history', 'menu_messages']]) {
      await pages.open(menu ?? '', group);
      assert.match(await pages.notice(), /Nothing answers at/);
      assert.doesNotMatch(await pages.page.locator('.o_content').innerText(), /<p/);
    }
    await pages.assertSound('without the bridge');
  });

  assert.deepEqual(odoo.faults(OWN_WARNINGS), []);
});
