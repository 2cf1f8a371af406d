import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { DeviceDetail } from '../../src/model/own-device.ts';
import type { ServiceReport } from '../../src/model/service.ts';
import { eventually } from '../e2e/running-bridge.ts';
import { button, ConsoleStage, confirmed, machine, notice } from './console-rig.ts';
import { LANGUAGES } from './console-words.ts';

let stage: ConsoleStage;
before(async () => {
  stage = await ConsoleStage.start(
    LANGUAGES.map(({ language }) => machine(`saw-${language}`, `Saw ${language}`)),
  );
  await stage.listen('#');
});
after(() => stage.end());

const status = async () => (await stage.api<ServiceReport>('/api/service')).status;
const tokenOf = async (id: string) => (await stage.api<{ token: string }>(`/api/devices/${id}/token`)).token;

for (const { language } of LANGUAGES) {
  describe(`messages, service and devices, ${language}`, () => {
    test('a message that is written is received by others, stands in the history, and goes out again', () =>
      stage.visit('/messages', language, async ({ page, t }) => {
        const topic = `hall/${language}/lamp`;
        const payload = '{"on": true}';
        await button(page, t('messages.new')).click();
        const form = page.getByRole('complementary', { name: t('messages.new') });
        await form.getByRole('combobox', { name: 'Topic' }).fill(topic);
        await form.getByText(t('messages.format_json'), { exact: true }).click();
        await form.getByRole('textbox', { name: 'Payload' }).fill('{"on": }');
        const place = t('messages.payload_at', { line: 1, column: 8, what: t('messages.json_value') });
        await form.getByText(place).waitFor();
        await form.getByRole('textbox', { name: 'Payload' }).fill(payload);
        await button(form, t('messages.send')).click();
        await stage.received(topic, payload);
        const history = page.getByRole('list', { name: t('messages.history') });
        const row = history.getByRole('button', { name: topic });
        await row.getByText(t('messages.out')).waitFor();
        await row.click();
        await button(page, t('messages.send_again')).click();
        await button(form, t('messages.send')).click();
        await stage.received(topic, payload, 2);
        // Who looks at a message is not disturbed by new ones.
        await button(page, t('messages.resume')).click();
        await row.nth(1).waitFor();
        await page
          .getByRole('navigation', { name: t('messages.topics') })
          .getByText('lamp')
          .first()
          .waitFor();
      }));

    test('a service that is stopped hears nothing, and hears again when it is started', () =>
      stage.visit('/service', language, async ({ page, t }) => {
        const topic = `meters/saw-${language}`;
        const heard = async () => {
          const { messages } = await stage.api<{ messages: { payload: string }[] }>(
            `/api/messages?topic=${topic}`,
          );
          return messages.map(({ payload }) => payload);
        };
        const shown = page.getByRole('region', { name: t('service.service') });
        await shown.getByText(`▶ ${t('service.running')}`).waitFor();
        await confirmed(page, t('service.stop'));
        await notice(page, t('service.done_stop'));
        await shown.getByText(`■ ${t('service.stopped')}`).waitFor();
        await shown.getByText(`■ ${t('shell.disconnected')}`).waitFor();
        assert.equal(await status(), 'stopped');
        await stage.publish(topic, 61);
        await stage.received(topic, '61');
        await button(page, t('service.start')).click();
        await shown.getByText(`▶ ${t('service.running')}`).waitFor();
        await shown.getByText(`● ${t('shell.connected')}`).waitFor();
        assert.equal(await status(), 'running');
        await stage.publish(topic, 62);
        await eventually('it hears', async () => ((await heard()).includes('62') ? true : null));
      }));

    test('a meter that was heard is set up with one click, and is heard as a machine', () =>
      stage.visit('/devices?tab=heard', language, async ({ page, t }) => {
        const name = `press-${language}`;
        const report = { ENERGY: { Power: 42, Total: 1.5, Voltage: 230, Current: 0.2 } };
        await page.getByRole('region', { name: t('devices.scan') }).waitFor();
        await button(page, t('devices.scan')).click();
        await notice(page, t('devices.scan_started'));
        const setUp = page.getByRole('button', { name: new RegExp(`${t('devices.set_up_now')}: .*${name}`) });
        await eventually('the meter is seen', async () => {
          await stage.publish(`tele/${name}/SENSOR`, report);
          const { total } = await stage.api<{ total: number }>(`/api/discovery?search=${name}`);
          return total > 0 ? true : null;
        });
        await setUp.click();
        await setUp.waitFor({ state: 'detached' });
        const { devices } = await stage.api<{ devices: DeviceDetail[] }>(`/api/devices?search=${name}`);
        assert.equal(devices[0]?.source, 'console');
        const id = devices[0].device_id;
        await eventually('it is heard', async () => {
          await stage.publish(`tele/${name}/SENSOR`, report);
          return (await stage.api<DeviceDetail>(`/api/devices/${id}`)).power_w === 42 ? true : null;
        });
      }));

    test('the token of a device is copied, and changed when it must be', () =>
      stage.visit(
        `/devices?id=saw-${language}`,
        language,
        async ({ page, t }) => {
          const id = `saw-${language}`;
          const token = page.getByRole('region', { name: t('devices.token'), exact: true });
          await button(token, t('devices.token_copy')).click();
          await notice(page, t('list.copied'));
          const old = await tokenOf(id);
          assert.equal(await page.evaluate('navigator.clipboard.readText()'), old);
          await confirmed(page, t('devices.token_rotate'));
          await notice(page, t('devices.token_rotated'));
          const fresh = await tokenOf(id);
          assert.notEqual(fresh, old);
          await token.getByText(fresh).waitFor();
        },
        { permissions: ['clipboard-read', 'clipboard-write'] },
      ));

    test('a template is made, and a device registers itself under it', () =>
      stage.visit('/devices?tab=templates', language, async ({ page, t }) => {
        const name = `Series ${language}`;
        await button(page, t('devices.template_make')).click();
        await page.getByRole('textbox', { name: t('devices.template_name') }).fill(name);
        await button(page, t('list.save')).click();
        const dialog = page.getByRole('dialog', { name: t('devices.secret_title') });
        // Texts are taken as they are, without waiting for any.
        await dialog.locator('pre, code').nth(1).waitFor();
        const [key = '', secret = ''] = await dialog.locator('pre, code').allTextContents();
        await button(dialog, t('devices.secret_have')).click();
        await page.getByRole('button', { name, exact: true }).waitFor();
        const asked = { device_name: `Unit ${language}`, provision_key: key, provision_secret: secret };
        const { status: answer } = await stage.api<{ status: string }>('/api/provision', 'POST', asked);
        assert.equal(answer, 'SUCCESS');
        await page.getByRole('tab', { name: t('devices.tab_devices'), exact: true }).click();
        await page.getByRole('button', { name: `Unit ${language}` }).waitFor();
      }));
  });
}
