import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { HistoryError } from '../history/history-error.ts';
import type { Device } from '../model/device.ts';
import type { CheckId } from '../model/diagnosis.ts';
import type { DeviceSummary } from '../model/own-device.ts';
import type { ReadingPoint } from '../model/reading-series.ts';
import { ManualClock } from '../platform/manual-clock.ts';
import { createMetrics } from '../platform/metrics.ts';
import { createDiagnosis, type DiagnosisSources } from './diagnosis.ts';

const summary = (device_id: string, last_message_at: string | null) =>
  ({
    device_id,
    machine_name: device_id,
    last_message_at,
    power_w: null,
    last_problem: null,
  }) as DeviceSummary;

const device = (deviceId: string) =>
  ({
    deviceId,
    parserType: 'generic',
    parser: { mqttTopic: `shop/${deviceId}/status` },
    detector: { standbyThresholdW: 20, messageTimeoutMs: null },
  }) as unknown as Device;

function stage(change: Partial<DiagnosisSources> = {}) {
  const clock = new ManualClock();
  const metrics = createMetrics();
  const asked: string[] = [];
  const sources: DiagnosisSources = {
    clock,
    dataDir: tmpdir(),
    service: () => ({ status: 'running', reason: null }),
    reception: () => ({ link: null, embedded: { listening: true }, further: new Map() }),
    courier: () => null,
    counts: () => ({ pending: 0, parked: 0 }),
    devices: () => [summary('press', new Date(clock.wallMs()).toISOString()), summary('sew', null)],
    running: (id) => device(id),
    canCommit: () => true,
    sessions: { list: () => [] },
    history: {
      messages: async () => ({ messages: [], nextBefore: null }),
      topics: async () => ({ topics: [], nextAfter: null }),
      readings: async ({ deviceId }) => {
        asked.push(deviceId);
        const points = [{ maxW: 80 } as ReadingPoint];
        return { source: 'minutes', stepMs: 60_000, points, gaps: [] };
      },
    },
    discoveredTopics: () => ['shop/press/status', 'shop/saw/status'],
    metrics,
    ...change,
  };
  const diagnosis = createDiagnosis(sources);
  const caseOf = async (id: CheckId) => (await diagnosis()).checks.find((check) => check.id === id);
  return { clock, metrics, asked, diagnosis, caseOf };
}

test('what was drawn without a session is looked up, of machines that were heard only', async () => {
  const { caseOf, asked } = stage();
  assert.equal((await caseOf('thresholds'))?.case, 'no_session');
  assert.deepEqual(asked, ['press']);
});

test('topics that machines listen to are not taken for those of silent devices', async () => {
  const { caseOf, clock } = stage();
  clock.advance(600_000);
  assert.deepEqual((await caseOf('never_heard'))?.subjects, [
    { device_id: 'sew', name: 'sew', note: 'shop/sew/status', similar: ['shop/saw/status'] },
  ]);
});

test('without a history the rest is diagnosed all the same', async () => {
  const away = () => Promise.reject(new HistoryError('it is away'));
  const { caseOf, metrics } = stage({ history: { messages: away, topics: away, readings: away } });
  metrics.historyRestarts.inc(2);
  assert.equal((await caseOf('thresholds'))?.status, 'ok');
  assert.equal((await caseOf('history'))?.parameters.restarts, 2);
  assert.equal((await caseOf('data_directory'))?.status, 'ok');
});

test('who asks while it looks gets the same answer', async () => {
  const { diagnosis } = stage();
  const [first, second] = await Promise.all([diagnosis(), diagnosis()]);
  assert.equal(first, second);
});

test('a folder that is not there cannot be written', async () => {
  const { caseOf } = stage({ dataDir: '/nowhere/at/all' });
  assert.equal((await caseOf('data_directory'))?.case, 'not_writable');
  assert.equal((await caseOf('disk'))?.status, 'not_applicable');
});
