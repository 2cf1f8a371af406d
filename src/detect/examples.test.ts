import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DetectorOptions } from '../model/device.ts';
import { EXAMPLE_OPTIONS, Timeline } from './timeline.ts';

/** Seconds and watts: `10:60` is 60 W at second 10, `61:1…80` is 1 W each second from 61 to 80; `-20.5` and `+140` are link lost and back. */
const EXAMPLES: {
  name: string;
  script: string;
  options?: Partial<DetectorOptions>;
  until: number;
  events: string[];
}[] = [
  {
    name: '1 a session',
    script: '0:0 10:60 11:61 12:62 13:63 14:63…59 60:64 61:1…80',
    until: 80,
    events: ['13 session_started 10 working', '76 session_stopped 10-61 51/0/51/0 normal'],
  },
  { name: '2 a false start', script: '10:60 12:0 13:0', until: 100, events: [] },
  {
    name: '3 one message, then silence',
    script: '10:60',
    until: 100,
    events: ['13 session_started 10 working', '30 session_timeout 10-10 0/0/0/0 timeout'],
  },
  {
    name: '4 an interruption',
    script: '10:60 14:60 20:1 30:60 40:60 41:0…60',
    until: 60,
    events: ['13 session_started 10 working', '56 session_stopped 10-41 31/0/21/10 normal'],
  },
  {
    name: '5 standby and working',
    script: '10:20 14:20 20:80 30:20 31:0…50',
    until: 50,
    events: ['13 session_started 10 standby', '46 session_stopped 10-31 21/11/10/0 normal'],
  },
  {
    name: '6 the end is told once',
    script: '10:60 20:0',
    until: 100,
    events: ['13 session_started 10 working', '35 session_stopped 10-20 10/0/10/0 normal'],
  },
  {
    name: '7 a deadline comes before the measurement of its instant',
    script: '10:60 13:0…40',
    until: 40,
    events: ['13 session_started 10 working', '28 session_stopped 10-13 3/0/3/0 normal'],
  },
  {
    name: '8 start on working',
    script: '10:20 14:20 20:80 24:80 30:20 40:1…60',
    options: { startOn: 'working' },
    until: 60,
    events: ['23 session_started 20 working', '55 session_stopped 20-40 20/10/10/0 normal'],
  },
  {
    name: '9 a lost link',
    script: '10:60…20 -20.5 +140 141:60…150 151:0…170',
    until: 170,
    events: ['13 session_started 10 working', '166 session_stopped 10-151 141/0/141/0 normal'],
  },
  {
    name: '10 a lost link while stopping',
    script: '10:60 14:60 20:1 -25 +100 101:60…130',
    until: 130,
    events: ['13 session_started 10 working'],
  },
];

/** Offset, so that no time is a small number by accident. */
const T0 = Date.UTC(2026, 0, 31, 10);
const at = (seconds: number) => T0 + seconds * 1000;

function play(script: string, timeline: Timeline, timers: 'on time' | 'never'): Timeline {
  for (const word of script.split(' ')) {
    if (/^[-+]/.test(word)) {
      const t = at(Math.abs(Number(word)));
      if (timers === 'on time') timeline.runTo(t);
      timeline.input(
        word.startsWith('-')
          ? { kind: 'link_lost', steadyAt: t }
          : { kind: 'link_back', wallAt: t, steadyAt: t },
      );
      continue;
    }
    const [, from = '', watts, to = from] = /^([\d.]+):([\d.]+)(?:…([\d.]+))?$/.exec(word) ?? [];
    for (let s = Number(from); s <= Number(to); s++) {
      if (timers === 'on time') timeline.runTo(at(s) - 1);
      timeline.power(at(s), Number(watts));
    }
  }
  return timeline;
}

function told(timeline: Timeline): string[] {
  return timeline.ofType('session_started', 'session_stopped', 'session_timeout').map((event) => {
    const seconds = (time: string) => (Date.parse(time) - T0) / 1000;
    const head = `${seconds(event.ts)} ${event.event_type}`;
    if (event.event_type === 'session_started') {
      return `${head} ${seconds(event.payload.started_at)} ${event.payload.state}`;
    }
    const p = event.payload;
    const durations = [p.duration_s, p.standby_duration_s, p.working_duration_s, p.interruption_duration_s];
    return `${head} ${seconds(p.started_at)}-${seconds(p.ended_at)} ${durations.join('/')} ${p.reason}`;
  });
}

for (const { name, script, options, until, events } of EXAMPLES) {
  for (const timers of ['on time', 'never'] as const) {
    test(`worked example ${name}, timers ${timers}`, () => {
      const timeline = play(script, new Timeline({ ...EXAMPLE_OPTIONS, ...options }), timers).runTo(
        at(until),
      );
      assert.deepEqual(told(timeline), events);
    });
  }
}

test('example 10 goes on with 81 s of interruption', () => {
  const timeline = play('10:60 14:60 20:1 -25 +100 101:60 110:0…130', new Timeline(), 'on time').runTo(
    at(130),
  );
  assert.deepEqual(told(timeline).slice(1), ['125 session_stopped 10-110 100/0/19/81 normal']);
});
