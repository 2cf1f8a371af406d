import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { BatchLimit, BatchVerdict, Delivery, Verdict } from '../model/delivery.ts';
import { ManualClock } from '../platform/manual-clock.ts';
import { createMetrics } from '../platform/metrics.ts';
import { type Database, openMemoryDatabase } from '../store/database.ts';
import { outboxTable } from '../store/outbox.ts';
import { type Courier, createCourier } from './courier.ts';
import { append, recordingLog, turns } from './courier-harness.ts';

const REFUSALS_MAX = 3;
/** Of a batch: five of the bodies that `append` makes. */
const BYTES_MAX = 5 * Buffer.byteLength('{"event_uid":"0-0"}');

/** What Odoo says to the tries of one event, in turn; when they are used up it takes the event. */
type Script = { status: Verdict['status']; delayMs: number }[];
/** The events of each lane. */
type Lanes = Script[][];
/** How each batch in turn is met, and how many events Odoo offers to take after it; then single events only. */
type Offers = { batch: 'looked_at' | 'declined' | 'away'; nextEvents: number }[];

const tries = fc.array(
  fc.record({
    status: fc.constantFrom<Verdict['status']>('delivered', 'refused', 'away'),
    delayMs: fc.constantFrom(0, 0, 1, 300, 5000),
  }),
  { maxLength: 6 },
);
const offersOf = fc.array(
  fc.record({
    batch: fc.constantFrom('looked_at', 'looked_at', 'looked_at', 'declined', 'away'),
    nextEvents: fc.integer({ min: 0, max: 8 }),
  }),
  { maxLength: 20 },
);
const lanesOf = fc.array(fc.array(tries, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 6 });

function outcomeOf(script: Script): 'delivered' | 'parked' {
  let refusals = 0;
  for (const { status } of script) {
    if (status === 'delivered') return 'delivered';
    if (status === 'refused' && ++refusals === REFUSALS_MAX) return 'parked';
  }
  return 'delivered';
}

/** Plays Odoo by the scripts, and looks for what must not happen. Survives the couriers that it serves. */
class ScriptedOdoo {
  readonly took: string[] = [];
  readonly #scripts = new Map<string, Script>();
  readonly #bodies = new Map<string, string>();
  readonly #tries = new Map<string, number>();
  readonly #offers: Offers;
  eventsMax: number;
  tries = 0;

  constructor(lanes: Lanes, offers: Offers) {
    this.#offers = [...offers];
    this.eventsMax = offers.length > 0 ? 8 : 0;
    for (const [l, events] of lanes.entries()) {
      for (const [e, script] of events.entries()) this.#scripts.set(`${l}-${e}`, script);
    }
  }

  /** The next line of the event's script; a resend must have the bytes of the first try. */
  hear(delivery: Delivery): Script[number] {
    const { uid, body } = delivery;
    const text = Buffer.from(body).toString();
    assert.equal(this.#bodies.get(uid) ?? text, text);
    this.#bodies.set(uid, text);
    const line = this.#next(delivery);
    this.#tries.set(uid, (this.#tries.get(uid) ?? 0) + 1);
    this.tries++;
    return line;
  }

  /** A batch is away as a whole when it is to be, or one of its events is; a refusal holds the rest of its device. */
  hearBatch(deliveries: readonly Delivery[]): Script[number][] | 'declined' | 'away' {
    const { batch, nextEvents } = this.#offers.shift() ?? { batch: 'looked_at', nextEvents: 0 };
    this.eventsMax = this.#offers.length > 0 ? nextEvents : 0;
    this.tries++;
    if (batch !== 'looked_at') return batch;
    const awayOnes = deliveries.filter((delivery) => this.#next(delivery).status === 'away');
    for (const delivery of awayOnes) this.hear(delivery);
    if (awayOnes.length > 0) return 'away';
    const refused = new Set<string>();
    return deliveries.flatMap((delivery) => {
      if (refused.has(delivery.deviceId)) return [];
      const line = this.hear(delivery);
      if (line.status === 'refused') refused.add(delivery.deviceId);
      return [line];
    });
  }

  #next({ uid }: Delivery): Script[number] {
    return this.#scripts.get(uid)?.[this.#tries.get(uid) ?? 0] ?? { status: 'delivered', delayMs: 0 };
  }
}

const AWAY = { status: 'away', reason: 'scripted' } as const;

type Life = { courier: Courier; clock: ManualClock; kill: () => void };

function begin(database: Database, odoo: ScriptedOdoo, parallelMax: number): Life {
  const clock = new ManualClock();
  let alive = true;
  clock.soon = (run) => {
    setImmediate(() => alive && run());
  };
  const lanesOut = new Set<string>();
  let requestsOut = 0;
  const depart = (deliveries: readonly Delivery[]) => {
    const { mode } = courier.status();
    const devices = new Set(deliveries.map(({ deviceId }) => deviceId));
    for (const device of devices) assert.ok(!lanesOut.has(device), 'a device has events in two requests');
    assert.notEqual(mode, 'backing_off');
    if (mode === 'probing')
      assert.deepEqual([requestsOut, deliveries.length], [0, 1], 'a probe goes out alone');
    assert.ok(requestsOut < parallelMax);
    assert.ok(deliveries.every(({ uid }) => courier.inFlightUids().has(uid)));
    requestsOut++;
    for (const device of devices) lanesOut.add(device);
  };
  const arrive = (deliveries: readonly Delivery[]) => {
    requestsOut--;
    for (const { deviceId } of deliveries) lanesOut.delete(deviceId);
  };
  const wait = (delayMs: number) => new Promise<void>((resolve) => void clock.after(delayMs, resolve));
  const verdictOf = ({ uid }: Delivery, { status }: Script[number]): Verdict => {
    if (status === 'delivered') odoo.took.push(uid);
    return status === 'delivered' ? { status } : { status, reason: 'scripted' };
  };
  const sink = {
    async deliver(delivery: Delivery): Promise<Verdict> {
      depart([delivery]);
      const line = odoo.hear(delivery);
      await wait(line.delayMs);
      arrive([delivery]);
      return verdictOf(delivery, line);
    },
    batch: {
      limit: (): BatchLimit | null =>
        odoo.eventsMax > 1 ? { events: odoo.eventsMax, bytes: BYTES_MAX } : null,
      async deliver(deliveries: readonly Delivery[]): Promise<BatchVerdict[]> {
        assert.ok(deliveries.length > 1 && deliveries.length <= odoo.eventsMax);
        assert.ok(deliveries.reduce((sum, { body }) => sum + body.length, 0) <= BYTES_MAX);
        depart(deliveries);
        const lines = odoo.hearBatch(deliveries);
        await wait(typeof lines === 'string' ? 1 : Math.max(...lines.map(({ delayMs }) => delayMs)));
        arrive(deliveries);
        if (lines === 'away') return deliveries.map(() => AWAY);
        const refused = new Set<string>();
        const heard = lines === 'declined' ? [] : [...lines];
        return deliveries.map((delivery) => {
          const line = refused.has(delivery.deviceId) ? undefined : heard.shift();
          if (line?.status === 'refused') refused.add(delivery.deviceId);
          return line ? verdictOf(delivery, line) : { status: 'held' };
        });
      },
    },
  };
  const courier = createCourier({
    outbox: outboxTable(database),
    sink,
    clock,
    log: recordingLog().log,
    metrics: createMetrics(),
    random: () => 0.5,
    options: {
      parallelMax,
      parallelBatchesMax: parallelMax,
      refusalsMax: REFUSALS_MAX,
      backoffMinMs: 1000,
      backoffMaxMs: 60_000,
    },
  });
  return {
    courier,
    clock,
    kill: () => {
      alive = false;
    },
  };
}

const uidsOf = (lanes: Lanes) => lanes.flatMap((events, l) => events.map((_, e) => `${l}-${e}`));

/** Lets time pass until nothing waits, or `triesMax` tries were made. */
async function play(life: Life, database: Database, odoo: ScriptedOdoo, triesMax = Infinity): Promise<void> {
  const outbox = outboxTable(database);
  for (let step = 0; outbox.counts().pending > 0 && odoo.tries < triesMax; step++) {
    assert.ok(step < 5000, 'events wait for ever');
    life.clock.advance(step % 4 === 0 ? 2000 : 0);
    await turns(1);
  }
}

function assertOutcome(lanes: Lanes, database: Database): void {
  const outbox = outboxTable(database);
  for (const [l, events] of lanes.entries()) {
    for (const [e, script] of events.entries()) {
      assert.equal(outbox.one(`${l}-${e}`)?.state, outcomeOf(script), `${l}-${e}`);
    }
  }
}

/** The first time that Odoo took each event of a lane, in the order of the lane. */
function assertOrder(lanes: Lanes, took: string[]): void {
  const first = [...new Set(took)];
  for (const [l, events] of lanes.entries()) {
    const numbers = first.filter((uid) => uid.startsWith(`${l}-`)).map((uid) => Number(uid.split('-')[1]));
    assert.deepEqual(
      numbers,
      numbers.toSorted((a, b) => a - b),
      `lane ${l} of ${events.length}`,
    );
  }
}

test('whatever Odoo says, each event is delivered or parked once, in the order of its lane', async () => {
  await fc.assert(
    fc.asyncProperty(
      lanesOf,
      offersOf,
      fc.integer({ min: 1, max: 4 }),
      async (lanes, offers, parallelMax) => {
        const database = openMemoryDatabase();
        const odoo = new ScriptedOdoo(lanes, offers);
        const life = begin(database, odoo, parallelMax);
        life.courier.start();
        const outbox = outboxTable(database);
        for (const uid of uidsOf(lanes)) life.courier.wake(append(database, outbox, [uid]));
        await play(life, database, odoo);
        await life.courier.stop();
        assertOutcome(lanes, database);
        assertOrder(lanes, odoo.took);
        assert.equal(odoo.took.length, new Set(odoo.took).size, 'taken twice');
        database.close();
      },
    ),
    { numRuns: 100 },
  );
});

test('a bridge that dies at any moment loses nothing and sends the same bytes again', async () => {
  await fc.assert(
    fc.asyncProperty(
      lanesOf,
      offersOf,
      fc.array(fc.nat(8), { minLength: 1, maxLength: 3 }),
      async (lanes, offers, deaths) => {
        const database = openMemoryDatabase();
        const odoo = new ScriptedOdoo(lanes, offers);
        const uids = uidsOf(lanes);
        append(database, outboxTable(database), uids);
        for (const diesAfter of deaths) {
          const life = begin(database, odoo, 3);
          life.courier.start();
          await play(life, database, odoo, odoo.tries + diesAfter);
          life.kill();
          await turns();
        }
        const last = begin(database, odoo, 3);
        last.courier.start();
        await play(last, database, odoo);
        await last.courier.stop();
        const outbox = outboxTable(database);
        for (const uid of uids) {
          const state = outbox.one(uid)?.state;
          assert.ok(state === 'delivered' ? odoo.took.includes(uid) : state === 'parked', `${uid} ${state}`);
        }
        assertOrder(lanes, odoo.took);
        database.close();
      },
    ),
    { numRuns: 100 },
  );
});
