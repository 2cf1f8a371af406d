import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectAsync } from 'mqtt';
import { pause } from '../e2e/rig.ts';
import { eventually } from '../e2e/running-bridge.ts';
import { Stage } from './stage.ts';

const DEVICES = 200;
const SESSIONS_PER_DEVICE = 25;
const EVENTS = 2 * DEVICES * SESSIONS_PER_DEVICE;
/** Longer than the debounces, so that each time on is a session. */
const PHASE_MS = 500;

/** The machines go on and off together while Odoo is away. */
async function fillTheOutbox(stage: Stage, ids: readonly string[], url: string): Promise<void> {
  const client = await connectAsync(url, { reconnectPeriod: 0 });
  const say = (powerW: number) =>
    Promise.all(ids.map((id) => client.publishAsync(`meters/${id}`, String(powerW), { qos: 1 })));
  for (let i = 0; i < SESSIONS_PER_DEVICE; i++) {
    await say(100);
    await pause(PHASE_MS);
    await say(0);
    await pause(PHASE_MS);
  }
  await client.endAsync();
  await eventually('every session is over', async () => {
    const { active_sessions } = await stage.bridge.health();
    return active_sessions === 0 ? true : null;
  });
}

for (const { name, batch } of [
  { name: 'one by one, eight at once', batch: 'off' },
  { name: 'in batches', batch: 'auto' },
]) {
  test(`${EVENTS} events that waited reach a real Odoo ${name}`, async (t) => {
    const environment = { EMBEDDED_BROKER: 'on', ODOO_BATCH: batch, EMBEDDED_MQTT_PORT: '0' };
    const stage = await Stage.start(t, environment);
    const ids = Array.from({ length: DEVICES }, (_, i) => `d${i}`);
    await stage.odoo.call('mqtt.device', 'create', [
      ids.map((id) => ({
        name: id,
        device_id: id,
        mqtt_topic: `meters/${id}`,
        parser_type: 'generic',
        start_debounce_s: 0.1,
        stop_debounce_s: 0.1,
        heartbeat_interval_s: 0,
        message_timeout_s: 3600,
      })),
    ]);
    await stage.bridgeHas('every device', (devices) => devices.size === DEVICES);
    const { mqtt } = await stage.bridge.logged('embedded_broker_started');
    await stage.odoo.stop();
    await fillTheOutbox(stage, ids, `mqtt://127.0.0.1:${Number(mqtt)}`);
    const { events_pending: waiting } = await stage.bridge.health();
    assert.ok(Number(waiting) >= EVENTS, `${waiting} events wait`);
    await stage.odoo.start();
    const first = await eventually(
      'Odoo gets the first',
      async () => {
        const { events_pending } = await stage.bridge.health();
        return Number(events_pending) < Number(waiting) ? performance.now() : null;
      },
      90_000,
    );
    await eventually(
      'every event is delivered',
      async () => ((await stage.bridge.health()).events_pending === 0 ? true : null),
      600_000,
    );
    const seconds = (performance.now() - first) / 1000;
    t.diagnostic(
      `${waiting} events in ${seconds.toFixed(1)} s: ${(Number(waiting) / seconds).toFixed(0)} a second`,
    );
    const sessions = await stage.odoo.call<number>('mqtt.session', 'search_count', [
      [['state', '=', 'closed']],
    ]);
    assert.equal(sessions, DEVICES * SESSIONS_PER_DEVICE);
  });
}
