import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { always } from '../../simulator/stand-in-faults.ts';
import { PERSISTENT } from '../mosquitto.ts';
import {
  connected,
  connectMeters,
  endOf,
  eventsOf,
  genericDevice,
  inWords,
  pause,
  type Rig,
  sessionEvents,
  startBridge,
  startRig,
  stateOf,
} from './rig.ts';
import { eventually } from './running-bridge.ts';

const TIMEOUT_S = 1.5;
const SESSION_CONFIG = {
  standby_threshold_w: 5,
  working_threshold_w: 50,
  start_debounce_s: 0.2,
  stop_debounce_s: 0.5,
  message_timeout_s: TIMEOUT_S,
  heartbeat_interval_s: 0,
};
/** A link has settled this long after a connection that brought no backlog. */
const SETTLED_MS = 1300;

/** How far a device's clock may be off; what is older than that is backlog. */
const SKEW_S = 1;
const BACKLOG_STEP_MS = 250;

/** A Shelly's `events/rpc` with its own time. */
const notifyStatus = (power: number, atMs: number) => ({
  src: 'shellypmminig3-48f6eeb73a1c',
  method: 'NotifyStatus',
  params: { ts: atMs / 1000, 'pm1:0': { id: 0, apower: power } },
});

const device = (id: string, more: object = {}) => genericDevice(id, SESSION_CONFIG, more);
const working = (rig: Rig, id: string) =>
  eventually(`${id} works`, async () => ((await stateOf(rig.bridge, id)) === 'working' ? true : null));

/** Opens a session on each device with a generic meter. */
async function openSessions(rig: Rig, ids: readonly string[], payload: number | object = 60): Promise<void> {
  await Promise.all(ids.map((id) => rig.meters.publish(`meters/${id}`, payload)));
  await Promise.all(ids.map((id) => working(rig, id)));
}

/** Waits until the bridge is connected again and listens for real. */
async function settled(rig: Rig, since: number): Promise<void> {
  await rig.bridge.logged('mqtt_connected', undefined, since);
  await pause(SETTLED_MS);
}

/** Ends the session of `id` with `power` and gives the events of all its sessions. */
async function endSession(rig: Rig, id: string, count: number) {
  await rig.meters.publish(`meters/${id}`, 0);
  return sessionEvents(rig.odoo, id, count);
}

describe('a link that does not hold', { concurrency: 4 }, () => {
  test('a broker that loses its sessions: subscriptions come back, and no session ends', async (t) => {
    const rig = await startRig(t, [device('saw'), device('lathe')]);
    await openSessions(rig, ['saw']);
    await rig.meters.close();
    await rig.broker.kill();
    await rig.bridge.logged('mqtt_connection_failed');
    await pause(TIMEOUT_S * 1000 + 500);
    const since = rig.bridge.log.length;
    await rig.broker.start();
    const again = await rig.bridge.logged('mqtt_connected', undefined, since);
    assert.equal(again.session_present, false);
    await connected(rig.bridge);
    rig.meters = await connectMeters(t, rig.broker.url);
    assert.equal(await stateOf(rig.bridge, 'saw'), 'working');
    await openSessions(rig, ['saw', 'lathe']);
    const events = await endSession(rig, 'saw', 2);
    assert.deepEqual(events.map(inWords), ['session_started working', 'session_stopped normal']);
  });

  test('a cut longer than the message timeout ends no session; one longer than gap_max_s asks the counter', async (t) => {
    const gap = { gap_max_s: 1 };
    const ids = ['plain', 'blind', 'used', 'unused'];
    const rig = await startRig(t, [device('plain'), ...ids.slice(1).map((id) => device(id, gap))]);
    const last = (id: string, kwh: number) =>
      id === 'used' || id === 'unused' ? { power: 60, energy: kwh } : 60;
    for (const id of ids) await rig.meters.publish(`meters/${id}`, last(id, 10));
    await Promise.all(ids.map((id) => working(rig, id)));
    await Promise.all(ids.map((id) => rig.meters.publish(`meters/${id}`, last(id, 10))));
    const lastMs = Date.now();
    // What was not acknowledged when the link broke would come again.
    await pause(200);
    rig.wire.cut();
    await rig.bridge.logged('mqtt_connection_failed');
    await pause(3000);
    assert.equal(rig.odoo.events().filter(({ event_type: type }) => type === 'session_timeout').length, 0);
    const since = rig.bridge.log.length;
    rig.wire.heal();
    await settled(rig, since);
    const backMs = Date.now();
    for (const id of ids) await rig.meters.publish(`meters/${id}`, last(id, id === 'used' ? 10.001 : 10));

    for (const id of ['blind', 'unused']) {
      const [start, end, next] = await sessionEvents(rig.odoo, id, 3);
      assert.deepEqual(
        [start, end, next].map((event) => event && inWords(event)),
        ['session_started working', 'session_timeout gap', 'session_started working'],
      );
      const { payload } = endOf(end);
      assert.ok('last_message_at' in payload);
      assert.equal(payload.ended_at, payload.last_message_at);
      assert.ok(Math.abs(Date.parse(payload.ended_at) - lastMs) < 150, `${id} ended at its last message`);
      assert.ok(payload.duration_s < 3, `${id} bills ${payload.duration_s} s`);
      assert.equal(next?.event_type, 'session_started');
      const startedMs = Date.parse((next.payload as { started_at: string }).started_at);
      assert.ok(startedMs >= backMs, `${id} begins anew ${startedMs - backMs} ms later`);
    }
    for (const id of ['plain', 'used']) {
      assert.equal(await stateOf(rig.bridge, id), 'working');
      const events = await endSession(rig, id, 2);
      assert.deepEqual(events.map(inWords), ['session_started working', 'session_stopped normal']);
      assert.ok(endOf(events[1]).payload.duration_s > 3);
    }
  });

  test('backlog with dates happened when it says, without dates it makes no session', async (t) => {
    const ids = ['open', 'ended', 'whole'];
    const devices = ids.map((id) => ({
      ...device(id, { max_clock_skew_s: SKEW_S }),
      mqtt_topic: `shelly-${id}/status/pm1:0`,
      parser_type: 'shelly_pm',
    }));
    const undated = ['undated', 'undated-open'];
    const rig = await startRig(t, [...devices, ...undated.map((id) => device(id))], { lines: PERSISTENT });
    const tell = (id: string, power: number, atMs: number) =>
      rig.meters.publish(`shelly-${id}/events/rpc`, notifyStatus(power, atMs));
    // A message in its time proves a clock; two make a session.
    for (const id of ids) await tell(id, id === 'whole' ? 0 : 60, Date.now());
    await rig.meters.publish('meters/undated', 0);
    await openSessions(rig, ['undated-open']);
    await Promise.all(['open', 'ended'].map((id) => working(rig, id)));

    await rig.meters.close();
    rig.wire.cut();
    const cutMs = Date.now();
    await rig.bridge.logged('mqtt_connection_failed');
    rig.meters = await connectMeters(t, rig.broker.url);
    const away = (id: string, power: (n: number) => number) =>
      Promise.all(
        Array.from({ length: 10 }, (_, n) => tell(id, power(n + 1), cutMs + (n + 1) * BACKLOG_STEP_MS)),
      );
    await away('open', () => 60);
    await away('ended', (n) => (n < 4 ? 60 : 0));
    await away('whole', (n) => (n >= 2 && n < 7 ? 60 : 0));
    for (const power of [60, 60, 60, 0]) await rig.meters.publish('meters/undated', power);
    for (const power of [0, 0, 0, 60]) await rig.meters.publish('meters/undated-open', power);
    // The broker goes and comes, and still has it all.
    await rig.meters.close();
    await rig.broker.kill('SIGTERM');
    await rig.broker.start();
    rig.meters = await connectMeters(t, rig.broker.url);
    await pause(cutMs + 10 * BACKLOG_STEP_MS + SKEW_S * 1000 + 100 - Date.now());
    const since = rig.bridge.log.length;
    rig.wire.heal();
    await settled(rig, since);

    const near = (iso: string, n: number, what: string) => {
      const lateMs = Date.parse(iso) - (cutMs + n * BACKLOG_STEP_MS);
      assert.ok(Math.abs(lateMs) <= 2, `${what} is ${lateMs} ms off`);
    };
    for (const [id, endedAt, messages] of [
      ['ended', 4, 4],
      ['whole', 7, 5],
    ] as const) {
      const [start, stop] = await sessionEvents(rig.odoo, id, 2);
      assert.equal(start?.event_type, 'session_started');
      const { event_type: type, ts, payload } = endOf(stop);
      assert.equal(type, 'session_stopped');
      near(payload.ended_at, endedAt, `${id}: ended_at`);
      assert.equal(Date.parse(ts) - Date.parse(payload.ended_at), SESSION_CONFIG.stop_debounce_s * 1000);
      assert.equal(payload.message_count, messages);
      if (id === 'whole') near(payload.started_at, 2, `${id}: started_at`);
    }
    assert.deepEqual(eventsOf(rig.odoo, 'undated'), []);
    assert.equal(await stateOf(rig.bridge, 'undated-open'), 'working');

    await tell('open', 60, Date.now());
    // A message of the very instant of the end does not count.
    await pause(50);
    await tell('open', 0, Date.now());
    const [, stop, ...more] = await sessionEvents(rig.odoo, 'open', 2);
    const { payload } = endOf(stop);
    assert.deepEqual([payload.message_count, payload.interruption_duration_s, more], [12, 0, []]);
    assert.equal(eventsOf(rig.odoo, 'undated-open').length, 1);
  });

  for (const [name, stallMs] of [
    ['shorter than a ping takes', TIMEOUT_S * 1000 + 3500],
    ['longer than a ping takes', TIMEOUT_S * 1000 + 6500],
  ] as const) {
    test(`a stall longer than the message timeout, ${name}, ends no session`, async (t) => {
      const rig = await startRig(t, [device('saw')]);
      await openSessions(rig, ['saw']);
      await rig.meters.publish('meters/saw', 60);
      rig.wire.stall();
      const stalledMs = Date.now();
      // The machine works on; what it says gets as far as the wire.
      while (Date.now() < stalledMs + stallMs) {
        await rig.meters.publish('meters/saw', 60);
        await pause(250);
      }
      assert.deepEqual(eventsOf(rig.odoo, 'saw').map(inWords), ['session_started working']);
      const failed = rig.bridge.log.find(({ event }) => event === 'mqtt_connection_failed');
      if (stallMs > TIMEOUT_S * 1000 + 5000) {
        assert.equal(failed?.reason, 'stalled');
        const noticedMs = Date.parse(failed?.timestamp ?? '') - stalledMs;
        assert.ok(noticedMs < TIMEOUT_S * 1000 + 5500, `noticed after ${noticedMs} ms`);
      } else {
        assert.equal(failed, undefined);
      }
      rig.wire.heal();
      await connected(rig.bridge);
      await rig.meters.publish('meters/saw', 60);
      await pause(SETTLED_MS);
      await rig.meters.publish('meters/saw', 60);
      assert.equal(await stateOf(rig.bridge, 'saw'), 'working');
      const events = await endSession(rig, 'saw', 2);
      assert.deepEqual(events.map(inWords), ['session_started working', 'session_stopped normal']);
      assert.ok(endOf(events[1]).payload.duration_s > stallMs / 1000);
    });
  }

  test('SIGTERM in a session while Odoo and broker hang: exit code 0 within 5 s, and the session goes on', async (t) => {
    const rig = await startRig(t, [device('saw')]);
    rig.odoo.set(always('hang'));
    await openSessions(rig, ['saw']);
    await eventually('a request hangs', () => (rig.odoo.received.length > 0 ? true : null));
    rig.wire.stall();
    const endMs = performance.now();
    assert.equal(await rig.bridge.end(), 0);
    const tookMs = performance.now() - endMs;
    assert.ok(tookMs < 5000, `took ${tookMs} ms`);
    await pause(TIMEOUT_S * 1000);
    rig.odoo.set(always('ok'));
    rig.wire.heal();
    rig.bridge = await startBridge(t, rig.dataDir, rig.environment);
    await pause(SETTLED_MS);
    await rig.meters.publish('meters/saw', 60);
    assert.equal(await stateOf(rig.bridge, 'saw'), 'working');
    const [start, end, ...more] = await endSession(rig, 'saw', 2);
    assert.deepEqual(
      [start, end].map((event) => event && inWords(event)),
      ['session_started working', 'session_stopped normal'],
    );
    assert.equal(more.length, 0);
    const { payload } = endOf(end);
    assert.equal(start && 'session_id' in start.payload && start.payload.session_id, payload.session_id);
    assert.ok(payload.duration_s > TIMEOUT_S);
    assert.equal(rig.odoo.repeats(), 0);
  });
});
