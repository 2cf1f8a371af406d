import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ReplayReport, Suggestion } from '../../src/model/replay.ts';
import { runReplay } from './replay-load.ts';
import { eventsOf, genericDevice, pause, sessionEvents, startRig } from './rig.ts';

const SESSION_CONFIG = {
  standby_threshold_w: 5,
  working_threshold_w: 50,
  start_debounce_s: 0.2,
  stop_debounce_s: 0.3,
  message_timeout_s: 20,
  heartbeat_interval_s: 0,
};
const STEP_MS = 100;
/** Off, standby, work with a dip, off; and the same at standby only. */
const RUN = [0.4, 12, 12, 61, 60, 60, 12, 62, 61, 60, 0.4, 0.4, 0.4, 0.4, 0.4];
const IDLE_RUN = [0.4, 12, 12, 12, 12, 0.4, 0.4, 0.4, 0.4, 0.4];

test('a replay of what was heard gives the sessions that were detected live, through a lost connection too', async (t) => {
  const rig = await startRig(t, [genericDevice('lathe', SESSION_CONFIG)]);
  const from = new Date().toISOString();
  let energy = 10;
  const play = async (powers: readonly number[]) => {
    for (const power of powers) {
      energy += (power * STEP_MS) / 3.6e9;
      await rig.meters.publish('meters/lathe', { power, energy });
      await pause(STEP_MS);
    }
  };
  await play(RUN);
  await play(IDLE_RUN);
  await play([60, 60, 60, 60]);
  rig.wire.cut();
  await rig.bridge.logged('mqtt_connection_failed');
  rig.wire.heal();
  await rig.bridge.logged('mqtt_connected', undefined, rig.bridge.log.length);
  await pause(1300);
  await play([60, 60, 0, 0, 0, 0, 0, 0]);
  await sessionEvents(rig.odoo, 'lathe', 6);
  const to = new Date(Date.now() + 1000).toISOString();
  const live = eventsOf(rig.odoo, 'lathe');
  assert.equal(live.filter(({ event_type }) => event_type === 'session_stopped').length, 3);

  const ask = async <T>(path: string, body?: object): Promise<T> => {
    const headers = { 'content-type': 'application/json' };
    const init = body ? { method: 'POST', headers, body: JSON.stringify(body) } : {};
    const answer = await rig.bridge.request(`/api/devices/lathe/${path}`, init);
    assert.equal(answer.status, 200, answer.text);
    return answer.body as T;
  };
  const same = await ask<ReplayReport>('replay', { from, to });
  assert.deepEqual(
    same.sessions.map(({ change }) => change),
    ['same', 'same', 'same'],
    JSON.stringify(same),
  );
  assert.deepEqual(same.lost, []);
  assert.deepEqual(same.before, same.after);

  const session_config = { standby_threshold_w: 30, working_threshold_w: 50 };
  const higher = await ask<ReplayReport>('replay', { from, to, session_config });
  assert.equal(higher.after.sessions, 2);
  assert.equal(higher.lost.length, 1);
  assert.ok(higher.after.duration_s < same.after.duration_s);

  const readings = await ask<{ points: { last_w: number }[] }>(`readings?from=${from}&points=1000`);
  assert.equal(readings.points.length, RUN.length + IDLE_RUN.length + 12);
  assert.equal(readings.points[3]?.last_w, 61);
  const suggestion = await ask<Suggestion>(`suggestion?from=${from}`);
  assert.ok(suggestion.sentences.length > 0);
});

test('two days at one reading a second are replayed to the sessions that were detected live', async (t) => {
  const { live, report } = await runReplay(t, 2 * 86_400);
  assert.equal(live, 48);
  assert.deepEqual(report.changes, { same: live, changed: 0, new: 0, lost: 0 });
});
