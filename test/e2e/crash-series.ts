import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { seededRandom } from '../../simulator/random.ts';
import { always, type FaultScript, faultsByChance } from '../../simulator/stand-in-faults.ts';
import { type StandInOdoo, startStandInOdoo } from '../../simulator/stand-in-odoo.ts';
import type { Machine, SessionRecord } from '../../src/model/machine.ts';
import { startMosquitto } from '../mosquitto.ts';
import { MachinePark, parkConfiguration } from './machine-park.ts';
import { readStore, type StoredEvent, type StoredFacts, storedPhase } from './outbox-copy.ts';
import { connected, pause } from './rig.ts';
import { eventually, type LogLine, RunningBridge, temporaryFolder } from './running-bridge.ts';
import { Wire } from './wire.ts';

/**
 * When a process is killed.
 * - starting: between its spawn and 60 ms after it said that it had started.
 * - held: when a message is committed and its acknowledgement is not out.
 * - working: at some other time.
 */
const KILL_KINDS = ['starting', 'held', 'working'] as const;
type KillKind = (typeof KILL_KINDS)[number];

const AFTER_START_MS = 60;
const DRAIN_TIMEOUT_MS = 90_000;

export type CrashOptions = {
  kills: number;
  seed: number;
  /** How long a process works before it is killed, ms: shortest and longest. */
  workMs: readonly [number, number];
};

/** All that is known when the last process has ended. */
export type CrashEvidence = {
  odoo: StandInOdoo;
  park: MachinePark;
  /** The store after the last process ended in good order. */
  store: StoredFacts;
  /** Every event that was ever seen in the outbox, by uid. */
  everStored: ReadonlyMap<string, StoredEvent>;
  /** What `/api/sessions` listed at last, ended sessions only. */
  sessions: SessionRecord[];
  /** Lines of level error of all processes. */
  errors: LogLine[];
  kills: Record<KillKind, number>;
  /** How often Odoo misbehaved. */
  faults: number;
  durationMs: number;
};

/** Answers badly now and then: every misbehaviour is counted. */
class BadOdoo {
  readonly #chance: FaultScript;
  readonly #random: () => number;
  faults = 0;

  constructor(seed: number) {
    const shares = { 'drop-before': 0.015, 'drop-after': 0.03, 503: 0.01, html: 0.01 };
    this.#chance = faultsByChance(seed, shares);
    this.#random = seededRandom(seed + 1);
  }

  readonly script: FaultScript = (index, event) => {
    const isSlow = this.#random() < 0.03;
    const fault = isSlow ? { delayMs: Math.round(1000 * this.#random()) } : this.#chance(index, event);
    if (fault !== 'ok') this.faults++;
    return fault;
  };
}

/** Keeps what was seen on disk after each kill, and notices what is gone or other afterwards. */
class Ledger {
  readonly everStored = new Map<string, StoredEvent>();

  take({ events, detectorSessions, openSessions }: StoredFacts): void {
    const found = new Map(events.map((event) => [event.uid, event]));
    for (const { uid, seq, body } of this.everStored.values()) {
      const now = found.get(uid);
      assert.deepEqual([now?.seq, now?.body], [seq, body], `event ${uid} is gone or was changed`);
    }
    for (const event of events) this.everStored.set(event.uid, event);
    for (const [deviceId, sessionId] of detectorSessions) {
      // One transaction holds the detector's state, the sessions and the events.
      const open = sessionId ? [sessionId] : [];
      assert.deepEqual(openSessions.get(deviceId) ?? [], open, `open sessions of ${deviceId}`);
    }
  }
}

/** The kinds of `kills`: half of them starting, a sixth held, mixed. */
function killKinds(kills: number, random: () => number): KillKind[] {
  const starting = Math.ceil(kills / 2);
  const held = Math.ceil(kills / 6);
  const kinds = Array.from({ length: kills }, (_, i): KillKind => {
    if (i < starting) return 'starting';
    return i < starting + held ? 'held' : 'working';
  });
  return kinds
    .map((kind) => ({ kind, lot: random() }))
    .sort((a, b) => a.lot - b.lot)
    .map(({ kind }) => kind);
}

/** Kills bridges at work on one DATA_DIR, one after the other. */
class CrashSeries {
  readonly #dataDir: string;
  readonly #environment: Record<string, string>;
  readonly #wire: Wire;
  readonly #park: MachinePark;
  readonly #random: () => number;
  readonly #workMs: readonly [number, number];
  readonly ledger = new Ledger();
  readonly errors: LogLine[] = [];
  readonly kills: Record<KillKind, number> = { starting: 0, held: 0, working: 0 };
  #startMs = 1000;
  #witnessOn = false;

  constructor(deps: {
    dataDir: string;
    environment: Record<string, string>;
    wire: Wire;
    park: MachinePark;
    random: () => number;
    workMs: readonly [number, number];
  }) {
    this.#dataDir = deps.dataDir;
    this.#environment = deps.environment;
    this.#wire = deps.wire;
    this.#park = deps.park;
    this.#random = deps.random;
    this.#workMs = deps.workMs;
  }

  spawn(): RunningBridge {
    return RunningBridge.spawn(this.#dataDir, this.#environment, parkConfiguration());
  }

  /** Starts a bridge that ends in good order later. */
  async start(): Promise<RunningBridge> {
    const bridge = this.spawn();
    await this.#started(bridge);
    await connected(bridge);
    return bridge;
  }

  async killOne(kind: KillKind): Promise<void> {
    const bridge = this.spawn();
    if (kind === 'starting') await this.#whileStarting(bridge);
    else if (kind === 'held') await this.#whileHeld(bridge);
    else {
      await this.#started(bridge);
      const [shortestMs, longestMs] = this.#workMs;
      await pause(shortestMs + (longestMs - shortestMs) * this.#random());
    }
    await bridge.end('SIGKILL');
    // What was held back dies with its connection.
    this.#wire.cut();
    this.#wire.heal();
    this.kills[kind]++;
    this.ended(bridge);
  }

  /** Looks at what an ended process left. */
  ended(bridge: RunningBridge): void {
    this.errors.push(...bridge.log.filter(({ level }) => level === 'error'));
    const store = readStore(this.#dataDir);
    if (store) this.ledger.take(store);
  }

  async #started(bridge: RunningBridge): Promise<void> {
    const spawnedAt = performance.now();
    await bridge.ready();
    this.#startMs = performance.now() - spawnedAt;
  }

  async #whileStarting(bridge: RunningBridge): Promise<void> {
    if (this.#random() < 0.5) return pause(this.#startMs * this.#random());
    await this.#started(bridge);
    await pause(AFTER_START_MS * this.#random());
  }

  /** Leaves the bridge when what a message changed is on disk and its acknowledgement is on the wire. */
  async #whileHeld(bridge: RunningBridge): Promise<void> {
    await this.#started(bridge);
    await connected(bridge);
    this.#wire.holdUpstream();
    this.#witnessOn = !this.#witnessOn;
    await this.#park.switchWitness(this.#witnessOn);
    const wanted = this.#witnessOn ? ['starting', 'standby', 'working'] : ['stopping', 'idle'];
    await eventually('the commit of a message without acknowledgement', () => {
      return wanted.includes(storedPhase(this.#dataDir, 'witness') ?? '') ? true : null;
    });
  }
}

/** Every ended session that the API lists. */
async function listedSessions(bridge: RunningBridge): Promise<SessionRecord[]> {
  const found: SessionRecord[] = [];
  for (let cursor = ''; ; ) {
    const { body } = await bridge.request(`/api/sessions?open=false&limit=500${cursor}`);
    const page = body as { sessions: SessionRecord[]; next_cursor: string | null };
    found.push(...page.sessions);
    if (page.next_cursor === null) return found;
    cursor = `&cursor=${page.next_cursor}`;
  }
}

/** Waits until the last word of every machine was heard, no session is open and Odoo has everything. */
async function drained(bridge: RunningBridge): Promise<void> {
  await eventually(
    'everything drained',
    async () => {
      const { body } = await bridge.request('/api/devices?limit=500');
      const { devices } = body as { devices: Machine[] };
      const quiet = devices.every(
        ({ state, power_w: powerW }) => state === 'idle' && MachinePark.isFinal(powerW),
      );
      return quiet && (await bridge.health()).events_pending === 0 ? true : null;
    },
    DRAIN_TIMEOUT_MS,
  );
}

/**
 * Lets machines work while bridges on one DATA_DIR are killed again and again and Odoo answers badly; then the
 * last bridge delivers all that waits and ends in good order.
 */
export async function runCrashSeries(t: TestContext, options: CrashOptions): Promise<CrashEvidence> {
  const { kills, seed, workMs } = options;
  const beganAt = performance.now();
  const random = seededRandom(seed);
  const folder = temporaryFolder();
  t.after(() => folder.remove());
  const broker = await startMosquitto(['allow_anonymous true', 'max_queued_messages 0']);
  t.after(() => broker.stop());
  const wire = await Wire.to(broker.port);
  t.after(() => wire.close());
  const bad = new BadOdoo(seed);
  const odoo = await startStandInOdoo({ now: Date.now, faults: bad.script });
  t.after(() => odoo.close());
  const park = await MachinePark.connect(broker.url, random);
  t.after(() => park.close());
  const environment = {
    MQTT_URL: `mqtt://127.0.0.1:${wire.port}`,
    ODOO_BASE_URL: odoo.url,
  };
  const series = new CrashSeries({ dataDir: folder.path, environment, wire, park, random, workMs });

  // The broker keeps messages for a bridge that has subscribed once, and only a live message proves a clock.
  const first = await series.start();
  park.start();
  await pause(500);
  await first.end();
  series.ended(first);
  for (const kind of killKinds(kills, random)) await series.killOne(kind);

  odoo.set(always('ok'));
  const last = await series.start();
  t.after(() => last.end('SIGKILL'));
  await park.stop();
  await drained(last);
  const sessions = await listedSessions(last);
  assert.deepEqual((await last.health()).problems, []);
  assert.equal(await last.end(), 0);
  series.ended(last);
  const store = readStore(folder.path);
  assert.ok(store);
  return {
    odoo,
    park,
    store,
    everStored: series.ledger.everStored,
    sessions,
    errors: series.errors,
    kills: series.kills,
    faults: bad.faults,
    durationMs: performance.now() - beganAt,
  };
}
