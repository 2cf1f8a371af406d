import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crashSeed, proveCrashes } from './crash-proof.ts';
import { eventsOf, genericDevice, pause, startBridge, startRig, stateOf } from './rig.ts';
import { eventually, RunningBridge } from './running-bridge.ts';

const SESSION = {
  start_debounce_s: 0.1,
  stop_debounce_s: 0.1,
  heartbeat_interval_s: 0,
  message_timeout_s: 60,
};

test('20 kills at random instants: every fact reaches Odoo once, in order, unchanged', async (t) => {
  await proveCrashes(t, { kills: 20, seed: crashSeed(), workMs: [200, 1000] });
});

test('time in which no process could hear is no silence, however often one was killed in it', async (t) => {
  const rig = await startRig(t, [
    genericDevice('busy', SESSION),
    genericDevice('quiet', SESSION, { offline_timeout_s: 2 }),
  ]);
  const { odoo, wire, meters, bridge } = rig;
  await meters.publish('meters/busy', 120);
  await meters.publish('meters/quiet', 0);
  await eventually('the session is open', async () =>
    (await stateOf(bridge, 'busy')) === 'working' ? true : null,
  );
  await odoo.eventsReach(3);
  await bridge.end('SIGKILL');
  wire.cut();
  await pause(2500);
  const deaf = await RunningBridge.start(rig.dataDir, rig.environment);
  t.after(() => deaf.end('SIGKILL'));
  await deaf.logged('mqtt_connection_failed');
  await deaf.end('SIGKILL');
  wire.heal();
  const last = await startBridge(t, rig.dataDir, rig.environment);
  await meters.publish('meters/quiet', 0.5);
  await eventually('the quiet device is heard', async () => {
    const { body } = await last.request('/api/devices');
    const { devices } = body as { devices: { device_id: string; power_w: number | null }[] };
    return devices.some(({ power_w }) => power_w === 0.5) ? true : null;
  });
  assert.equal(await last.end(), 0);
  assert.deepEqual(eventsOf(odoo, 'quiet', ['device_offline']), []);
});
