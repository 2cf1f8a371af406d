import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../simulator/random.ts';
import type { SessionRecord } from '../../src/model/machine.ts';
import { MACHINES, MachinePark, parkConfiguration } from '../e2e/machine-park.ts';
import { atEnd, pause } from '../e2e/rig.ts';
import { eventually } from '../e2e/running-bridge.ts';
import { PERSISTENT, startMosquitto } from '../mosquitto.ts';
import { Stage } from './stage.ts';

const PLAY_S = Number(process.env.DAY_SECONDS ?? 150);
/** What is done to whom, at which part of the time. */
const TROUBLES: readonly { at: number; who: 'bridge' | 'odoo'; signal: NodeJS.Signals }[] = [
  { at: 0.1, who: 'bridge', signal: 'SIGKILL' },
  { at: 0.2, who: 'odoo', signal: 'SIGTERM' },
  { at: 0.4, who: 'bridge', signal: 'SIGKILL' },
  { at: 0.5, who: 'odoo', signal: 'SIGKILL' },
  { at: 0.6, who: 'bridge', signal: 'SIGTERM' },
  { at: 0.75, who: 'odoo', signal: 'SIGTERM' },
  { at: 0.8, who: 'bridge', signal: 'SIGKILL' },
];

type OdooSession = {
  id: number;
  session_uid: string;
  device_identifier: string;
  start: string;
  end: string;
  state: string;
  duration_s: number;
  energy_kwh: number;
  reason: string;
};
const FIELDS = [
  'session_uid',
  'device_identifier',
  'start',
  'end',
  'state',
  'duration_s',
  'energy_kwh',
  'reason',
];

/** As Odoo writes a time: UTC, seconds. */
const odooTime = (iso: string | null) => (iso ?? '').slice(0, 19).replace('T', ' ');

async function makeTrouble(stage: Stage): Promise<void> {
  const begin = performance.now();
  for (const { at, who, signal } of TROUBLES) {
    await pause(Math.max(0, at * PLAY_S * 1000 - (performance.now() - begin)));
    if (who === 'bridge') {
      await stage.bridge.end(signal);
      await pause(500);
      await stage.runBridge();
    } else {
      await stage.odoo.stop(signal);
      await pause(3000);
      await stage.odoo.start();
    }
  }
  await pause(Math.max(0, PLAY_S * 1000 - (performance.now() - begin)));
}

/** Every session that the bridge knows, oldest first. */
async function sessionsOf({ bridge }: Stage): Promise<SessionRecord[]> {
  const all: SessionRecord[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const { body } = await bridge.request(`/api/sessions?limit=500${cursor && `&cursor=${cursor}`}`);
    const page = body as { sessions: SessionRecord[]; next_cursor: string | null };
    all.push(...page.sessions);
    cursor = page.next_cursor;
  }
  return all;
}

test(`sessions arrive once in a real Odoo that is restarted, from a bridge that is killed (${PLAY_S} s)`, async (t) => {
  const broker = await startMosquitto([...PERSISTENT, 'max_queued_messages 100000']);
  atEnd(t, () => broker.stop());
  const stage = await Stage.start(t, { MQTT_URL: broker.url }, { isPushing: false });
  const configuration = parkConfiguration();
  const devices = configuration.devices.map(({ device_id, mqtt_topic }) => ({
    name: device_id,
    device_id,
    mqtt_topic,
  }));
  await stage.odoo.call('mqtt.device', 'create', [devices]);
  assert.equal((await stage.bridge.push(configuration)).status, 200);
  const park = await MachinePark.connect(broker.url, seededRandom(18));
  atEnd(t, () => park.close());
  park.start();
  await makeTrouble(stage);
  await park.stop();
  await eventually(
    'every session ended and is delivered',
    async () => {
      const { events_pending, active_sessions } = await stage.bridge.health();
      return events_pending === 0 && active_sessions === 0 ? true : null;
    },
    180_000,
  );

  const told = await sessionsOf(stage);
  const options = { fields: FIELDS };
  const found = await stage.odoo.call<OdooSession[]>('mqtt.session', 'search_read', [[]], options);
  t.diagnostic(`${park.messages} messages, ${told.length} sessions in the bridge, ${found.length} in Odoo`);
  const byUid = new Map(found.map((session) => [session.session_uid, session]));
  assert.equal(byUid.size, found.length);
  assert.equal(found.length, told.length);
  for (const { session_id, device_id, started_at, ended_at, duration_s, energy_kwh, reason } of told) {
    const session = byUid.get(session_id);
    assert.deepEqual(session, {
      id: session?.id,
      session_uid: session_id,
      device_identifier: device_id,
      start: odooTime(started_at),
      end: odooTime(ended_at),
      state: 'closed',
      duration_s,
      energy_kwh,
      reason,
    });
  }
  for (const { id, family } of MACHINES) {
    if (family !== 'dated') continue;
    const sessions = found.filter(({ device_identifier }) => device_identifier === id);
    assert.equal(sessions.length, park.phasesOf(id).length, `${id}: each time it was on is one session`);
  }
  const waiting = await stage.odoo.call<number>('mqtt.event', 'search_count', [
    [['state', '=', 'unprocessed']],
  ]);
  assert.equal(waiting, 0);
});
