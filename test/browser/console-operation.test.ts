import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { always, type FaultScript } from '../../simulator/stand-in-faults.ts';
import type { BridgeEvent } from '../../src/model/event.ts';
import { eventually } from '../e2e/running-bridge.ts';
import { button, ConsoleStage, confirmed, machine, notice } from './console-rig.ts';
import { LANGUAGES } from './console-words.ts';

const DEVICES = LANGUAGES.map(({ language }) => machine(`saw-${language}`, `Saw ${language}`));
const REFUSAL = { status: 400, body: '{"status":"error","message":"no such machine"}' };

let stage: ConsoleStage;
before(async () => {
  stage = await ConsoleStage.start(DEVICES);
  await stage.listen('#');
});
after(() => stage.end());

const machineNames = async () => {
  const { devices } = await stage.api<{ devices: { machine_name: string }[] }>('/config');
  return devices.map(({ machine_name }) => machine_name);
};

for (const { language } of LANGUAGES) {
  const saw = `saw-${language}`;

  describe(`operation, ${language}`, () => {
    test('an event that Odoo refuses is parked, tells why, and arrives when it is sent again', () =>
      stage.visit(`/delivery?machine=${saw}`, language, async ({ page, t }) => {
        const refuse: FaultScript = (_, event) => ((event as BridgeEvent).device_id === saw ? REFUSAL : 'ok');
        stage.odoo.set(refuse);
        await stage.publish(`meters/${saw}`, 0);
        await page
          .getByText(t('delivery.is_parked', { count: 1, shown: 1 }))
          .first()
          .waitFor();
        await page
          .getByRole('radiogroup', { name: t('delivery.state') })
          .getByText(t('delivery.list_parked'))
          .click();
        await button(page, t('delivery.type_device_online')).click();
        const detail = page.getByRole('complementary');
        await detail
          .getByText(/no such machine/)
          .first()
          .waitFor();
        stage.odoo.set(always('ok'));
        await button(detail, t('delivery.send_again')).click();
        await notice(page, t('delivery.waits_again', { count: 1, shown: 1 }));
        await eventually('Odoo has it', () =>
          stage.odoo.events().some(({ device_id }) => device_id === saw) ? true : null,
        );
        await detail.getByText(t('delivery.outcome_delivered')).first().waitFor();
      }));

    test('a flow is made, tried, and does what it says', () =>
      stage.visit('/flows', language, async ({ page, t }) => {
        const name = `Coolant ${language}`;
        await stage.api('/api/subscriptions', 'POST', { broker_id: 'main', topic: `hall/${language}/+` });
        await button(page, t('flows.add')).first().click();
        const form = page.getByRole('dialog', { name: t('flows.add') });
        const field = (word: string) => form.getByRole('textbox', { name: t(word), exact: true });
        await field('flows.name').fill(name);
        await field('flows.topic_filter').fill(`hall/${language}/coolant`);
        await field('flows.if').fill('payload.level < 10');
        await field('flows.topic').first().fill(`lamps/${language}`);
        await field('flows.expression_publish').fill('"ON"');
        await field('flows.topic').last().fill(`hall/${language}/coolant`);
        await field('flows.payload').fill('{"level": 5}');
        await button(form, t('flows.try')).click();
        await form.getByText(t('flows.trial_would_do')).waitFor();
        await button(form, t('list.save')).click();
        await notice(page, t('flows.saved', { name }));
        await stage.publish(`hall/${language}/coolant`, { level: 50 });
        await stage.publish(`hall/${language}/coolant`, { level: 5 });
        await stage.received(`lamps/${language}`, 'ON');
        const row = page.getByRole('listitem').filter({ hasText: name });
        await row.getByText(t('flows.short_counts', { runs: 2, matched: 1, errors: 0 })).waitFor();
        await row.getByRole('switch', { name: t('flows.switch', { name }) }).press('Space');
        await notice(page, t('flows.is_off', { name }));
      }));

    test('a configuration of the past is put in force again', async () => {
      const renamed = DEVICES.map((one) => ({ ...one, machine_name: `${one.machine_name}, new` }));
      const former = await machineNames();
      await stage.api('/config', 'POST', { devices: renamed });
      assert.deepEqual(
        await machineNames(),
        renamed.map(({ machine_name }) => machine_name),
      );
      await stage.visit('/configuration', language, async ({ page, t }) => {
        const rows = page.getByRole('row');
        await rows.nth(1).getByText(t('configuration.in_force')).waitFor();
        await rows.nth(2).getByRole('button').click();
        const detail = page.getByRole('complementary');
        await detail.getByText(t('configuration.changed')).first().waitFor();
        await confirmed(page, t('configuration.go_back'));
        await notice(page, t('configuration.restored', { added: 0, changed: DEVICES.length, removed: 0 }));
        assert.deepEqual(await machineNames(), former);
        await rows.nth(1).getByText(t('configuration.source_restore')).waitFor();
      });
    });

    test('a line of the log appears as it is written', () =>
      stage.visit('/log', language, async ({ page, t }) => {
        await page.getByText(t('log.following')).waitFor();
        const known = stage.bridge.log.length;
        await page.getByRole('searchbox', { name: t('list.search') }).fill(`meters/${saw}`);
        await page
          .getByText(t('log.no_match'))
          .or(page.getByRole('list', { name: t('log.title') }))
          .waitFor();
        await stage.publish(`meters/${saw}`, 'no number at all');
        const { event } = await eventually('a line about it', () => {
          const line = stage.bridge.log.slice(known).find((one) => one.topic === `meters/${saw}`);
          return line ?? null;
        });
        const line = page.getByRole('list', { name: t('log.title') }).getByText(event, { exact: true });
        await line.first().click();
        await page.getByText('no number at all').first().waitFor();
      }));

    test('a fault is found and explained, with the way to what is wrong', () =>
      stage.visit('/about', language, async ({ page, t }) => {
        await stage.publish(`meters/${saw}`, 'no number at all');
        await eventually('the bridge notes it', async () => {
          const { last_problem } = await stage.api<{ last_problem: object | null }>(`/api/devices/${saw}`);
          return last_problem;
        });
        await stage.api('/api/service/stop', 'POST', {});
        await button(page, t('about.check_again')).click();
        const check = (name: string) =>
          page
            .getByRole('listitem')
            .filter({ has: page.getByRole('heading', { name: t(`about.checks.${name}.title`) }) });
        await check('service').getByText(t('about.checks.service.stopped.remedy')).waitFor();
        await check('service').getByText(t('about.status_fault')).waitFor();
        await stage.api('/api/service/start', 'POST', {});
        await eventually('it is connected', async () =>
          (await stage.bridge.health()).mqtt_connected ? true : null,
        );
        await button(page, t('about.check_again')).click();
        await check('service').getByText(t('about.checks.service.ok.explanation')).waitFor();
        await check('unusable')
          .getByRole('link', { name: `Saw ${language}` })
          .click();
        await page.getByRole('heading', { level: 1, name: `Saw ${language}` }).waitFor();
        await stage.publish(`meters/${saw}`, 0);
      }));
  });
}
