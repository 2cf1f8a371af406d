import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Replayed } from '../detect/replay.ts';
import { at, EXAMPLE_OPTIONS, readingAt } from '../detect/timeline.ts';
import {
  type ComparableSession,
  type ReplayedSession,
  replayReportSchema,
  suggestionSchema,
} from '../model/replay.ts';
import type { Database } from '../store/database.ts';
import { openMemoryHistory } from '../store/history-database.ts';
import { InputEncoder } from './reading-encoder.ts';
import { ReadingLog } from './reading-log.ts';
import { replayTask, reportOf } from './replay-task.ts';
import { suggestionTask } from './suggestion-task.ts';

const HOUR = 3600;
const iso = (second: number) => new Date(at(second)).toISOString();

/** A history in which `mill` drew `powerAt` every `everyS` seconds, in chunks as the log has them. */
function historyOf(seconds: number, everyS: number, powerAt: (second: number) => number): Database {
  const database = openMemoryHistory();
  const log = new ReadingLog(database);
  const chunkS = 100 * everyS;
  for (let from = 0; from < seconds; from += chunkS) {
    const to = Math.min(from + chunkS, seconds);
    const encoder = new InputEncoder();
    for (let second = from; second < to; second += everyS) {
      encoder.encode({ kind: 'reading', reading: readingAt(at(second), { powerW: powerAt(second) }) });
    }
    const span = { inputs: (to - from) / everyS, fromAt: at(from), toAt: at(to - everyS) };
    const piece = { deviceId: 'mill', chunk: from, offset: 0, ...span, data: encoder.take() };
    database.transaction(() => log.append(piece));
  }
  return database;
}

/** It was on for ten minutes at the beginning of each of `hours`. */
const history = (hours: number) => historyOf(hours * HOUR, 10, (second) => (second % HOUR < 600 ? 60 : 1));

function detected(second: number, durationS = 600): ComparableSession {
  return {
    started_at: iso(second),
    ended_at: iso(second + durationS),
    reason: 'normal',
    duration_s: durationS,
    energy_kwh: (60 * durationS) / 3.6e6,
  };
}

const QUESTION = {
  deviceId: 'mill',
  options: EXAMPLE_OPTIONS,
  fromMs: at(2 * HOUR),
  toMs: at(4 * HOUR),
  nowMs: at(10 * HOUR),
  live: [detected(2 * HOUR), detected(3 * HOUR, 500), detected(3.5 * HOUR)],
  transitions: false,
};

test('a replay reads the log of the device and holds it against what was', () => {
  const report = replayReportSchema.parse(replayTask(history(10), QUESTION));
  assert.deepEqual(report.changes, { same: 1, changed: 1, new: 0, lost: 1 });
  assert.deepEqual(report.before, { sessions: 3, duration_s: 1700, energy_kwh: 0.028333 });
  assert.deepEqual(report.after, { sessions: 2, duration_s: 1200, energy_kwh: 0.02 });
  const [first, second] = report.sessions;
  assert.deepEqual([first?.change, first?.former, second?.change], ['same', null, 'changed']);
  assert.deepEqual(second?.former, { ...QUESTION.live[1] });
  assert.deepEqual(report.lost, [QUESTION.live[2]]);
  assert.deepEqual([report.partial, report.truncated, report.transitions], [false, false, undefined]);
});

test('a device that nothing was heard of has no sessions, and all that were are lost', () => {
  const report = replayTask(history(1), { ...QUESTION, deviceId: 'saw', transitions: true });
  assert.deepEqual([report.readings, report.after.sessions, report.changes?.lost], [0, 0, 3]);
  assert.deepEqual(report.transitions, []);
});

test('a session that began long before the period is found whole when it is known', () => {
  const hours = 60;
  const database = historyOf(hours * HOUR, 60, (second) => (second > 0 && second < 59.5 * HOUR ? 60 : 1));
  const asked = {
    ...QUESTION,
    options: { ...EXAMPLE_OPTIONS, messageTimeoutMs: 90_000 },
    fromMs: at((hours - 1) * HOUR),
    toMs: at(hours * HOUR),
    nowMs: at(hours * HOUR),
  };
  const known = replayTask(database, { ...asked, live: [detected(60, 59.5 * HOUR - 60)] });
  assert.deepEqual([known.partial, known.sessions[0]?.started_at], [false, iso(60)]);
  const unknown = replayTask(database, { ...asked, live: [] });
  assert.deepEqual([unknown.partial, unknown.sessions[0]?.started_at], [true, iso((hours - 25) * HOUR)]);
});

test('a suggestion reads the period and nothing else', () => {
  const { deviceId, options, fromMs } = QUESTION;
  const asked = { deviceId, options, reportIntervalMs: 60_000, fromMs, toMs: at(8 * HOUR) };
  const found = suggestionSchema.parse(suggestionTask(history(10), asked));
  assert.deepEqual([found.from, found.to, found.data.readings], [iso(2 * HOUR), iso(8 * HOUR), 6 * 360]);
  assert.equal(found.effect?.before.sessions, 6);
});

test('no more than 5000 sessions are listed, and that is said', () => {
  const session = (second: number): ReplayedSession => ({
    started_at: iso(second),
    ended_at: iso(second + 1),
    reason: 'normal',
    duration_s: 1,
    standby_duration_s: 0,
    working_duration_s: 1,
    interruption_duration_s: 0,
    energy_kwh: 0.001,
    energy_source: 'integrated',
    avg_power_w: 60,
    max_power_w: 60,
    message_count: 1,
  });
  const sessions = Array.from({ length: 5001 }, (_, i) => session(i * 10));
  const replayed: Replayed = {
    sessions,
    totals: { sessions: 5001, duration_s: 5001, energy_kwh: 5.001 },
    truncated: false,
    partial: false,
    transitions: [],
    readings: 10_002,
    lateMessages: 0,
  };
  const listed = reportOf(replayed, { ...QUESTION, live: [] });
  assert.deepEqual([listed.sessions.length, listed.truncated, listed.changes?.new], [5000, true, 5001]);
  const tooMany = reportOf({ ...replayed, truncated: true }, { ...QUESTION, live: [] });
  assert.deepEqual([tooMany.changes, tooMany.sessions[0]?.change, tooMany.truncated], [null, null, true]);
});
