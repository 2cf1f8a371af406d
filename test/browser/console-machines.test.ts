import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import type { Page } from '@playwright/test';
import type { DeviceDetail } from '../../src/model/own-device.ts';
import { eventually } from '../e2e/running-bridge.ts';
import { button, ConsoleStage, choose, machine, notice, type Visit } from './console-rig.ts';
import { figure, LANGUAGES } from './console-words.ts';

let stage: ConsoleStage;
before(async () => {
  stage = await ConsoleStage.start(
    LANGUAGES.flatMap(({ language }) => [
      machine(`saw-${language}`, `Saw ${language}`),
      machine(`mill-${language}`, `Mill ${language}`),
      machine(`lathe-${language}`, `Lathe ${language}`),
    ]),
  );
});
after(() => stage.end());

const configured = async (id: string) => {
  const { configuration } = await stage.api<DeviceDetail>(`/api/devices/${id}`);
  return configuration.session_config as { working_threshold_w: number };
};

const inWatts = (text: string) => Number(text.replace(',', '.').replace(/[^\d.]/g, ''));

/** The mouse pointer over the chart. */
const CURSOR = "getComputedStyle(document.querySelector('.u-over')).cursor";

/** Moves the mouse down the middle of the chart until it is on a line that can be dragged: the working threshold. */
async function thresholdLine(page: Page): Promise<{ x: number; y: number }> {
  const area = page.locator('.u-over');
  await area.scrollIntoViewIfNeeded();
  return eventually('a line to drag', async () => {
    const box = await area.boundingBox();
    if (!box) return null;
    const x = box.x + box.width / 2;
    for (let y = box.y + 4; y < box.y + box.height; y += 8) {
      await page.mouse.move(x, y);
      if ((await page.evaluate(CURSOR)) === 'ns-resize') return { x, y };
    }
    return null;
  });
}

/** The figure under a word of the sums. */
const sum = ({ page, t }: Visit, word: string) =>
  page
    .getByLabel(t('sessions.sums'))
    .locator('div', { hasText: t(word) })
    .locator('dd')
    .first();

for (const { language } of LANGUAGES) {
  const saw = `saw-${language}`;
  const mill = `mill-${language}`;
  const dragged = `lathe-${language}`;

  describe(`machines, ${language}`, () => {
    test('a reading makes the tile of its machine work, and the tile leads to the machine', () =>
      stage.visit('/', language, async ({ page, t }) => {
        const tile = page.getByRole('link', { name: `Saw ${language}` });
        await tile.getByText(t('overview.never_heard')).waitFor();
        await stage.publish(`meters/${saw}`, 120);
        await tile.getByText(t('machine_states.working')).waitFor();
        await tile.getByText(`${figure(language, 120)} W`).waitFor();
        await page.getByRole('searchbox', { name: t('overview.search') }).fill('mill');
        await tile.waitFor({ state: 'detached' });
        await page.getByRole('searchbox', { name: t('overview.search') }).fill(saw);
        await tile.click();
        await page.getByRole('heading', { level: 1, name: `Saw ${language}` }).waitFor();
        await stage.publish(`meters/${saw}`, 160);
        await page
          .locator('header')
          .getByText(`${figure(language, 160)} W`, { exact: true })
          .waitFor();
        await stage.publish(`meters/${saw}`, 0);
        await page.getByText(t('machine_states.idle')).first().waitFor();
      }));

    test('a threshold that is written or tuned is in force', () =>
      stage.visit(`/machines/${mill}`, language, async ({ page, t }) => {
        await stage.playSession(mill);
        const label = t('machine.fields.working_threshold_w.label');
        await page.getByRole('tab', { name: t('machine.tab_configuration'), exact: true }).click();
        await page.getByRole('textbox', { name: label, exact: true }).fill('80');
        await button(page, t('list.save')).click();
        await notice(page, t('machine.saved'));
        assert.equal((await configured(mill)).working_threshold_w, 80);
        await page.getByText(t('machine.changed_here', { configured: '50' })).waitFor();

        await page.getByRole('tab', { name: t('machine.tab_tune'), exact: true }).click();
        await page.getByRole('textbox', { name: label, exact: true }).fill('150');
        await page.getByRole('heading', { name: t('machine.effect') }).waitFor();
        await button(page, t('machine.apply')).click();
        await notice(page, t('machine.applied'));
        assert.equal((await configured(mill)).working_threshold_w, 150);
      }));

    test('a threshold that is dragged shows what it would have done, and is in force when applied', () =>
      stage.visit(`/machines/${dragged}?tab=tune`, language, async ({ page, t }) => {
        await stage.playSession(dragged);
        await page.reload();
        const input = page.getByRole('textbox', {
          name: t('machine.fields.working_threshold_w.label'),
          exact: true,
        });
        const formerW = inWatts(await input.inputValue());
        const line = await thresholdLine(page);
        await page.mouse.down();
        await page.mouse.move(line.x, line.y - 40, { steps: 5 });
        await page.mouse.up();
        const draggedW = inWatts(await input.inputValue());
        assert.ok(draggedW > formerW + 5, `${formerW} W became ${draggedW} W`);
        await page.getByRole('heading', { name: t('machine.effect') }).waitFor();
        await button(page, t('machine.apply')).click();
        await notice(page, t('machine.applied'));
        assert.equal((await configured(dragged)).working_threshold_w, draggedW);
      }));

    test('a session tells why: its events, and that Odoo has them', () =>
      stage.visit(`/machines/${mill}?tab=sessions`, language, async ({ page, t }) => {
        const link = page.getByRole('link', { name: new RegExp(`^${t('machine.why_of', { time: '' })}`) });
        await link.first().click();
        await page.getByRole('heading', { name: t('machine.in_order') }).waitFor();
        for (const name of ['session_started', 'session_stopped']) {
          await page.getByRole('cell', { name: t('machine.why_event', { name }), exact: true }).waitFor();
          await page.getByRole('cell', { name: t('machine.why_delivered', { name }), exact: true }).waitFor();
        }
        const saving = page.waitForEvent('download');
        await button(page, t('machine.download')).click();
        const why = JSON.parse(await readFile(await (await saving).path(), 'utf8'));
        assert.equal(why.session.device_id, mill);
      }));

    test('sessions are filtered and summed, and come as a file with the times of the viewer', () =>
      stage.visit('/sessions', language, async (visit) => {
        const { page, t } = visit;
        await choose(page, t('sessions.period'), t('sessions.period_all'));
        await choose(page, t('sessions.machine'), `Mill ${language}`);
        await page.getByRole('link', { name: `Saw ${language}` }).waitFor({ state: 'detached' });
        await page.getByRole('cell', { name: t('sessions.reason_normal') }).waitFor();
        const { sessions } = await stage.api<{ sessions: { session_id: string; max_power_w: number }[] }>(
          `/api/sessions?device_id=${mill}`,
        );
        assert.equal(sessions.length, 1);
        assert.equal(await sum(visit, 'sessions.count').textContent(), '1');
        assert.match((await sum(visit, 'sessions.energy').textContent()) ?? '', /^0[.,]\d{3} kWh$/);
        const saving = page.waitForEvent('download');
        await page.getByRole('link', { name: t('sessions.csv') }).click();
        const file = await saving;
        // Browsers know some zones by an older name.
        const zone = await page.evaluate('Intl.DateTimeFormat().resolvedOptions().timeZone');
        assert.equal(new URL(file.url()).searchParams.get('time_zone'), zone);
        const [head = '', ...rows] = (await readFile(await file.path(), 'utf8')).trim().split('\r\n');
        assert.match(head, /session_id/);
        assert.equal(rows.length, 1);
        assert.ok(rows[0]?.includes(sessions[0]?.session_id ?? '?'));

        await choose(page, t('sessions.state'), t('sessions.state_open'));
        await page.getByText(t('sessions.none_found')).waitFor();
        await button(page, t('sessions.show_all')).click();
        await page
          .getByRole('link', { name: `Mill ${language}` })
          .first()
          .waitFor();
      }));
  });
}
