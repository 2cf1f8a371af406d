import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OWN_WARNINGS, Stage } from './stage.ts';

type Push = { push_state: string; push_message: string | false };

test('the configuration goes from a real Odoo to the bridge by itself', async (t) => {
  const stage = await Stage.start(t);
  const { odoo } = stage;
  const stateOf = async (id: number) =>
    (await odoo.call<Push[]>('mqtt.device', 'read', [[id], ['push_state', 'push_message']]))[0];
  let mill = 0;
  let saw = 0;

  await t.test('a device that is created', async () => {
    [mill, saw] = await odoo.call<[number, number]>('mqtt.device', 'create', [
      [
        {
          name: 'CNC Mill',
          device_id: 'mill',
          mqtt_topic: 'shelly-1/status/pm1:0',
          parser_type: 'shelly_pm',
        },
        { name: 'Saw', device_id: 'saw', mqtt_topic: 'meters/saw', parser_type: 'generic' },
      ],
    ]);
    await stage.bridgeHas('both devices', (devices) => devices.size === 2);
    assert.equal((await stateOf(mill))?.push_state, 'pushed');
    const config = (await stage.configured()).get('mill')?.session_config as Record<string, unknown>;
    assert.equal(config.working_threshold_w, 50);
    const asSent = (await sent(stage)).get('mill')?.session_config as Record<string, unknown>;
    assert.equal(asSent.message_timeout_s, undefined);
  });

  await t.test('a device that is changed', async () => {
    await odoo.call('mqtt.device', 'write', [[mill], { working_threshold_w: 80 }]);
    await stage.bridgeHas('the new threshold', (devices) => {
      const config = devices.get('mill')?.session_config as Record<string, unknown>;
      return config.working_threshold_w === 80;
    });
  });

  await t.test('the button, when the bridge was away', async () => {
    await stage.bridge.end('SIGKILL');
    await odoo.call('mqtt.device', 'write', [[saw], { name: 'Band Saw' }]);
    const state = await stateOf(saw);
    assert.equal(state?.push_state, 'failed');
    assert.match(String(state?.push_message), /tried again/);
    await stage.runBridge();
    const answer = await odoo.call<{ params: { type: string } }>('mqtt.device', 'action_push_bridge_config', [
      [],
    ]);
    assert.equal(answer.params.type, 'success');
    assert.equal((await stage.configured()).get('saw')?.machine_name, 'Band Saw');
    assert.equal((await stateOf(saw))?.push_state, 'pushed');
  });

  await t.test('a device that is deleted', async () => {
    await odoo.call('mqtt.device', 'unlink', [[saw]]);
    await stage.bridgeHas('one device', (devices) => devices.size === 1 && devices.has('mill'));
  });

  await t.test('a restart of the bridge, without Odoo', async () => {
    await odoo.stop();
    await stage.bridge.end('SIGKILL');
    await stage.runBridge();
    const config = (await stage.configured()).get('mill')?.session_config as Record<string, unknown>;
    assert.equal(config.working_threshold_w, 80);
  });

  assert.deepEqual(odoo.faults(new RegExp(`${OWN_WARNINGS.source}|push_bridge_config: failed`, 'i')), []);
});

/** The configuration as Odoo gives it to a bridge that pulls. */
async function sent({ odoo }: Stage): Promise<Map<string, Record<string, unknown>>> {
  const { devices } = JSON.parse(
    odoo.shell("import json; print(json.dumps(env['mqtt.device']._bridge_configuration()))\n"),
  ) as { devices: { device_id: string }[] };
  return new Map(devices.map((device) => [device.device_id, device]));
}
