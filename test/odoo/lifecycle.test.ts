import assert from 'node:assert/strict';
import { test } from 'node:test';
import { atEnd } from '../e2e/rig.ts';
import { RealOdoo } from './real-odoo.ts';
import { OWN_WARNINGS } from './stage.ts';

/** With what they sit on; Odoo installs them by themselves. */
const GLUE = ['maintenance', 'sale_management', 'hr_timesheet'];
const MODULE = 'open_workshop_mqtt';

const uninstall = (modules: string) => `
env['ir.module.module'].search([('name', 'in', ${modules})]).button_immediate_uninstall()
`;
const LEFT = `
env.cr.execute("SELECT count(*) FROM information_schema.tables WHERE table_name LIKE 'mqtt%'")
tables = env.cr.fetchone()[0]
env.cr.execute("SELECT count(*) FROM ir_model_data WHERE module LIKE 'open_workshop_mqtt%'")
data = env.cr.fetchone()[0]
env.cr.execute("SELECT count(*) FROM ir_config_parameter WHERE key LIKE 'open_workshop_mqtt.%'")
print(tables, data, env.cr.fetchone()[0])
`;
const INSTALLED = `
print(*sorted(env['ir.module.module'].search([
    ('name', 'like', 'open_workshop_mqtt%'), ('state', '=', 'installed')]).mapped('name')))
`;

test('the add-on and its glue are installed, upgraded and uninstalled without a fault in the log', async (t) => {
  const odoo = await RealOdoo.install(MODULE);
  atEnd(t, () => odoo.end());
  odoo.run('-u', MODULE);
  assert.equal(odoo.shell(INSTALLED).trim(), MODULE);
  odoo.run('-i', GLUE.join(','), '--without-demo=all');
  const modules = odoo.shell(INSTALLED).trim().split(' ');
  assert.deepEqual(modules, [MODULE, `${MODULE}_maintenance`, `${MODULE}_sale`, `${MODULE}_timesheet`]);
  odoo.run('-u', modules.join(','));
  odoo.shell(uninstall(JSON.stringify([MODULE])));
  assert.equal(odoo.shell(INSTALLED).trim(), '');
  assert.equal(odoo.shell(LEFT).trim(), '0 0 0');
  assert.deepEqual(odoo.faults(OWN_WARNINGS), []);
});

test("the add-on's own tests pass", async (t) => {
  const odoo = await RealOdoo.install(MODULE);
  atEnd(t, () => odoo.end());
  odoo.run('-i', GLUE.join(','), '--without-demo=all');
  const modules = odoo.shell(INSTALLED).trim().split(' ');
  const tags = modules.map((name) => `/${name}`).join(',');
  const log = odoo.run('-u', modules.join(','), '--test-tags', tags);
  const [, failed, errors, tests] = / (\d+) failed, (\d+) error\(s\) of (\d+) tests/.exec(log) ?? [];
  t.diagnostic(`${tests} tests, ${failed} failed, ${errors} errors`);
  assert.deepEqual([failed, errors], ['0', '0']);
  assert.ok(Number(tests) > 150);
});
