import { randomUUID } from 'node:crypto';
import { createRestSink } from '../src/odoo/rest-sink.ts';
import { COURIER_DEFAULTS, createCourier } from '../src/outbox/courier.ts';
import { systemClock } from '../src/platform/clock.ts';
import { createMetrics } from '../src/platform/metrics.ts';
import { openStore } from '../src/store/database.ts';
import { outboxTable } from '../src/store/outbox.ts';
import { temporaryFolder } from '../test/e2e/running-bridge.ts';
import type { Row, Table } from './figures.ts';
import type { OdooCalls } from './odoo.ts';
import { BATCH_MAX } from './scene.ts';
import { Worker } from './worker.ts';

const EVENTS = 10_000;
const BODY_BYTES = 500;
const silent = () => undefined;
const LOG = { debug: silent, info: silent, warning: silent, error: silent, debugs: false };

/** An outbox on disk with events of `devices` in turn, emptied by the courier alone: what remains beside detecting. */
async function drain(devices: number, batch: boolean, parallelBatchesMax: number): Promise<Row> {
  const folder = temporaryFolder();
  const odoo = new Worker<OdooCalls>(new URL('./odoo.ts', import.meta.url));
  const store = openStore(folder.path, 0);
  try {
    const baseUrl = await odoo.ask('start', { batchMax: BATCH_MAX });
    const outbox = outboxTable(store.database);
    const rows = Array.from({ length: EVENTS }, (_, i) => {
      const [uid, deviceId] = [randomUUID(), `device-${i % devices}`];
      const text = JSON.stringify({ event_uid: uid, device_id: deviceId, payload: { fill: '' } });
      const body = Buffer.from(text.replace('""', `"${'x'.repeat(BODY_BYTES - text.length)}"`));
      return { uid, deviceId, sessionId: null, eventType: 'session_started', ts: 0, body };
    });
    store.database.transaction(() => outbox.append(rows, 0));
    const clock = systemClock();
    const sink = createRestSink({ baseUrl, batch, clock });
    const options = { ...COURIER_DEFAULTS, parallelBatchesMax };
    const metrics = createMetrics();
    const courier = createCourier({ outbox, sink, clock, random: Math.random, log: LOG, metrics, options });
    const cpuBefore = process.cpuUsage();
    const began = performance.now();
    courier.start();
    await odoo.ask('reach', { count: EVENTS });
    const seconds = (performance.now() - began) / 1000;
    await courier.stop();
    const { user, system } = process.cpuUsage(cpuBefore);
    await sink.close();
    const { repeats } = await odoo.ask('stored');
    if (repeats > 0 || outbox.counts().pending > 0)
      throw new Error(`${repeats} repeats, or not all were settled`);
    const way = batch ? `batches, ${parallelBatchesMax} at once` : `singly, ${options.parallelMax} at once`;
    return [devices, way, EVENTS / seconds, (user + system) / EVENTS];
  } finally {
    store.close();
    await odoo.end();
    folder.remove();
  }
}

/** How fast a backlog is gone, singly and in batches. */
export async function backlog(): Promise<Table> {
  const rows: Row[] = [];
  for (const devices of [1000, 1]) {
    rows.push(await drain(devices, false, 1));
    for (const parallel of [1, 2, 4, 8]) rows.push(await drain(devices, true, parallel));
  }
  return {
    title: `Backlog: ${EVENTS} events of ${BODY_BYTES} bytes, from the outbox on disk to the stand-in Odoo`,
    columns: ['devices', 'sent', 'events/s', 'CPU µs/event'],
    rows,
    notes: [
      'The stand-in stores in memory: an Odoo that works for each event is what bounds a real delivery.',
    ],
  };
}
