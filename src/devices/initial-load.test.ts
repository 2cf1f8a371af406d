import assert from 'node:assert/strict';
import { test } from 'node:test';
import { logTo } from '../platform/log.ts';
import { ManualClock } from '../platform/manual-clock.ts';
import type { ApplyResult, ApplySource } from './configuration.ts';
import { type InitialLoadDependencies, loadAtStart } from './initial-load.ts';

const APPLIED: ApplyResult = {
  status: 'applied',
  devicesConfigured: 1,
  added: [],
  updated: [],
  removed: [],
  warnings: [],
  appliedAt: 1,
};
const INVALID: ApplyResult = {
  status: 'invalid',
  errors: [{ path: 'devices[0]', message: 'must be an object' }],
};
const FAILED: ApplyResult = { status: 'failed', reason: 'disk full' };
const CORRUPT = { status: 'corrupt', reason: 'line 3' } as const;
const OK = { status: 'ok', input: 'active' } as const;
const ABSENT = { status: 'absent' } as const;

const CASES: {
  name: string;
  active: ReturnType<InitialLoadDependencies['active']['read']>;
  initial?: boolean;
  results?: ApplyResult[];
  source: ApplySource | null;
  applied: [unknown, ApplySource][];
  notices?: string[];
  faults?: string[];
  events?: string[];
}[] = [
  { name: 'nothing at all', active: ABSENT, source: null, applied: [] },
  { name: 'the active one', active: OK, results: [APPLIED], source: 'start', applied: [['active', 'start']] },
  {
    name: 'the active one wins',
    active: OK,
    initial: true,
    results: [APPLIED],
    source: 'start',
    applied: [['active', 'start']],
    events: ['config_file_not_used'],
  },
  {
    name: 'the initial file',
    active: ABSENT,
    initial: true,
    results: [APPLIED],
    source: 'file',
    applied: [['initial', 'file']],
  },
  {
    name: 'a faulty initial file',
    active: ABSENT,
    initial: true,
    results: [INVALID],
    source: null,
    applied: [['initial', 'file']],
    faults: ['devices[0]'],
  },
  {
    name: 'an initial file and a full disk',
    active: ABSENT,
    initial: true,
    results: [FAILED],
    source: null,
    applied: [['initial', 'file']],
    notices: ['disk full'],
  },
  {
    name: 'a corrupt active one',
    active: CORRUPT,
    source: null,
    applied: [],
    notices: ['A could not be used (line 3) and was set aside as A.aside'],
    events: ['config_set_aside'],
  },
  {
    name: 'a corrupt active one and an initial file',
    active: CORRUPT,
    initial: true,
    results: [APPLIED],
    source: 'file',
    applied: [['initial', 'file']],
    notices: ['A could not be used (line 3) and was set aside as A.aside'],
    events: ['config_set_aside'],
  },
  {
    name: 'an active one that is invalid',
    active: OK,
    initial: true,
    results: [INVALID, APPLIED],
    source: 'file',
    applied: [
      ['active', 'start'],
      ['initial', 'file'],
    ],
    notices: ['A could not be used (devices[0] must be an object) and was set aside as A.aside'],
    events: ['config_set_aside'],
  },
];

for (const {
  name,
  active,
  initial = false,
  results = [],
  source,
  applied,
  notices = [],
  faults = [],
  events = [],
} of CASES) {
  test(`at the start: ${name}`, async () => {
    const calls: [unknown, ApplySource][] = [];
    const logged: unknown[] = [];
    const load = await loadAtStart({
      devices: {
        async apply(input, from) {
          calls.push([input, from]);
          const result = results[calls.length - 1];
          assert.ok(result);
          return result;
        },
      },
      active: { path: 'A', read: () => active, setAside: () => 'A.aside' },
      initial: initial ? { path: 'config.yaml', configuration: 'initial' } : null,
      clock: new ManualClock(),
      log: logTo({ write: (line) => logged.push(JSON.parse(line).event) }, 'INFO'),
    });
    assert.equal(load.source, source);
    assert.deepEqual(load.notices, notices);
    assert.deepEqual(
      load.faults.map(({ path }) => path),
      faults,
    );
    assert.deepEqual(calls, applied);
    assert.deepEqual(logged, events);
  });
}

test('a corrupt one that cannot be set aside is told too', async () => {
  const load = await loadAtStart({
    devices: { apply: async () => APPLIED },
    active: {
      path: 'A',
      read: () => CORRUPT,
      setAside() {
        throw new Error('EROFS');
      },
    },
    initial: null,
    clock: new ManualClock(),
    log: logTo({ write: () => undefined }, 'INFO'),
  });
  assert.deepEqual(load.notices, ['A could not be used (line 3) nor set aside (EROFS)']);
});
