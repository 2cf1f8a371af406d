import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bandAt, sessionBands } from './bands.ts';
import type { ChartData } from './chart-data.ts';

const iso = (s: number) => new Date(s * 1000).toISOString();
const THRESHOLDS = { standbyW: 5, workingW: 50 };
const data = (...pairs: [number, number | null][]): ChartData => [
  pairs.map(([at]) => at),
  pairs.map(([, watts]) => watts),
  pairs.map(() => null),
  pairs.map(() => null),
];
const words = (bands: ReturnType<typeof sessionBands>) =>
  bands.map(({ fromMs, toMs, kind }) => `${fromMs / 1000}-${toMs / 1000} ${kind}`);

test('a session is parted by the level of its power', () => {
  const session = { started_at: iso(10), ended_at: iso(50) };
  const power = data([0, 0], [10, 20], [20, 80], [25, 90], [30, 1], [40, 60], [50, 0]);
  assert.deepEqual(words(sessionBands([session], power, THRESHOLDS, 0)), [
    '10-20 standby',
    '20-30 working',
    '30-40 interruption',
    '40-50 working',
  ]);
});

test('an open session lasts until now, and one without data is there', () => {
  const sessions = [
    { started_at: iso(10), ended_at: iso(20) },
    { started_at: iso(90), ended_at: null },
  ];
  const bands = sessionBands(sessions, data([80, 60], [95, null]), THRESHOLDS, 100_000);
  assert.deepEqual(words(bands), ['10-20 standby', '90-100 working']);
  assert.equal(bandAt(bands, 95_000)?.kind, 'working');
  assert.equal(bandAt(bands, 50_000), null);
});
