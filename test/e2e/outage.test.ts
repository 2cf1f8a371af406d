import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { always, type FaultScript, sequence } from '../../simulator/stand-in-faults.ts';
import { startStandInOdoo } from '../../simulator/stand-in-odoo.ts';
import type { BridgeEvent } from '../../src/model/event.ts';
import { startMosquitto } from '../mosquitto.ts';
import { proveOutage } from './outage-run.ts';
import {
  connectMeters,
  eventsOf,
  genericDevice,
  pause,
  type Rig,
  sessionEvents,
  startBridge,
  startRig,
} from './rig.ts';
import { eventually, type RunningBridge, temporaryFolder } from './running-bridge.ts';

const QUICK = { start_debounce_s: 0.1, stop_debounce_s: 0.1, heartbeat_interval_s: 0, message_timeout_s: 60 };
const HOLD_MS = 300;

/** One session of the device: its power comes and goes. */
async function playSession({ meters }: Pick<Rig, 'meters'>, id: string): Promise<void> {
  await meters.publish(`meters/${id}`, 120);
  await pause(HOLD_MS);
  await meters.publish(`meters/${id}`, 0);
  await pause(HOLD_MS);
}

type Listed = { event_uid: string; event_type: string; refusals: number; last_error: string | null };

/** The events that the API lists, oldest first. */
async function listed(bridge: RunningBridge, state: string): Promise<(Listed & { body: BridgeEvent })[]> {
  const { body } = await bridge.request(`/api/events?state=${state}&limit=500`);
  return (body as { events: (Listed & { body: BridgeEvent })[] }).events.toReversed();
}

const problemsOf = async (bridge: RunningBridge) => ((await bridge.health()).problems as string[]).join(' ');

describe('Odoo away', { concurrency: 3 }, () => {
  test('2000 events wait through every kind of outage and arrive once, in order', async (t) => {
    await proveOutage(t, 2000);
  });

  test('a wrong key loses nothing, and health says what to do', async (t) => {
    const odoo = await startStandInOdoo({ now: Date.now, apiKey: 'right-key' });
    t.after(() => odoo.close());
    const environment = { ODOO_BASE_URL: odoo.url, ODOO_API_KEY: 'wrong-key', EVENT_MAX_RETRIES: '1' };
    const rig = await startRig(t, [genericDevice('saw', QUICK)], { environment });
    await playSession(rig, 'saw');
    await eventually('three events wait', async () => {
      return (await rig.bridge.health()).events_pending === 3 ? true : null;
    });
    await eventually('health names the key', async () => {
      return (await problemsOf(rig.bridge)).includes('Check ODOO_API_KEY') ? true : null;
    });
    assert.deepEqual(odoo.events(), []);
    const health = await rig.bridge.health();
    assert.deepEqual([health.status, health.odoo_reachable, health.events_parked], ['degraded', false, 0]);
    assert.doesNotMatch(JSON.stringify([health, rig.bridge.log]), /wrong-key/);
    assert.equal(await rig.bridge.end(), 0);
    const healed = { ...rig.environment, ODOO_API_KEY: 'right-key' };
    const bridge = await startBridge(t, rig.dataDir, healed);
    await odoo.eventsReach(3);
    assert.deepEqual(
      odoo.events().map(({ event_type }) => event_type),
      ['device_online', 'session_started', 'session_stopped'],
    );
    await eventually('health is well', async () => ((await bridge.health()).status === 'ok' ? true : null));
  });

  test('a refused event is parked, others go on, and it can be sent again alone', async (t) => {
    const rig = await startRig(t, [genericDevice('bad', QUICK), genericDevice('good', QUICK)], {
      environment: { EVENT_MAX_RETRIES: '2' },
    });
    const { odoo, bridge } = rig;
    let refusing = true;
    const refusal = { status: 400, body: '{"status":"error","message":"no such machine"}' };
    const script: FaultScript = (_, event) => {
      const { device_id, event_type } = event as BridgeEvent;
      return refusing && device_id === 'bad' && event_type === 'session_started' ? refusal : 'ok';
    };
    odoo.set(script);
    await Promise.all([playSession(rig, 'bad'), playSession(rig, 'good')]);
    await sessionEvents(odoo, 'good', 2);
    assert.equal(eventsOf(odoo, 'bad').length, 0);
    await sessionEvents(odoo, 'bad', 1);
    const sent = odoo.received.map(({ parsed }) => parsed as BridgeEvent);
    assert.deepEqual(
      sent.filter(({ device_id }) => device_id === 'bad').map(({ event_type }) => event_type),
      ['device_online', 'session_started', 'session_started', 'session_stopped'],
    );
    const [parked, ...others] = await listed(bridge, 'parked');
    assert.ok(parked);
    assert.deepEqual(others, []);
    assert.deepEqual([parked.event_type, parked.refusals], ['session_started', 2]);
    assert.match(parked.last_error ?? '', /no such machine/);
    assert.match(await problemsOf(bridge), /1 event is parked/);

    refusing = false;
    const before = odoo.received.length;
    const retry = () => bridge.request(`/api/events/${parked.event_uid}/retry`, { method: 'POST' });
    assert.equal((await retry()).status, 200);
    await sessionEvents(odoo, 'bad', 2);
    const again = odoo.received.slice(before);
    assert.deepEqual(
      again.map(({ parsed }) => (parsed as BridgeEvent).event_uid),
      [parked.event_uid],
    );
    const first = odoo.received.find(({ parsed }) => (parsed as BridgeEvent).event_uid === parked.event_uid);
    assert.deepEqual(again[0]?.body, first?.body);
    await eventually('health is well', async () => ((await bridge.health()).status === 'ok' ? true : null));
    assert.equal((await retry()).status, 409);
  });

  test('Retry-After is honoured', async (t) => {
    const rig = await startRig(t, [genericDevice('saw', QUICK)]);
    rig.odoo.set(sequence([{ status: 503, headers: { 'retry-after': '3' } }]));
    await playSession(rig, 'saw');
    await sessionEvents(rig.odoo, 'saw', 2);
    const [first, second] = rig.odoo.received;
    const waitedMs = (second?.at ?? 0) - (first?.at ?? 0);
    assert.ok(waitedMs >= 2990 && waitedMs < 4500, `${waitedMs} ms`);
  });

  test('an Odoo that hangs does not keep the bridge from ending', async (t) => {
    const rig = await startRig(t, [genericDevice('saw', QUICK)]);
    rig.odoo.set(always('hang'));
    await playSession(rig, 'saw');
    await eventually('a request hangs', () => (rig.odoo.received.length > 0 ? true : null));
    const askedAt = performance.now();
    assert.equal(await rig.bridge.end(), 0);
    const tookMs = performance.now() - askedAt;
    assert.ok(tookMs < 5000, `${tookMs} ms`);
    rig.odoo.set(always('ok'));
    await startBridge(t, rig.dataDir, rig.environment);
    const events = await sessionEvents(rig.odoo, 'saw', 2);
    assert.deepEqual(
      events.map(({ event_type }) => event_type),
      ['session_started', 'session_stopped'],
    );
    const [hung, again] = rig.odoo.received;
    assert.deepEqual(again?.body, hung?.body);
  });

  test('above EVENT_QUEUE_MAX measurements go first, then heartbeats, then presence, then whole sessions', async (t) => {
    await proveBound(t);
  });
});

const QUEUE_MAX = 20;
const SESSION_DEVICES = Array.from({ length: 10 }, (_, n) => `machine-${n}`);

/** How many events of each type wait. */
async function waitingTypes(bridge: RunningBridge): Promise<Record<string, number>> {
  const types = (await listed(bridge, 'pending')).map(({ event_type }) => event_type);
  return Object.fromEntries([...Map.groupBy(types, (type) => type)].map(([type, all]) => [type, all.length]));
}

async function proveBound(t: Parameters<typeof startBridge>[0]): Promise<void> {
  const folder = temporaryFolder();
  t.after(() => folder.remove());
  const broker = await startMosquitto();
  t.after(() => broker.stop());
  const environment = { MQTT_URL: broker.url, EVENT_QUEUE_MAX: String(QUEUE_MAX) };
  const devices = [
    genericDevice('meter', QUICK, { forward_measurements: true }),
    genericDevice('beating', { ...QUICK, heartbeat_interval_s: 1 }),
    ...SESSION_DEVICES.map((id) => genericDevice(id, QUICK)),
  ];
  const full = await startBridge(t, folder.path, environment, { devices });
  const meters = await connectMeters(t, broker.url);
  await meters.publish('meters/beating', 120);
  await eventually('two heartbeats', async () => {
    return ((await waitingTypes(full)).session_heartbeat ?? 0) >= 2 ? true : null;
  });
  for (let i = 1; i <= 40; i++) await meters.publish('meters/meter', i / 100);
  await eventually('the newest measurement', async () => {
    const measurements = (await listed(full, 'pending')).filter((e) => e.event_type === 'power_measurement');
    const powers = measurements.map(({ body }) => (body.payload as { apower: number }).apower);
    if (powers.at(-1) !== 0.4) return null;
    assert.deepEqual(
      powers,
      Array.from({ length: powers.length }, (_, i) => (41 - powers.length + i) / 100),
    );
    return true;
  });
  const { power_measurement: kept = 0, session_heartbeat: beats = 0, ...rest } = await waitingTypes(full);
  assert.equal(kept, QUEUE_MAX - beats - 3);
  assert.deepEqual(rest, { device_online: 2, session_started: 1 });

  await Promise.all(SESSION_DEVICES.map((id) => playSession({ meters }, id)));
  // Ten whole sessions fill it; the open one, which is older, had to go with all that is worth less.
  await eventually('whole sessions only', async () => {
    const types = await waitingTypes(full);
    return types.session_started === 10 && types.session_stopped === 10 ? true : null;
  });
  const dropped = full.log.filter(({ event }) => event === 'event_dropped');
  const droppedTypes = new Set(dropped.map(({ event_type }) => event_type));
  assert.deepEqual(
    droppedTypes,
    new Set(['power_measurement', 'session_heartbeat', 'device_online', 'session_started']),
  );
  assert.equal(await full.end(), 0);

  const odoo = await startStandInOdoo({ now: Date.now });
  t.after(() => odoo.close());
  await startBridge(t, folder.path, { ...environment, ODOO_BASE_URL: odoo.url });
  await odoo.eventsReach(QUEUE_MAX);
  for (const id of SESSION_DEVICES) {
    assert.deepEqual(
      eventsOf(odoo, id).map(({ event_type }) => event_type),
      ['session_started', 'session_stopped'],
    );
  }
  await meters.publish('meters/beating', 0);
  const [end] = await sessionEvents(odoo, 'beating', 1);
  assert.equal(end?.event_type, 'session_stopped');
}
