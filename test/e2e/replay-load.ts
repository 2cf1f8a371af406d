import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type Input, nextDeadline, step } from '../../src/detect/detector.ts';
import { initialState } from '../../src/detect/state.ts';
import { EXAMPLE_OPTIONS, INSTALLATION, readingAt } from '../../src/detect/timeline.ts';
import { History } from '../../src/history/history.ts';
import type { ComparableSession, ReplayReport } from '../../src/model/replay.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { logTo } from '../../src/platform/log.ts';
import { createMetrics } from '../../src/platform/metrics.ts';

const HOUR_S = 3600;
const LINK_LOST_EVERY_S = 7 * HOUR_S;
const LINK_LOST_S = 90;
const WRITTEN_AT_ONCE = 10_000;

/** What the machine draws in second `s`: off, and each hour standby, work with short pauses, standby. */
function powerAt(s: number): number {
  const minute = Math.floor(s / 60) % 60;
  const noise = (((s * 7919) % 97) - 48) / 1000;
  if (minute < 17 || minute > 51) return 0.4;
  if (minute < 20 || minute > 47) return Math.round(120 * (1 + noise)) / 10;
  if (s % 300 < 9) return 1.1;
  return Math.round(4200 * (1 + noise)) / 10;
}

/** One reading a second for `seconds`, and now and then a lost connection. */
function* recording(beginMs: number, seconds: number): Generator<Input> {
  let energyTotalKwh = 120;
  for (let s = 0; s < seconds; s++) {
    const at = beginMs + s * 1000 + ((s * 31) % 47);
    energyTotalKwh = Math.round((energyTotalKwh + powerAt(s) / 3.6e6) * 1e6) / 1e6;
    const lost = s % LINK_LOST_EVERY_S;
    if (s > LINK_LOST_S && lost === 0) yield { kind: 'link_lost', steadyAt: at };
    if (s > LINK_LOST_S && lost === LINK_LOST_S) yield { kind: 'link_back', wallAt: at, steadyAt: at };
    if (s > LINK_LOST_S && lost < LINK_LOST_S) continue;
    yield { kind: 'reading', reading: readingAt(at, { powerW: powerAt(s), energyTotalKwh }) };
  }
}

const steadyOf = (input: Input) => (input.kind === 'reading' ? input.reading.steadyAt : input.steadyAt);

/** The detector as it runs live, its timers on time; what it sends about sessions goes to `onEnd`. */
function liveDetector(onEnd: (session: ComparableSession) => void) {
  let state = initialState();
  const tell = (input: Input) => {
    const result = step(state, EXAMPLE_OPTIONS, input, INSTALLATION);
    state = result.state;
    for (const event of result.events) {
      if (event.event_type !== 'session_stopped' && event.event_type !== 'session_timeout') continue;
      const { started_at, ended_at, reason, duration_s, energy_kwh } = event.payload;
      onEnd({ started_at, ended_at, reason, duration_s, energy_kwh });
    }
  };
  return (input: Input) => {
    for (;;) {
      const due = nextDeadline(state, EXAMPLE_OPTIONS);
      if (!due || due.at - state.offsetMs > steadyOf(input)) break;
      tell({ kind: 'deadline', steadyAt: due.at - state.offsetMs });
    }
    tell(input);
  };
}

/** Detects `seconds` of a machine live, keeps what was heard, and replays it out of history.db. */
export async function runReplay(t: TestContext, seconds: number) {
  const folder = mkdtempSync(join(tmpdir(), 'iot-bridge-replay-'));
  const log = logTo({ write: (line) => t.diagnostic(line) }, 'WARNING');
  const keep = { messagesDays: 1, readingsDays: 90, historyBytesMax: 2 ** 40 };
  const history = new History({ clock: systemClock(), log, metrics: createMetrics(), folder, keep });
  history.start();
  t.after(async () => {
    await history.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  const nowMs = Date.now();
  const beginMs = nowMs - seconds * 1000;
  const live: ComparableSession[] = [];
  const detect = liveDetector((session) => live.push(session));
  let inputs = 0;
  for (const input of recording(beginMs, seconds)) {
    detect(input);
    history.input('mill', input);
    inputs += 1;
    // The worker may keep up.
    if (inputs % WRITTEN_AT_ONCE === 0) await history.topics({ limit: 1 });
  }
  const params = {
    deviceId: 'mill',
    options: EXAMPLE_OPTIONS,
    fromMs: beginMs,
    toMs: nowMs,
    nowMs,
    live,
    transitions: false,
  };
  const began = performance.now();
  const report: ReplayReport = await history.run('replay', params);
  return { inputs, live: live.length, report, replayS: (performance.now() - began) / 1000 };
}
