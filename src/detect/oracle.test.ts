import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { DetectorOptions } from '../model/device.ts';
import type { EventOf } from '../model/event.ts';
import { EXAMPLE_OPTIONS, T0, Timeline } from './timeline.ts';

type SessionEvent = EventOf<'session_started' | 'session_heartbeat' | 'session_stopped' | 'session_timeout'>;

/** A message at `at` ms; without power when null. */
type Sample = { at: number; powerW: number | null };
type Told = {
  what: string;
  ts: number;
  from: number;
  to: number;
  /** Standby, working and interruption, ms; for an ended session the messages too. */
  counts: number[];
  energyKwh: number;
  maxW: number;
};
type Phase = 'idle' | 'starting' | 'standby' | 'working' | 'stopping';

const NOTHING = { counts: [], energyKwh: 0, maxW: 0 };

/**
 * The meaning once more, as naively as can be: it looks at every millisecond, keeps all that it saw and sums up at
 * the end of a session. It knows no link, no counter and no clock but its own.
 */
class Oracle {
  readonly told: Told[] = [];
  readonly #o: DetectorOptions;
  readonly #samples: readonly Sample[];
  #phase: Phase = 'idle';
  #powerW = 0;
  #lastAt = 0;
  #startedAt = 0;
  #stoppingAt = 0;
  #maxW = 0;
  #beatAt = 0;
  /** For each ms of the time line: what it counted as, and its power. */
  #history: { phase: string; powerW: number }[] = [];

  constructor(options: DetectorOptions, samples: readonly Sample[]) {
    this.#o = options;
    this.#samples = samples;
  }

  run(until: number): Told[] {
    for (let t = 0; t <= until; t++) {
      this.#deadlines(t);
      for (const sample of this.#samples) {
        if (sample.at !== t) continue;
        this.#lastAt = t;
        if (sample.powerW !== null) this.#power(t, sample.powerW);
        this.#deadlines(t);
      }
      const level = this.#powerW >= this.#o.workingThresholdW ? 'working' : 'standby';
      const phase = this.#phase === 'starting' ? level : this.#phase;
      this.#history.push({ phase, powerW: this.#powerW });
    }
    return this.told;
  }

  #deadlines(t: number): void {
    const o = this.#o;
    if (this.#phase === 'starting' && t >= this.#startedAt + o.startDebounceMs) {
      this.#phase = this.#powerW >= o.workingThresholdW ? 'working' : 'standby';
      this.#beatAt = t;
      this.told.push({ what: 'session_started', ts: t, from: this.#startedAt, to: t, ...NOTHING });
    }
    if (this.#phase === 'stopping' && t >= this.#stoppingAt + o.stopDebounceMs) {
      this.#end('session_stopped', t, this.#stoppingAt);
    }
    if (this.#phase !== 'idle' && t >= this.#lastAt + (o.messageTimeoutMs ?? Infinity)) {
      if (this.#phase === 'starting') this.#phase = 'idle';
      else this.#end('session_timeout', t, this.#phase === 'stopping' ? this.#stoppingAt : this.#lastAt);
    }
    const open = this.#phase !== 'idle' && this.#phase !== 'starting';
    if (open && t >= this.#beatAt + (o.heartbeatIntervalMs ?? Infinity)) {
      this.#beatAt = t;
      this.told.push(this.#sum('session_heartbeat', t, t));
    }
  }

  #power(t: number, powerW: number): void {
    const o = this.#o;
    const on = powerW >= (o.startOn === 'working' ? o.workingThresholdW : o.standbyThresholdW);
    this.#powerW = powerW;
    this.#maxW = this.#phase === 'idle' ? powerW : Math.max(this.#maxW, powerW);
    if (this.#phase === 'idle') {
      if (on) {
        this.#phase = 'starting';
        this.#startedAt = t;
      }
    } else if (this.#phase === 'starting') {
      if (!on) this.#phase = 'idle';
    } else if (powerW >= o.standbyThresholdW) {
      this.#phase = powerW >= o.workingThresholdW ? 'working' : 'standby';
    } else if (this.#phase !== 'stopping') {
      this.#phase = 'stopping';
      this.#stoppingAt = t;
    }
  }

  #end(what: string, t: number, endedAt: number): void {
    this.told.push(this.#sum(what, t, endedAt));
    this.#phase = 'idle';
  }

  /** Durations (ms), energy (W ms), highest power and messages from the session's start to `to`. */
  #sum(what: string, ts: number, to: number): Told {
    const from = this.#startedAt;
    const ms = this.#history.slice(from, to);
    const lasted = (phase: string) => ms.filter((one) => one.phase === phase).length;
    const inside = this.#samples.filter((sample) => sample.at >= from && sample.at < to);
    const energyKwh = ms.reduce((sum, { powerW }) => sum + powerW, 0) / 3.6e9;
    const counts = [lasted('standby'), lasted('working'), lasted('stopping')];
    // A heartbeat counts messages and powers of its interval only.
    if (what === 'session_heartbeat') return { what, ts, from, to, counts, energyKwh, maxW: 0 };
    return { what, ts, from, to, counts: [...counts, inside.length], energyKwh, maxW: this.#maxW };
  }
}

const msOf = (iso: string) => Date.parse(iso) - T0;

/** What the detector told of a session, in the oracle's words. */
function inOracleWords(event: SessionEvent): Told {
  const { payload: p, event_type: what } = event;
  const ts = msOf(event.ts);
  const from = msOf(p.started_at);
  if (!('duration_s' in p)) return { what, ts, from, to: ts, ...NOTHING };
  const seconds = [p.standby_duration_s, p.working_duration_s, p.interruption_duration_s];
  const counts = seconds.map((s) => Math.round(s * 1000));
  if (!('ended_at' in p)) return { what, ts, from, to: ts, counts, energyKwh: p.energy_kwh, maxW: 0 };
  counts.push(p.message_count);
  return { what, ts, from, to: msOf(p.ended_at), counts, energyKwh: p.energy_kwh, maxW: p.max_power_w };
}

const options: fc.Arbitrary<DetectorOptions> = fc.record({
  ...Object.fromEntries(Object.entries(EXAMPLE_OPTIONS).map(([key, value]) => [key, fc.constant(value)])),
  startDebounceMs: fc.integer({ min: 0, max: 40 }),
  stopDebounceMs: fc.integer({ min: 0, max: 60 }),
  messageTimeoutMs: fc.option(fc.integer({ min: 1, max: 90 })),
  heartbeatIntervalMs: fc.option(fc.integer({ min: 1, max: 70 })),
  startOn: fc.constantFrom('standby', 'working'),
}) as fc.Arbitrary<DetectorOptions>;

const samples: fc.Arbitrary<Sample[]> = fc
  .array(
    fc.record({
      gap: fc.oneof(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 60 })),
      powerW: fc.constantFrom(null, 0, 4, 5, 20, 49, 50, 60, 500),
    }),
    { maxLength: 25 },
  )
  .map((steps) => {
    let at = 0;
    return steps.map(({ gap, powerW }) => ({ at: (at += gap), powerW }));
  });

test('a naive model that looks at every millisecond tells the same', () => {
  fc.assert(
    fc.property(options, samples, (o, all) => {
      const until = (all.at(-1)?.at ?? 0) + 200;
      const expected = new Oracle(o, all).run(until);
      const timeline = new Timeline(o);
      for (const { at, powerW } of all) timeline.reading(T0 + at, powerW === null ? {} : { powerW });
      const told = timeline
        .runTo(T0 + until)
        .ofType('session_started', 'session_stopped', 'session_timeout', 'session_heartbeat')
        .map(inOracleWords);
      for (const [i, { energyKwh, ...rest }] of expected.entries()) {
        // Told to the milliwatt-hour.
        assert.ok(Math.abs((told[i]?.energyKwh ?? -1) - energyKwh) < 0.51e-6);
        assert.deepEqual({ ...told[i], energyKwh: 0 }, { ...rest, energyKwh: 0 });
      }
      assert.equal(told.length, expected.length);
    }),
    { numRuns: 1500, verbose: 1 },
  );
});
