import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Locator, Page } from '@playwright/test';
import { always } from '../../simulator/stand-in-faults.ts';
import { eventually } from '../e2e/running-bridge.ts';
import { ALL_PAGES, loaded } from './console-pages.ts';
import { button, ConsoleStage, confirmed, machine, TOKEN, VIEW_TOKEN } from './console-rig.ts';
import type { Words } from './console-words.ts';

const MARK = '<img src=x onerror="document.title=1;alert(1)">';
const SCRIPT = '<script>document.title=2;alert(2)</script>';
const TOPIC = `hall/${MARK}/${SCRIPT}`;
const NO_CHANGE = 'This token may look, but change nothing. Use the full token.';
const TABS_MAX = 60;

let stage: ConsoleStage;
before(async () => {
  stage = await ConsoleStage.start([machine('saw', MARK), machine('mill', 'Mill')]);
});
after(() => stage.end());

/** Goes on with the Tab key until `wanted` has the focus. */
async function tabTo(page: Page, wanted: Locator): Promise<void> {
  await wanted.waitFor();
  const focused = wanted.and(page.locator(':focus'));
  for (let n = 0; n < TABS_MAX; n++) {
    if ((await focused.count()) > 0) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`not reached by ${TABS_MAX} presses of Tab: ${wanted}`);
}

const tokenField = (page: Page, t: Words) => page.getByLabel(t('shell.token'));

async function logIn(page: Page, t: Words, token: string): Promise<void> {
  await tokenField(page, t).fill(token);
  await button(page, t('shell.log_in')).click();
}

/** Everything that people, devices and Odoo can name, named with markup. */
async function fillWithMarkup(): Promise<void> {
  const body = JSON.stringify({ status: 'error', message: `${MARK}${SCRIPT}` });
  stage.odoo.set(always({ status: 400, body }));
  const name = `${MARK}${SCRIPT}`;
  await stage.api('/api/subscriptions', 'POST', { broker_id: 'main', topic: 'hall/#' });
  await stage.api('/api/devices/saw/attributes', 'PUT', { [`note${MARK}`]: name });
  await stage.api('/api/templates', 'POST', { name, defaults: { mqtt_topic: 'made/{device_id}' } });
  await stage.api('/api/flows', 'POST', {
    name,
    when: { topic: 'hall/#' },
    do: [{ publish: { topic: 'lamp', body: '"<b>"' } }],
  });
  await stage.playSession('saw');
  await stage.publish(TOPIC, `${MARK}${SCRIPT}`);
  await stage.publish('meters/saw', `{"power": "${SCRIPT}"}`);
  await stage.api('/api/messages', 'POST', {
    topic: TOPIC,
    payload: { html: MARK },
    payload_format: 'json',
    user_properties: { [MARK]: SCRIPT },
  });
  await eventually('events are parked', async () =>
    Number((await stage.bridge.health()).events_parked) > 0 ? true : null,
  );
}

test('names, topics and payloads full of markup are text on every page', async () => {
  await fillWithMarkup();
  await stage.visit('/', 'en', async ({ page, t }) => {
    const title = await page.title();
    const isText = async (place: string) => {
      const made = await page.locator('img[src="x"], script:not([src]), [onerror], main b').count();
      assert.equal(made, 0, place);
      assert.equal(await page.title(), title, place);
    };
    let seen = 0;
    for (const path of ALL_PAGES('saw')) {
      await page.goto(stage.bridge.url + path);
      await loaded(page);
      await isText(path);
      seen += await page.getByText(MARK).count();
    }
    assert.ok(seen > ALL_PAGES('saw').length, `${seen} places show it`);
    await page.goto(`${stage.bridge.url}/messages`);
    for (const direction of ['in', 'out']) {
      const row = page.getByRole('list', { name: t('messages.history') }).getByRole('button');
      await row
        .filter({ hasText: TOPIC })
        .filter({ hasText: t(`messages.${direction}`) })
        .first()
        .click();
      await page
        .getByRole('complementary', { name: t('messages.message') })
        .getByText(TOPIC)
        .waitFor();
      await isText(`a message, ${direction}`);
    }
    await page.goto(`${stage.bridge.url}/delivery?state=parked`);
    await page.getByRole('row').nth(1).getByRole('button').click();
    await page.getByRole('complementary').getByText(MARK).first().waitFor();
    await isText('an event');
  });
  stage.odoo.set(always('ok'));
});

test('a wrong token is refused with a sentence, and the right one opens', () =>
  stage.visit(
    '/sessions',
    'en',
    async ({ page, t }) => {
      await logIn(page, t, 'wrong');
      await page.getByText(/This token is not the right one/).waitFor();
      assert.equal((await page.request.get(`${stage.bridge.url}/api/devices`)).status(), 401);
      assert.equal(await page.getByRole('navigation').count(), 0);
      await logIn(page, t, TOKEN);
      await page.getByRole('heading', { level: 1, name: t('shell.sessions') }).waitFor();
      const [cookie, ...others] = await page.context().cookies();
      assert.deepEqual([cookie?.httpOnly, cookie?.sameSite, others.length], [true, 'Strict', 0]);
      await button(page, t('shell.preferences')).click();
      await page.getByRole('menuitem', { name: t('shell.log_out') }).click();
      await tokenField(page, t).waitFor();
    },
    { token: null },
  ));

test('who may only look sees every page, and is told so when he changes something', () =>
  stage.visit(
    '/',
    'en',
    async ({ page, t }) => {
      for (const path of ALL_PAGES('mill')) {
        await page.goto(stage.bridge.url + path);
        await loaded(page);
        assert.equal(await page.getByText(t('list.failed')).count(), 0, path);
      }
      const refused = page.getByText(NO_CHANGE).first();
      await page.goto(`${stage.bridge.url}/service`);
      await confirmed(page, t('service.stop'));
      await refused.waitFor();
      await page.goto(`${stage.bridge.url}/machines/mill?tab=configuration`);
      await page.getByRole('textbox', { name: t('machine.fields.machine_name.label') }).fill('Another');
      await button(page, t('list.save')).click();
      await refused.waitFor();
      await page.goto(`${stage.bridge.url}/messages`);
      await button(page, t('messages.new')).click();
      await page.getByRole('combobox', { name: 'Topic' }).fill('hall/lamp');
      await button(page, t('messages.send')).click();
      await refused.waitFor();
      assert.equal((await stage.api<{ status: string }>('/api/service')).status, 'running');
      const { machine_name: name } = await stage.api<{ machine_name: string }>('/api/devices/mill');
      assert.equal(name, 'Mill');
    },
    { token: VIEW_TOKEN },
  ));

test('the keyboard alone logs in, goes to a page and opens a machine', () =>
  stage.visit(
    '/',
    'en',
    async ({ page, t }) => {
      await tabTo(page, tokenField(page, t));
      await page.keyboard.type(TOKEN);
      await page.keyboard.press('Enter');
      const places = page.getByRole('navigation', { name: t('shell.places') });
      await tabTo(page, places.getByRole('link', { name: t('shell.sessions') }));
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { level: 1, name: t('shell.sessions') }).waitFor();
      await tabTo(page, places.getByRole('link', { name: t('shell.overview') }));
      await page.keyboard.press('Enter');
      await tabTo(page, page.getByRole('link', { name: 'Mill' }));
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { level: 1, name: 'Mill' }).waitFor();
      await tabTo(page, page.getByRole('tab', { name: t('machine.tab_chart') }));
      await page.keyboard.press('ArrowRight');
      await page.getByRole('tab', { name: t('machine.tab_sessions'), selected: true }).waitFor();
      await page.keyboard.press('Shift+Tab');
    },
    { token: null },
  ));

test('a lost bridge is told, and everything goes on when it is back', () =>
  stage.visit('/', 'en', async ({ page, t }) => {
    const tile = page.getByRole('link', { name: 'Mill' });
    await stage.publish('meters/mill', 120);
    await tile.getByText('120 W').waitFor();
    const { port } = new URL(stage.bridge.url);
    await stage.bridge.end('SIGKILL');
    await page.getByRole('alert').getByText(t('shell.stream_lost')).waitFor();
    await tile.getByText('120 W').waitFor();
    await stage.run({ BRIDGE_PORT: port });
    await tokenField(page, t).waitFor({ timeout: 20_000 });
    await logIn(page, t, TOKEN);
    await tile.waitFor();
    await page.getByText(t('shell.stream_lost')).waitFor({ state: 'detached', timeout: 20_000 });
    await stage.publish('meters/mill', 130);
    await tile.getByText('130 W').waitFor();
  }));
