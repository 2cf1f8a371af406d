import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { connectAsync } from 'mqtt';
import { always } from '../../simulator/stand-in-faults.ts';
import { type StandInOdoo, startStandInOdoo } from '../../simulator/stand-in-odoo.ts';
import type { BridgeEvent } from '../../src/model/event.ts';
import { startMosquitto } from '../mosquitto.ts';
import { assertOrder, assertSameBytes } from './crash-evidence.ts';
import { readStore } from './outbox-copy.ts';
import { genericDevice, startBridge } from './rig.ts';
import { eventually, type RunningBridge, temporaryFolder } from './running-bridge.ts';

const DEVICES = 20;
const RSS_MAX_MIB = 200;
const TIMEOUT_MS = 120_000;
/** Most requests that may fail in the whole outage: those that were out when it began, and one probe a time. */
const FAILED_REQUESTS_MAX = 20;

const deviceId = (n: number) => `meter-${String(n).padStart(2, '0')}`;

/** Resident memory of a process, MiB: now, and the highest ever. */
function memoryMib(pid: number): { now: number; highest: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const kib = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1]);
  return { now: kib('VmRSS') / 1024, highest: kib('VmHWM') / 1024 };
}

/** Publishes `count` readings, each with a power of its own that opens no session, the devices in turn. */
async function publishReadings(url: string, count: number): Promise<void> {
  const client = await connectAsync(url, { reconnectPeriod: 0 });
  for (let i = 0; i < count; ) {
    const some: Promise<unknown>[] = [];
    for (; some.length < 100 && i < count; i++) {
      const powerW = Math.floor(i / DEVICES) / 1000;
      some.push(client.publishAsync(`meters/${deviceId(i % DEVICES)}`, `{"power":${powerW}}`, { qos: 1 }));
    }
    await Promise.all(some);
  }
  await client.endAsync();
}

/** Waits until health names `problem`. */
function told(bridge: RunningBridge, problem: RegExp): Promise<true> {
  return eventually(
    `health says ${problem}`,
    async () => ((await bridge.health()).problems as string[]).some((said) => problem.test(said)) || null,
    TIMEOUT_MS,
  );
}

/**
 * Lets Odoo hang, refuse connections, answer 503 and 404. @returns it, still answering 404, and the requests
 * that were in vain until then
 */
async function breakOdoo(first: StandInOdoo, bridge: RunningBridge) {
  await eventually('requests hang', () => (first.received.length > 0 ? true : null), TIMEOUT_MS);
  const port = Number(new URL(first.url).port);
  await first.close();
  await told(bridge, /refused the connection/);
  const odoo = await startStandInOdoo({ now: Date.now, port, faults: always({ status: 503 }) });
  await told(bridge, /answered 503/);
  odoo.set(always({ status: 404, body: '<html>upgrading</html>', contentType: 'text/html' }));
  await told(bridge, /404/);
  return { odoo, failedBefore: first.received.length };
}

/** What Odoo got of each device: coming online, then each reading once, in the order they were published. */
function assertReadings(odoo: StandInOdoo, count: number): void {
  const events = Map.groupBy(odoo.events() as unknown as BridgeEvent[], ({ device_id }) => device_id);
  for (let n = 0; n < DEVICES; n++) {
    const [online, ...readings] = events.get(deviceId(n)) ?? [];
    assert.equal(online?.event_type, 'device_online');
    assert.deepEqual(
      readings.map(({ payload }) => (payload as { apower: number }).apower),
      Array.from({ length: Math.ceil((count - n) / DEVICES) }, (_, i) => i / 1000),
    );
  }
}

/**
 * Keeps Odoo away in every way there is until `count` readings wait, then lets it come back.
 * Proves that each arrives once, in order, and that memory stays small; tells the figures.
 */
export async function proveOutage(t: TestContext, count: number): Promise<void> {
  const folder = temporaryFolder();
  t.after(() => folder.remove());
  const broker = await startMosquitto(['allow_anonymous true', 'max_queued_messages 0']);
  t.after(() => broker.stop());
  const hanging = await startStandInOdoo({ now: Date.now, faults: always('hang') });
  t.after(() => hanging.close());
  const devices = Array.from({ length: DEVICES }, (_, n) =>
    genericDevice(deviceId(n), {}, { forward_measurements: true }),
  );
  const environment = {
    MQTT_URL: broker.url,
    ODOO_BASE_URL: hanging.url,
  };
  const bridge = await startBridge(t, folder.path, environment, { devices });
  const pid = bridge.process.pid ?? 0;
  const atStartMib = memoryMib(pid).now;
  let highestMib = 0;
  const sampler = setInterval(() => {
    highestMib = Math.max(highestMib, memoryMib(pid).now);
  }, 50);
  t.after(() => clearInterval(sampler));

  const beganAt = performance.now();
  let waitingAfterMs = 0;
  const fill = async () => {
    await publishReadings(broker.url, count);
    const all = async () => ((await bridge.health()).events_pending === count + DEVICES ? true : null);
    await eventually('all readings wait', all, TIMEOUT_MS);
    waitingAfterMs = performance.now() - beganAt;
  };
  const [{ odoo, failedBefore }] = await Promise.all([breakOdoo(hanging, bridge), fill()]);
  t.after(() => odoo.close());
  const failed = failedBefore + odoo.received.length;
  odoo.set(always('ok'));
  await odoo.eventsReach(1);
  const backAt = performance.now();
  await odoo.eventsReach(count + DEVICES);
  const drainedMs = performance.now() - backAt;
  await eventually('nothing waits', async () => ((await bridge.health()).events_pending === 0 ? true : null));
  const peakMib = Math.max(highestMib, memoryMib(pid).highest);
  clearInterval(sampler);
  assert.equal((await bridge.health()).status, 'ok');
  assert.equal(await bridge.end(), 0);

  assert.equal(odoo.events().length, count + DEVICES);
  assertReadings(odoo, count);
  const rows = readStore(folder.path)?.events ?? [];
  assertOrder(odoo, rows);
  assertSameBytes(odoo, new Map(rows.map((row) => [row.uid, row])));
  assert.ok(failed <= FAILED_REQUESTS_MAX, `${failed} requests while Odoo was away`);
  assert.ok(peakMib < RSS_MAX_MIB, `${peakMib} MiB`);
  t.diagnostic(
    `${count} readings waited after ${Math.round(waitingAfterMs)} ms, drained in ${Math.round(drainedMs)} ms ` +
      `(${Math.round((1000 * (count + DEVICES)) / drainedMs)} events/s), ${failed} requests in vain, ` +
      `memory ${Math.round(atStartMib)} MiB at the start, at most ${Math.round(peakMib)} MiB`,
  );
}
