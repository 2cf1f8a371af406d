import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Delivery, Verdict } from '../model/delivery.ts';
import { ManualClock } from '../platform/manual-clock.ts';
import { createMetrics } from '../platform/metrics.ts';
import { type Database, openMemoryDatabase } from '../store/database.ts';
import { outboxTable } from '../store/outbox.ts';
import { type Courier, createCourier } from './courier.ts';
import { append, recordingLog, turns } from './courier-harness.ts';

const REFUSALS_MAX = 3;

/** What Odoo says to the tries of one event, in turn; when they are used up it takes the event. */
type Script = { status: Verdict['status']; delayMs: number }[];
/** The events of each lane. */
type Lanes = Script[][];

const tries = fc.array(
  fc.record({
    status: fc.constantFrom<Verdict['status']>('delivered', 'refused', 'away'),
    delayMs: fc.constantFrom(0, 0, 1, 300, 5000),
  }),
  { maxLength: 6 },
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
  tries = 0;

  constructor(lanes: Lanes) {
    for (const [l, events] of lanes.entries()) {
      for (const [e, script] of events.entries()) this.#scripts.set(`${l}-${e}`, script);
    }
  }

  /** The next line of the event's script; a resend must have the bytes of the first try. */
  hear({ uid, body }: Delivery): Script[number] {
    const text = Buffer.from(body).toString();
    assert.equal(this.#bodies.get(uid) ?? text, text);
    this.#bodies.set(uid, text);
    const n = this.#tries.get(uid) ?? 0;
    this.#tries.set(uid, n + 1);
    this.tries++;
    return this.#scripts.get(uid)?.[n] ?? { status: 'delivered', delayMs: 0 };
  }
}

type Life = { courier: Courier; clock: ManualClock; kill: () => void };

function begin(database: Database, odoo: ScriptedOdoo, parallelMax: number): Life {
  const clock = new ManualClock();
  let alive = true;
  clock.soon = (run) => {
    setImmediate(() => alive && run());
  };
  const lanesOut = new Set<string>();
  const sink = {
    async deliver(delivery: Delivery): Promise<Verdict> {
      const { mode } = courier.status();
      assert.ok(!lanesOut.has(delivery.deviceId), 'two events of one lane are out');
      assert.notEqual(mode, 'backing_off');
      if (mode === 'probing') assert.equal(lanesOut.size, 0, 'a probe goes out alone');
      assert.ok(lanesOut.size < parallelMax);
      lanesOut.add(delivery.deviceId);
      const { status, delayMs } = odoo.hear(delivery);
      await new Promise<void>((resolve) => void clock.after(delayMs, resolve));
      lanesOut.delete(delivery.deviceId);
      if (status === 'delivered') odoo.took.push(delivery.uid);
      return status === 'delivered' ? { status } : { status, reason: 'scripted' };
    },
  };
  const courier = createCourier({
    outbox: outboxTable(database),
    sink,
    clock,
    log: recordingLog().log,
    metrics: createMetrics(),
    random: () => 0.5,
    options: { parallelMax, refusalsMax: REFUSALS_MAX, backoffMinMs: 1000, backoffMaxMs: 60_000 },
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
    fc.asyncProperty(lanesOf, fc.integer({ min: 1, max: 4 }), async (lanes, parallelMax) => {
      const database = openMemoryDatabase();
      const odoo = new ScriptedOdoo(lanes);
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
    }),
    { numRuns: 60 },
  );
});

test('a bridge that dies at any moment loses nothing and sends the same bytes again', async () => {
  await fc.assert(
    fc.asyncProperty(lanesOf, fc.array(fc.nat(8), { minLength: 1, maxLength: 3 }), async (lanes, deaths) => {
      const database = openMemoryDatabase();
      const odoo = new ScriptedOdoo(lanes);
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
    }),
    { numRuns: 60 },
  );
});
