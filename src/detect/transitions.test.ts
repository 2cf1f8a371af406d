import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { DetectorOptions } from '../model/device.ts';
import type { Reading } from '../model/reading.ts';
import { DEADLINE_KINDS, type DeadlineKind } from './deadlines.ts';
import { nextDeadline } from './detector.ts';
import type { Phase } from './state.ts';
import { at, EXAMPLE_OPTIONS, inWords, Timeline } from './timeline.ts';

const PHASES: readonly Phase[] = ['idle', 'starting', 'standby', 'working', 'stopping'];

/** Messages (second, W) that lead to each phase; the link is up and every deadline before was carried out. */
const WAY_TO: Record<Phase, [number, number][]> = {
  idle: [[0, 0]],
  starting: [[0, 60]],
  standby: [
    [0, 20],
    [4, 20],
  ],
  working: [
    [0, 60],
    [4, 60],
  ],
  stopping: [
    [0, 60],
    [4, 60],
    [5, 1],
  ],
};

function inPhase(phase: Phase, options: Partial<DetectorOptions> = {}): Timeline {
  const timeline = new Timeline({ ...EXAMPLE_OPTIONS, ...options });
  for (const [second, powerW] of WAY_TO[phase]) timeline.power(at(second), powerW);
  assert.equal(timeline.state.phase, phase);
  timeline.events.length = 0;
  return timeline;
}

function check(timeline: Timeline, phase: Phase, events: string[]): void {
  assert.deepEqual(timeline.events.map(inWords), events);
  assert.equal(timeline.state.phase, phase);
  assert.equal(timeline.state.session === null, phase === 'idle');
}

describe('every phase × every reading', () => {
  const READINGS: Record<string, Partial<Reading>> = {
    off: { powerW: 4.999 },
    standby: { powerW: 5 },
    'standby, just': { powerW: 49.999 },
    working: { powerW: 50 },
    'without a value': {},
    'without power': { energyTotalKwh: 1, voltageV: 230 },
  };
  const SAME = { 'without a value': null, 'without power': null };
  const NEXT: Record<Phase, Record<string, Phase | null>> = {
    idle: { off: 'idle', standby: 'starting', 'standby, just': 'starting', working: 'starting', ...SAME },
    starting: { off: 'idle', standby: 'starting', 'standby, just': 'starting', working: 'starting', ...SAME },
    standby: { off: 'stopping', standby: 'standby', 'standby, just': 'standby', working: 'working', ...SAME },
    working: { off: 'stopping', standby: 'standby', 'standby, just': 'standby', working: 'working', ...SAME },
    stopping: {
      off: 'stopping',
      standby: 'standby',
      'standby, just': 'standby',
      working: 'working',
      ...SAME,
    },
  };
  for (const phase of PHASES) {
    for (const [name, values] of Object.entries(READINGS)) {
      const next = NEXT[phase][name] ?? phase;
      test(`${phase}, ${name} → ${next}`, () => {
        const second = phase === 'starting' ? 2 : 6;
        const timeline = inPhase(phase).reading(at(second), values);
        check(timeline, next, []);
        assert.equal(timeline.state.lastMessageAt, at(second));
        if (next === 'stopping') {
          assert.equal(timeline.state.session?.stoppingSince, at(phase === 'stopping' ? 5 : 6));
        }
        if (next === 'starting') {
          assert.equal(timeline.state.session?.startedAt, at(phase === 'starting' ? 0 : 6));
        }
      });
    }
  }
  for (const phase of PHASES) {
    test(`${phase}: a retained reading changes nothing`, () => {
      for (const powerW of [0, 20, 60]) {
        const timeline = inPhase(phase);
        const before = timeline.state;
        timeline.reading(at(2), { powerW, retained: true });
        check(timeline, phase, []);
        assert.deepEqual(timeline.state, before);
      }
    });
  }
});

/** Options under which nothing but `kind` is ever due. */
function only(kind: DeadlineKind): DetectorOptions {
  return {
    ...EXAMPLE_OPTIONS,
    startDebounceMs: kind === 'confirm' ? 3000 : 1e12,
    stopDebounceMs: kind === 'stop' ? 15_000 : 1e12,
    messageTimeoutMs: kind === 'timeout' ? 20_000 : null,
    heartbeatIntervalMs: kind === 'heartbeat' ? 10_000 : null,
    offlineTimeoutMs: kind === 'offline' ? 18_000 : null,
  };
}

describe('every phase × every deadline, 1 ms before, at and 1 ms after', () => {
  type Due = { second: number; phase: Phase; events: string[] };
  const DUE: Record<Phase, Record<DeadlineKind, Due | null>> = {
    idle: {
      confirm: null,
      stop: null,
      timeout: null,
      heartbeat: null,
      offline: { second: 18, phase: 'idle', events: ['18 device_offline silence'] },
    },
    starting: {
      confirm: { second: 3, phase: 'working', events: ['3 session_started 0 working'] },
      stop: null,
      timeout: { second: 20, phase: 'idle', events: [] },
      heartbeat: null,
      offline: { second: 18, phase: 'starting', events: ['18 device_offline silence'] },
    },
    standby: {
      confirm: null,
      stop: null,
      timeout: { second: 24, phase: 'idle', events: ['24 session_timeout 0-4 timeout'] },
      heartbeat: { second: 13, phase: 'standby', events: ['13 session_heartbeat 0-13 standby'] },
      offline: { second: 22, phase: 'standby', events: ['22 device_offline silence'] },
    },
    working: {
      confirm: null,
      stop: null,
      timeout: { second: 24, phase: 'idle', events: ['24 session_timeout 0-4 timeout'] },
      heartbeat: { second: 13, phase: 'working', events: ['13 session_heartbeat 0-13 working'] },
      offline: { second: 22, phase: 'working', events: ['22 device_offline silence'] },
    },
    stopping: {
      confirm: null,
      stop: { second: 20, phase: 'idle', events: ['20 session_stopped 0-5 normal'] },
      timeout: { second: 25, phase: 'idle', events: ['25 session_timeout 0-5 timeout'] },
      heartbeat: { second: 13, phase: 'stopping', events: ['13 session_heartbeat 0-13 stopping'] },
      offline: { second: 23, phase: 'stopping', events: ['23 device_offline silence'] },
    },
  };
  for (const phase of PHASES) {
    for (const kind of DEADLINE_KINDS) {
      const due = DUE[phase][kind];
      test(`${phase}, ${kind}: ${due ? `at ${due.second}` : 'never'}`, () => {
        const deadline = (ms: number) => {
          const timeline = inPhase(phase);
          timeline.options = only(kind);
          const next = nextDeadline(timeline.state, timeline.options);
          // Far away lies a debounce that cannot be turned off.
          const soon = next && next.at < at(1e6) ? next : null;
          assert.deepEqual(soon, due && { kind, at: at(due.second) });
          return timeline.input({ kind: 'deadline', steadyAt: ms });
        };
        if (!due) return check(deadline(at(1e5)), phase, []);
        check(deadline(at(due.second) - 1), phase, []);
        check(deadline(at(due.second)), due.phase, due.events);
        check(deadline(at(due.second) + 1), due.phase, due.events);
      });
      if (!due) continue;
      test(`${phase}, ${kind}: carried out by a message at its instant, not by one before`, () => {
        for (const [ms, events] of [
          [at(due.second) - 1, []],
          [at(due.second), due.events],
        ] as const) {
          const timeline = inPhase(phase);
          timeline.options = only(kind);
          // A device that speaks again may come online besides.
          assert.deepEqual(timeline.reading(ms).events.map(inWords).slice(0, due.events.length), events);
        }
      });
    }
  }
});

describe('deadlines of the same instant', () => {
  for (const [name, phase, changes, next, events] of [
    [
      'confirm before timeout: a session without length',
      'starting',
      { messageTimeoutMs: 3000 },
      'idle',
      ['3 session_started 0 working', '3 session_timeout 0-0 timeout'],
    ],
    [
      'stop before timeout',
      'stopping',
      { messageTimeoutMs: 15_000 },
      'idle',
      ['20 session_stopped 0-5 normal'],
    ],
    [
      'stop before heartbeat',
      'stopping',
      { heartbeatIntervalMs: 17_000 },
      'idle',
      ['20 session_stopped 0-5 normal'],
    ],
    [
      'timeout before heartbeat',
      'working',
      { heartbeatIntervalMs: 21_000 },
      'idle',
      ['24 session_timeout 0-4 timeout'],
    ],
    [
      'heartbeat before offline',
      'working',
      { heartbeatIntervalMs: 11_000, offlineTimeoutMs: 10_000 },
      'working',
      ['14 session_heartbeat 0-14 working', '14 device_offline silence'],
    ],
    [
      'timeout before offline',
      'working',
      { offlineTimeoutMs: 20_000 },
      'idle',
      ['24 session_timeout 0-4 timeout', '24 device_offline silence'],
    ],
  ] as const) {
    test(name, () => {
      const timeline = inPhase(phase, phase === 'stopping' ? {} : changes);
      timeline.options = { ...EXAMPLE_OPTIONS, ...changes };
      const last = Math.max(...events.map((event) => Number(event.split(' ')[0])));
      check(timeline.input({ kind: 'deadline', steadyAt: at(last) }), next, [...events]);
    });
  }
  test('a timeout before the start debounce ends silently', () => {
    check(inPhase('starting', { messageTimeoutMs: 2999 }).runTo(at(100)), 'idle', []);
  });
  test('a debounce of 0 is over before the next message of the same ms', () => {
    const timeline = new Timeline({ ...EXAMPLE_OPTIONS, startDebounceMs: 0, stopDebounceMs: 0 });
    timeline.power(at(1), 60).power(at(1), 0).power(at(1), 70);
    assert.deepEqual(timeline.sessions(), ['1 session_started 1 working', '1 session_stopped 1-1 normal']);
    assert.equal(timeline.state.phase, 'starting');
  });
});

describe('every phase × link, change, removal', () => {
  /** What is due next when the link is back at 100, lost at 2 (starting) or 6. */
  const AFTER: Record<Phase, [DeadlineKind, number]> = {
    idle: ['offline', 118],
    starting: ['confirm', 101],
    standby: ['offline', 118],
    working: ['offline', 118],
    stopping: ['stop', 114],
  };
  const REMOVED: Record<Phase, string[]> = {
    idle: [],
    starting: [],
    standby: ['6 session_stopped 0-4 device_removed'],
    working: ['6 session_stopped 0-4 device_removed'],
    stopping: ['6 session_stopped 0-5 device_removed'],
  };
  for (const phase of PHASES) {
    const second = phase === 'starting' ? 2 : 6;
    const options = { offlineTimeoutMs: 18_000 };
    test(`${phase}: no clock runs while the link is lost`, () => {
      const timeline = inPhase(phase, options).lose(at(second));
      assert.equal(nextDeadline(timeline.state, timeline.options), null);
      check(timeline.input({ kind: 'deadline', steadyAt: at(1e5) }), phase, []);
    });
    test(`${phase}: the link comes back`, () => {
      const timeline = inPhase(phase, options).lose(at(second)).regain(at(100));
      check(timeline, phase, []);
      const [kind, due] = AFTER[phase];
      assert.deepEqual(nextDeadline(timeline.state, timeline.options), { kind, at: at(due) });
    });
    test(`${phase}: link back without a loss changes nothing`, () => {
      const timeline = inPhase(phase, options);
      const before = timeline.state;
      check(timeline.regain(at(second)), phase, []);
      assert.deepEqual(timeline.state, before);
    });
    test(`${phase}: lost twice is lost once`, () => {
      const timeline = inPhase(phase, options).lose(at(second));
      const before = timeline.state;
      assert.deepEqual(timeline.lose(at(50)).state, before);
    });
    test(`${phase}: other options`, () => {
      check(inPhase(phase).reconfigure(at(second), { standbyThresholdW: 1000 }), phase, []);
    });
    test(`${phase}: removal`, () => {
      const timeline = inPhase(phase).remove(at(second));
      check(timeline, 'idle', REMOVED[phase]);
      assert.equal(nextDeadline(timeline.state, timeline.options), null);
    });
  }
});
