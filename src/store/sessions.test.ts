import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { BridgeEvent } from '../model/event.ts';
import { openMemoryDatabase } from './database.ts';
import { type SessionFilter, sessionsTable } from './sessions.ts';

const id = (n: number) => `0192f0c1-0000-5000-8000-${String(n).padStart(12, '0')}`;
const iso = (ms: number) => new Date(ms).toISOString();

type Given = {
  device: string;
  startedAt: number;
  durationS: number | null;
  reason: 'normal' | 'timeout' | 'gap';
};

function started(n: number, { device, startedAt }: Given): BridgeEvent {
  return {
    schema_version: 'v1',
    event_uid: id(n),
    event_type: 'session_started',
    device_id: device,
    ts: iso(startedAt),
    payload: {
      session_id: id(n),
      machine_name: device,
      started_at: iso(startedAt),
      state: 'working',
      power_w: 100,
      reason: 'power_threshold',
    },
  };
}

function ended(n: number, { device, startedAt, durationS, reason }: Given): BridgeEvent {
  const endedAt = iso(startedAt + (durationS ?? 0) * 1000);
  const envelope = { schema_version: 'v1' as const, event_uid: id(n), device_id: device, ts: endedAt };
  const payload = {
    session_id: id(n),
    machine_name: device,
    started_at: iso(startedAt),
    ended_at: endedAt,
    duration_s: durationS ?? 0,
    standby_duration_s: 1,
    working_duration_s: 2,
    interruption_duration_s: 3,
    energy_kwh: 0.5,
    energy_source: 'counter' as const,
    message_count: 1,
    power_w: 0,
    avg_power_w: 1,
    max_power_w: 2,
  };
  return reason === 'normal'
    ? { ...envelope, event_type: 'session_stopped', payload: { ...payload, reason } }
    : {
        ...envelope,
        event_type: 'session_timeout',
        payload: { ...payload, reason, last_message_at: endedAt },
      };
}

function tableOf(given: readonly Given[]) {
  const database = openMemoryDatabase();
  const table = sessionsTable(database);
  database.transaction(() => {
    for (const [n, one] of given.entries()) {
      table.record(started(n, one));
      if (one.durationS !== null) table.record(ended(n, one));
    }
  });
  return { database, table };
}

/** What a filter means, said once more without a database. */
function matches({ device, startedAt, durationS, reason }: Given, filter: SessionFilter): boolean {
  const open = durationS === null;
  const endedAt = open ? Number.POSITIVE_INFINITY : startedAt + durationS * 1000;
  return (
    (filter.deviceId === undefined || filter.deviceId === device) &&
    (filter.fromMs === undefined || endedAt >= filter.fromMs) &&
    (filter.toMs === undefined || startedAt < filter.toMs) &&
    (filter.open === undefined || filter.open === open) &&
    (filter.reason === undefined || (!open && filter.reason === reason))
  );
}

const givenSession = fc.record({
  device: fc.constantFrom('mill', 'saw'),
  startedAt: fc.integer({ min: 0, max: 50 }).map((n) => n * 1000),
  durationS: fc.option(fc.integer({ min: 0, max: 60 }), { freq: 4 }),
  reason: fc.constantFrom('normal', 'timeout', 'gap'),
} satisfies Record<keyof Given, unknown>) as fc.Arbitrary<Given>;
const at = fc.option(
  fc.integer({ min: 0, max: 110 }).map((n) => n * 1000),
  { nil: undefined },
);
const anyFilter: fc.Arbitrary<SessionFilter> = fc.record({
  deviceId: fc.option(fc.constantFrom('mill', 'saw'), { nil: undefined }),
  fromMs: at,
  toMs: at,
  open: fc.option(fc.boolean(), { nil: undefined }),
  reason: fc.option(fc.constantFrom('normal' as const, 'timeout' as const), { nil: undefined }),
});

test('list, page by page, and sums give exactly the sessions that match', () => {
  fc.assert(
    fc.property(fc.array(givenSession, { maxLength: 30 }), anyFilter, (given, filter) => {
      const { database, table } = tableOf(given);
      const expected = [...given.entries()]
        .filter(([, one]) => matches(one, filter))
        .sort(([a, one], [b, other]) => other.startedAt - one.startedAt || b - a)
        .map(([n]) => id(n));
      const found: string[] = [];
      for (;;) {
        const last = found.length > 0 ? table.one(found.at(-1) ?? '') : null;
        const after = last
          ? { startedAtMs: Date.parse(last.started_at), sessionId: last.session_id }
          : undefined;
        const page = table.list(filter, 4, after);
        found.push(...page.map((one) => one.session_id));
        if (page.length < 4) break;
      }
      assert.deepEqual(found, expected);
      const sums = [...table.sums(filter)];
      const closed = given.filter((one) => one.durationS !== null && matches(one, filter)).length;
      assert.equal(
        sums.reduce((all, one) => all + one.sessions, 0),
        expected.length,
      );
      assert.equal(
        sums.reduce((all, one) => all + one.open, 0),
        expected.length - closed,
      );
      assert.equal(
        sums.reduce((all, one) => all + one.energy_kwh, 0),
        closed * 0.5,
      );
      database.close();
    }),
  );
});

test('many sessions are summed up in slices, those that began together in one', () => {
  const count = 25_001;
  const given = Array.from({ length: count }, (_, n): Given => {
    // 12 000 of them at one instant: more than a slice.
    const startedAt = (n < 12_000 ? 5000 : n) * 1000;
    return { device: 'mill', startedAt, durationS: 2, reason: 'normal' };
  });
  const { database, table } = tableOf(given);
  for (const filter of [{}, { deviceId: 'mill' }, { fromMs: 0 }]) {
    const sums = [...table.sums({ ...filter, open: false })];
    assert.equal(sums.length, 3);
    assert.equal(
      sums.reduce((all, one) => all + one.sessions, 0),
      count,
    );
    assert.equal(
      sums.reduce((all, one) => all + one.duration_s, 0),
      count * 2,
    );
  }
  database.close();
});

test('a session that began long before a day and ended on it is found, also after a restart', () => {
  const day = 86_400_000;
  const given: Given[] = [
    { device: 'mill', startedAt: 0, durationS: (100 * day) / 1000, reason: 'normal' },
    { device: 'mill', startedAt: 50 * day, durationS: 60, reason: 'normal' },
  ];
  const { database, table } = tableOf(given);
  for (const one of [table, sessionsTable(database)]) {
    assert.deepEqual(
      one.list({ fromMs: 100 * day - 1 }, 10).map((s) => s.session_id),
      [id(0)],
    );
    assert.deepEqual(
      [...one.sums({ fromMs: 100 * day - 1 })].map((s) => s.sessions),
      [0, 1],
    );
  }
  database.close();
});
