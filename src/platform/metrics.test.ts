import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMetrics } from './metrics.ts';

test('a counter of known types begins at 0 for each, so that its first rise is seen', async () => {
  const metrics = createMetrics();
  for (const [metric, known] of [
    ['outboxDropped', ['session_stopped', 'run_stop', 'power_measurement', 'flow_event']],
    ['detectEvents', ['session_started', 'session_timeout', 'device_offline']],
  ] as const) {
    const { values } = await metrics[metric].get();
    const zeros = new Map(values.map(({ labels, value }) => [String(labels.type), value]));
    for (const name of known) assert.equal(zeros.get(name), 0, `${metric} ${name}`);
  }
});
