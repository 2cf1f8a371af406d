import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, test } from 'node:test';
import { always, type FaultScript, faultsByChance } from '../../simulator/stand-in-faults.ts';
import { startJsonRpcOdoo } from '../../simulator/stand-in-json-rpc.ts';
import { type ReceivedRequest, type StandInOdoo, startStandInOdoo } from '../../simulator/stand-in-odoo.ts';
import type { BridgeEvent } from '../../src/model/event.ts';
import { atEnd, genericDevice, pause, type Rig, sessionEvents, startBridge, startRig } from './rig.ts';
import { eventually } from './running-bridge.ts';

const QUICK = { start_debounce_s: 0.1, stop_debounce_s: 0.1, heartbeat_interval_s: 0, message_timeout_s: 60 };
const HOLD_MS = 300;
const DEVICES = Array.from({ length: 5 }, (_, n) => `meter-${n}`);
const READINGS = 120;

/** One session of the device: its power comes and goes. */
async function playSession({ meters }: Pick<Rig, 'meters'>, id: string): Promise<void> {
  await meters.publish(`meters/${id}`, 120);
  await pause(HOLD_MS);
  await meters.publish(`meters/${id}`, 0);
  await pause(HOLD_MS);
}

/** Powers that open no session, each of its own, of every device in turn. */
async function publishReadings({ meters }: Rig, from: number): Promise<void> {
  for (let i = from; i < from + READINGS; i++) {
    await Promise.all(DEVICES.map((id) => meters.publish(`meters/${id}`, i / 1000)));
  }
}

const measuring = DEVICES.map((id) => genericDevice(id, {}, { forward_measurements: true }));
const batchesIn = (odoo: StandInOdoo) =>
  odoo.received.filter(({ path, status }) => path === '/ows/iot/events' && status === 200);
const eventsIn = ({ parsed }: ReceivedRequest) => (parsed as { events: BridgeEvent[] }).events;

function waits({ bridge }: Rig, count: number): Promise<true> {
  return eventually(`${count} events wait`, async () =>
    (await bridge.health()).events_pending === count ? true : null,
  );
}

function reach(odoo: StandInOdoo, count: number): Promise<true> {
  return eventually(`${count} events`, () => (odoo.events().length >= count ? true : null), 60_000);
}

/** Each device came online, then each of its readings came once, in order. */
function assertReadings(odoo: StandInOdoo, count: number): void {
  const events = Map.groupBy(odoo.events() as unknown as BridgeEvent[], ({ device_id }) => device_id);
  for (const id of DEVICES) {
    const [online, ...readings] = events.get(id) ?? [];
    assert.equal(online?.event_type, 'device_online');
    assert.deepEqual(
      readings.map(({ payload }) => (payload as { apower: number }).apower),
      Array.from({ length: count }, (_, i) => i / 1000),
    );
  }
}

describe('ways of delivery', { concurrency: 2 }, () => {
  test('a backlog goes in batches, through faults of every kind, and each event arrives once, in order', async (t) => {
    const rig = await startRig(t, measuring, { environment: { EVENT_MAX_RETRIES: '100' } });
    const { odoo, bridge } = rig;
    odoo.setBatchMax(50);
    odoo.set(always({ status: 503 }));
    await publishReadings(rig, 0);
    const waiting = DEVICES.length * (READINGS + 1);
    await waits(rig, waiting);
    // Each event of a batch meets its own chance.
    odoo.set(
      faultsByChance(7, { 'drop-after': 0.003, 'drop-before': 0.003, html: 0.002, 400: 0.005, 429: 0.002 }),
    );
    await reach(odoo, waiting);
    assertReadings(odoo, READINGS);
    const batches = batchesIn(odoo);
    assert.ok(batches.length > 5, `${batches.length} batches`);
    assert.ok(batches.every((batch) => eventsIn(batch).length > 1 && eventsIn(batch).length <= 50));

    odoo.set(always({ status: 503 }));
    await publishReadings(rig, READINGS);
    await waits(rig, DEVICES.length * READINGS);
    await bridge.end('SIGKILL');
    odoo.set(always('ok'));
    odoo.setBatchMax(undefined);
    await startBridge(t, rig.dataDir, rig.environment);
    await reach(odoo, waiting + DEVICES.length * READINGS);
    assertReadings(odoo, 2 * READINGS);
  });

  test('a route that goes away, or takes less, sends the events singly or in smaller batches', async (t) => {
    const rig = await startRig(t, measuring);
    const { odoo, bridge } = rig;
    odoo.setBatchMax(200);
    let waiting = DEVICES.length;
    const collect = async (from: number) => {
      odoo.set(always({ status: 503 }));
      await publishReadings(rig, from);
      await waits(rig, from === 0 ? DEVICES.length * (READINGS + 1) : DEVICES.length * READINGS);
      waiting += DEVICES.length * READINGS;
    };
    await collect(0);
    odoo.set(always('ok'));
    await reach(odoo, waiting);
    assert.ok(batchesIn(odoo).length > 0);

    await collect(READINGS);
    odoo.setBatchMax(undefined);
    const before = odoo.received.length;
    odoo.set(always('ok'));
    await reach(odoo, waiting);
    const batches = odoo.received.slice(before).filter(({ path }) => path === '/ows/iot/events');
    assert.ok(batches.length <= 2, `${batches.length} batches to a route that is gone`);

    await collect(2 * READINGS);
    odoo.setBatchMax(200);
    const tooLarge: FaultScript = (_, event) =>
      eventsInLast(odoo) > 40 && event !== undefined ? { status: 413 } : 'ok';
    odoo.set(tooLarge);
    await reach(odoo, waiting);
    assertReadings(odoo, 3 * READINGS);
    assert.equal(odoo.repeats(), 0);
    assert.equal((await bridge.health()).events_parked, 0);
  });

  test('a webhook gets each event at its URL, signed', async (t) => {
    const secret = 'a-webhook-secret-of-32-characters';
    const odoo = await startStandInOdoo({ now: Date.now });
    atEnd(t, () => odoo.close());
    const environment = {
      ODOO_SINK: 'webhook',
      ODOO_BASE_URL: `${odoo.url}/ows/iot/event?sig=s3cr3t-of-the-url`,
      WEBHOOK_SECRET: secret,
    };
    const rig = await startRig(t, [genericDevice('saw', QUICK)], { environment });
    await playSession(rig, 'saw');
    await sessionEvents(odoo, 'saw', 2);
    for (const { path, headers, body, parsed } of odoo.received) {
      assert.equal(path, '/ows/iot/event?sig=s3cr3t-of-the-url');
      assert.equal(headers['x-signature'], createHmac('sha256', secret).update(body).digest('hex'));
      assert.equal(headers['x-event-type'], (parsed as BridgeEvent).event_type);
      assert.equal(headers.authorization, undefined);
    }
    assert.doesNotMatch(
      JSON.stringify([rig.bridge.log, await rig.bridge.health()]),
      /s3cr3t|a-webhook-secret/,
    );
  });

  test('an Odoo without our add-on gets a record for each session', async (t) => {
    const odoo = await startJsonRpcOdoo({
      database: 'workshop',
      username: 'bridge@example.com',
      apiKey: 'right-key',
      model: 'x_machine_session',
      fields: { x_session_id: 'char', x_name: 'char', x_ended_at: 'datetime', x_duration_s: 'float' },
    });
    atEnd(t, () => odoo.close());
    const environment = {
      ODOO_SINK: 'jsonrpc',
      ODOO_BASE_URL: odoo.url,
      ODOO_DATABASE: 'workshop',
      ODOO_USERNAME: 'bridge@example.com',
      ODOO_API_KEY: 'right-key',
      ODOO_FIELDS: 'session_id=x_session_id,machine_name=x_name,ended_at=x_ended_at,duration_s=x_nope',
    };
    const devices = [genericDevice('saw', QUICK), genericDevice('mill', QUICK)];
    const rig = await startRig(t, devices, { environment });
    await Promise.all([playSession(rig, 'saw'), playSession(rig, 'mill')]);
    await eventually('health says what to make', async () => {
      const said = ((await rig.bridge.health()).problems as string[]).join(' ');
      return /x_nope.*change ODOO_FIELDS/.test(said) ? true : null;
    });
    assert.equal(await rig.bridge.end(), 0);
    // Answers are lost now and then: the record is the same for all that.
    let loads = 0;
    odoo.set((_, method) => (method === 'load' && loads++ % 2 === 0 ? 'drop-after' : 'ok'));
    const healed = {
      ...rig.environment,
      ODOO_FIELDS: environment.ODOO_FIELDS.replace('x_nope', 'x_duration_s'),
    };
    const bridge = await startBridge(t, rig.dataDir, healed);
    await eventually(
      'all is delivered',
      async () => ((await bridge.health()).events_pending === 0 ? true : null),
      30_000,
    );
    const records = [...odoo.records().values()];
    assert.deepEqual(new Set(records.map(({ x_name }) => x_name)), new Set(['saw', 'mill']));
    for (const record of records) {
      assert.match(String(record.x_ended_at), /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
      assert.ok(Number(record.x_duration_s) > 0.1 && Number(record.x_duration_s) < 5);
    }
    assert.equal(records.length, 2);
  });
});

/** How many events came with the newest request. */
function eventsInLast(odoo: StandInOdoo): number {
  const last = odoo.received.at(-1);
  return last?.path === '/ows/iot/events' ? eventsIn(last).length : 1;
}
