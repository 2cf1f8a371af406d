import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import type { DetectorOptions } from '../model/device.ts';
import { type BridgeEvent, bridgeEventSchema } from '../model/event.ts';
import { type Input, nextDeadline } from './detector.ts';
import type { DetectorState } from './state.ts';
import { EXAMPLE_OPTIONS, readingAt, T0, Timeline } from './timeline.ts';

/** Checks a property and tells its seed. */
function holds<T>(t: TestContext, numRuns: number, values: fc.Arbitrary<T>, check: (value: T) => void): void {
  fc.assert(fc.property(values, check), {
    numRuns,
    reporter(details) {
      t.diagnostic(`seed ${details.seed}`);
      if (details.failed) throw new Error(fc.defaultReportMessage(details), { cause: details.errorInstance });
    },
  });
}

/** What happens `gapMs` after the thing before. */
type Action = { gapMs: number } & (
  | { kind: 'reading'; powerW: number | null; addedWh: number | null; ageMs: number | null }
  | { kind: 'retained' | 'lost' | 'back' | 'removed' | 'restarted' }
  | { kind: 'presence'; presence: 'online' | 'offline' }
  | { kind: 'reconfigured'; change: Partial<DetectorOptions> }
  | { kind: 'stepped'; byMs: number }
);

const changes: fc.Arbitrary<Partial<DetectorOptions>> = fc.record(
  {
    startDebounceMs: fc.constantFrom(0, 500, 3000, 8000),
    stopDebounceMs: fc.constantFrom(0, 2000, 15_000, 40_000),
    messageTimeoutMs: fc.constantFrom(null, 1000, 20_000, 90_000),
    heartbeatIntervalMs: fc.constantFrom(null, 10_000, 60_000),
    offlineTimeoutMs: fc.constantFrom(null, 5000, 30_000),
    gapMaxMs: fc.constantFrom(5000, 3_600_000),
    ratedPowerW: fc.constantFrom(null, 400),
    workingThresholdW: fc.constantFrom(5, 50, 100),
    startOn: fc.constantFrom('standby', 'working'),
    forwardMeasurements: fc.boolean(),
  },
  { requiredKeys: [] },
);

const gapMs = fc.oneof(
  { weight: 20, arbitrary: fc.integer({ min: 0, max: 3000 }) },
  { weight: 10, arbitrary: fc.constantFrom(0, 1, 500, 1000, 3000, 10_000, 15_000, 20_000) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 5_000_000 }) },
);
/** Messages whose own time, if any, is one of `ages` before their arrival. */
const readings = (...ages: (number | null)[]) =>
  fc.record({
    gapMs,
    kind: fc.constant('reading' as const),
    powerW: fc.constantFrom(null, 0, 4, 5, 20, 60, 60, 300, -60),
    addedWh: fc.constantFrom(null, null, 0, 0.1, 1, 50, -0.5, -500, 100_000),
    ageMs: fc.constantFrom(...ages),
  });
const presence = fc.constantFrom('online' as const, 'offline' as const);
const simple = (...kinds: ('retained' | 'lost' | 'back' | 'removed' | 'restarted')[]) =>
  fc.record({ gapMs, kind: fc.constantFrom(...kinds) });
const calm: fc.Arbitrary<Action> = fc.oneof(
  { weight: 20, arbitrary: readings(null, 0, 0, 4000, 6000, 20_000, -4000, -6000) },
  { weight: 3, arbitrary: simple('lost', 'back', 'back') },
  { weight: 1, arbitrary: simple('retained', 'removed', 'restarted') },
  { weight: 1, arbitrary: fc.record({ gapMs, kind: fc.constant('presence' as const), presence }) },
  { weight: 1, arbitrary: fc.record({ gapMs, kind: fc.constant('reconfigured' as const), change: changes }) },
);
const scripts = fc.array(calm, { maxLength: 60 });
const stepped = fc.record({
  gapMs,
  kind: fc.constant('stepped' as const),
  byMs: fc.constantFrom(-3_600_000, -1, 1, 250, 3_600_000),
});

/** One input of the detector with the options that hold for it. */
type Move = { input: Input; options: DetectorOptions; steadyAt: number };

/**
 * What the actions come to on one device: a world with a wall clock, a steady clock and a meter. Device times older
 * than the skew appear only while the link is lost, as a link that stalls depends on when timers fire.
 */
function movesOf(actions: readonly Action[]): Move[] {
  const moves: Move[] = [];
  const shadow = new Timeline();
  let wallAt = T0;
  let steadyAt = T0;
  let kwh = 7;
  let lostAt: number | null = null;
  for (const action of actions) {
    wallAt += action.gapMs;
    steadyAt += action.gapMs;
    const now = { wallAt, steadyAt };
    const move = (input: Input) => {
      moves.push({ input, options: shadow.options, steadyAt });
      shadow.input(input);
    };
    const said = (values: Parameters<typeof readingAt>[1]) =>
      move({ kind: 'reading', reading: readingAt(wallAt, { steadyAt, ...values }) });
    switch (action.kind) {
      case 'reading': {
        const { powerW, addedWh, ageMs } = action;
        if (addedWh !== null) kwh = Math.max(0, kwh + addedWh / 1000);
        const loss = shadow.state.lostAt === null ? null : lostAt;
        const oldest = loss === null ? wallAt - 4000 : Math.min(wallAt, loss);
        said({
          ...(powerW !== null && { powerW }),
          ...(addedWh !== null && { energyTotalKwh: kwh }),
          ...(ageMs !== null && { deviceTime: Math.max(wallAt - ageMs, oldest) }),
        });
        break;
      }
      case 'retained':
        said({ retained: true, powerW: 60 });
        break;
      case 'presence':
        // While backlog is awaited a will would be told before what came before it.
        if (shadow.state.lostAt === null) said({ presence: action.presence });
        break;
      case 'lost':
        if (shadow.state.lostAt === null) lostAt = wallAt;
        move({ kind: 'link_lost', steadyAt });
        break;
      case 'back':
        move({ kind: 'link_back', ...now });
        break;
      case 'removed':
        move({ kind: 'removed', ...now });
        break;
      case 'reconfigured':
        move({ kind: 'reconfigured', ...now });
        shadow.options = { ...shadow.options, ...action.change };
        break;
      case 'restarted': {
        if (shadow.state.lostAt === null) lostAt = wallAt;
        const heardSteadyAt = steadyAt;
        steadyAt = T0 - 1e9 + (steadyAt % 1e6);
        move({ kind: 'restarted', wallAt, steadyAt, heardSteadyAt });
        break;
      }
      case 'stepped':
        wallAt += action.byMs;
        break;
    }
  }
  moves.push({ input: { kind: 'deadline', steadyAt }, options: shadow.options, steadyAt });
  return moves;
}

function play(moves: readonly Move[], timeline = new Timeline()): Timeline {
  for (const { input, options } of moves) {
    timeline.options = options;
    timeline.input(input);
  }
  return timeline;
}

/** Lets all that is due within five minutes happen. */
function settle(timeline: Timeline, moves: readonly Move[]): Timeline {
  return timeline.runTo((moves.at(-1)?.steadyAt ?? T0) + 300_000);
}

const plainly = <T>(value: T): T => JSON.parse(JSON.stringify(value));

test('the events do not depend on when timers fire', (t) => {
  const jitter = fc.infiniteStream(fc.constantFrom(null, 0, 0.1, 0.5, 1));
  const withSteps = fc.array(fc.oneof({ weight: 9, arbitrary: calm }, { weight: 1, arbitrary: stepped }), {
    maxLength: 60,
  });
  holds(t, 600, fc.tuple(withSteps, jitter), ([actions, shares]) => {
    const moves = movesOf(actions);
    const never = settle(play(moves), moves);
    const onTime = new Timeline();
    const anyhow = new Timeline();
    let before = T0;
    for (const move of moves) {
      const known = move.input.kind === 'restarted' ? before : move.steadyAt;
      onTime.options = move.options;
      onTime.runTo(known);
      for (const share of shares.take(2)) {
        if (share === null) continue;
        anyhow.options = move.options;
        anyhow.input({ kind: 'deadline', steadyAt: Math.floor(before + share * (known - before)) });
      }
      play([move], onTime);
      play([move], anyhow);
      before = move.steadyAt;
    }
    settle(onTime, moves);
    settle(anyhow, moves);
    assert.deepEqual(onTime.events, never.events);
    assert.deepEqual(anyhow.events, never.events);
  });
});

test('a state that was stored anywhere goes on as if nothing had happened', (t) => {
  holds(t, 400, fc.tuple(scripts, fc.nat(60)), ([actions, cut]) => {
    const moves = movesOf(actions);
    const whole = settle(play(moves), moves);
    const first = play(moves.slice(0, cut));
    const stored: DetectorState = plainly(first.state);
    assert.deepEqual(stored, first.state);
    const second = settle(play(moves.slice(cut), new Timeline(first.options, stored)), moves);
    assert.deepEqual([...first.events, ...second.events], whole.events);
    assert.deepEqual(second.state, whole.state);
  });
});

test('no deadline lies in the past of the step that could have carried it out', (t) => {
  holds(t, 300, scripts, (actions) => {
    const timeline = new Timeline();
    for (const move of movesOf(actions)) {
      const { input } = move;
      const idleStep =
        (input.kind === 'reading' && input.reading.retained) ||
        (input.kind === 'link_back' && timeline.state.lostAt === null);
      play([move], timeline);
      if (idleStep) continue;
      const due = nextDeadline(timeline.state, timeline.options);
      if (due) assert.ok(due.at >= move.steadyAt + timeline.state.offsetMs, `${due.kind} is overdue`);
    }
  });
});

test('a step of the wall clock changes no session', (t) => {
  /** Live messages only, as their times are the wall clock's. */
  const live = fc.array(readings(null), { maxLength: 40 });
  const figuresOf = (timeline: Timeline) =>
    timeline.events.map(({ event_type, payload }) => {
      if (!('duration_s' in payload)) return event_type;
      const { duration_s, energy_kwh, energy_source, message_count, avg_power_w } = payload;
      return { event_type, duration_s, energy_kwh, energy_source, message_count, avg_power_w };
    });
  holds(t, 300, fc.tuple(live, fc.array(fc.tuple(fc.nat(40), stepped))), ([actions, steps]) => {
    const shaken: Action[] = [...actions];
    for (const [index, step] of steps) shaken.splice(index, 0, { ...step, gapMs: 0 });
    const options = { ...EXAMPLE_OPTIONS, offlineTimeoutMs: 60_000, heartbeatIntervalMs: 10_000 };
    const steady = movesOf(actions);
    const calmly = settle(play(steady.map((move) => ({ ...move, options }))), steady);
    const wild = movesOf(shaken);
    const wildly = settle(play(wild.map((move) => ({ ...move, options }))), wild);
    assert.deepEqual(figuresOf(wildly), figuresOf(calmly));
  });
});

const ms = (seconds: number) => Math.round(seconds * 1000);

/** What holds for all that is told of one device. */
function checkTold(events: readonly BridgeEvent[]): void {
  let open: { id: string; startedAt: string; told: string } | null = null;
  let newest = '';
  const ids = new Set<string>();
  for (const event of events) {
    bridgeEventSchema.parse(event);
    assert.ok(event.ts >= newest, `${event.event_type} before a former event`);
    newest = event.ts;
    assert.ok(!ids.has(event.event_uid));
    ids.add(event.event_uid);
    if (!('session_id' in event.payload)) continue;
    const p = event.payload;
    if (event.event_type === 'session_started') {
      assert.equal(open, null);
      assert.ok(!ids.has(p.session_id) && p.started_at <= event.ts);
      ids.add(p.session_id);
      open = { id: p.session_id, startedAt: p.started_at, told: p.started_at };
      continue;
    }
    assert.ok(open && open.id === p.session_id && open.startedAt === p.started_at);
    if (!('duration_s' in p)) continue;
    assert.equal(
      ms(p.standby_duration_s) + ms(p.working_duration_s) + ms(p.interruption_duration_s),
      ms(p.duration_s),
    );
    assert.ok(Number.isFinite(p.energy_kwh) && p.energy_kwh >= 0);
    assert.ok(p.avg_power_w <= p.max_power_w + 0.001);
    if ('interval_start' in p) {
      assert.equal(p.interval_start, open.told);
      assert.equal(p.interval_end, event.ts);
      assert.ok(p.min_power_w <= p.avg_power_w + 0.001 && p.interval_energy_kwh >= 0);
      open.told = p.interval_end;
    } else {
      assert.ok(p.ended_at >= p.started_at && p.ended_at <= event.ts);
      assert.equal(Date.parse(p.ended_at) - Date.parse(p.started_at), ms(p.duration_s));
      open = null;
    }
  }
}

test('what is told hangs together: order, ids, sums, intervals', (t) => {
  holds(t, 600, scripts, (actions) => {
    const moves = movesOf(actions);
    checkTold(settle(play(moves), moves).events);
  });
});
