import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CheckId } from '../model/diagnosis.ts';
import type { LinkStatus } from '../mqtt/link.ts';
import type { CourierStatus } from '../outbox/courier-mode.ts';
import { diagnose } from './diagnose.ts';
import type { DiagnosedMachine, DiagnosisFacts } from './facts.ts';

const NOW = Date.UTC(2026, 5, 1, 12);
const DAY = 86_400_000;
const iso = (ms: number) => new Date(ms).toISOString();

const LINK: LinkStatus = { mode: 'connected', since: 0, fault: null, lastFault: null, refusedFilters: [] };
const COURIER: CourierStatus = {
  mode: 'idle',
  odooReachable: true,
  lastError: null,
  awaySince: null,
  inFlight: 0,
  nextAttemptAt: null,
};

function machine(summary: Partial<DiagnosedMachine['summary']> = {}, more: Partial<DiagnosedMachine> = {}) {
  const detector = { standbyThresholdW: 20, workingThresholdW: 100, messageTimeoutMs: 90_000 };
  const base = { device_id: 'press', machine_name: 'Press', last_message_at: iso(NOW - 1000), power_w: 0 };
  return {
    summary: { ...base, last_problem: null, ...summary },
    device: { parser: { mqttTopic: 'shop/pres/status' }, detector, parserType: 'shelly_gen2' },
    reportIntervalMs: 60_000,
    lately: { sessions: 4, timeouts: 0, openSince: null },
    highestW: null,
    ...more,
  } as DiagnosedMachine;
}

const WELL: DiagnosisFacts = {
  nowMs: NOW,
  upForMs: DAY,
  clockSteppedMs: 0,
  service: { status: 'running', reason: null },
  link: LINK,
  embedded: null,
  further: new Map([['hall', LINK]]),
  courier: COURIER,
  pending: 0,
  parked: 0,
  lastMessageAt: NOW - 1000,
  newestRecordAt: NOW - DAY,
  devices: 1,
  machines: [machine()],
  strayTopics: [],
  freeBytes: 10e9,
  isWritable: true,
  canCommit: true,
  dataDir: '/data',
  historyRestarts: 0,
  historyDropped: 0,
};

/** What a check makes of a bridge that is well but for `facts`. */
function found(id: CheckId, facts: Partial<DiagnosisFacts>) {
  const check = diagnose({ ...WELL, ...facts }).find((one) => one.id === id);
  assert.ok(check);
  assert.ok(check.explanation.length > 0 && !/\{\{/.test(check.explanation + check.remedy), check.case);
  if (check.status === 'fault' || check.status === 'warning') assert.notEqual(check.remedy, '');
  return [check.status, check.case] as const;
}
const failed = (reason: string): LinkStatus => ({
  ...LINK,
  mode: 'waiting',
  fault: { reason, message: 'why' },
});

test('a bridge that is well has nothing to say', () => {
  const bad = diagnose(WELL).filter(({ status }) => status !== 'ok');
  assert.deepEqual(bad, []);
});

test('the connection: service, login, TLS, address, access list, a second client', () => {
  assert.deepEqual(found('service', { service: { status: 'stopped', reason: 'by hand' } }), [
    'fault',
    'stopped',
  ]);
  assert.deepEqual(found('broker', { link: failed('login') }), ['fault', 'login']);
  assert.deepEqual(found('broker', { link: failed('tls') }), ['fault', 'tls']);
  assert.deepEqual(found('broker', { link: failed('name_not_found') }), ['fault', 'address']);
  assert.deepEqual(found('broker', { link: failed('closed') }), ['fault', 'other']);
  assert.deepEqual(found('broker', { link: { ...LINK, mode: 'connecting' } }), ['warning', 'connecting']);
  assert.deepEqual(found('broker', { link: null, embedded: { listening: true } }), ['ok', 'embedded']);
  assert.deepEqual(found('broker', { link: null, embedded: { listening: false } }), [
    'fault',
    'not_listening',
  ]);
  assert.deepEqual(found('broker', { link: null }), ['fault', 'none']);
  assert.deepEqual(found('client_id', { link: failed('client_id_clash') }), ['fault', 'clash']);
  const lately = { reason: 'client_id_clash', message: '', at: NOW - 60_000 };
  assert.deepEqual(found('client_id', { link: { ...LINK, lastFault: lately } }), ['fault', 'clash']);
  assert.deepEqual(found('client_id', { link: { ...LINK, lastFault: { ...lately, at: 0 } } }), ['ok', 'ok']);
  assert.deepEqual(found('subscriptions', { link: { ...LINK, refusedFilters: ['a'] } }), [
    'fault',
    'refused',
  ]);
  assert.deepEqual(found('further_brokers', { further: new Map([['hall', failed('tls')]]) }), [
    'warning',
    'away',
  ]);
});

test('messages: none for a while, none ever, too early to tell', () => {
  assert.deepEqual(found('messages', { lastMessageAt: NOW - 600_000 }), ['warning', 'silent']);
  assert.deepEqual(found('messages', { lastMessageAt: null }), ['fault', 'never']);
  assert.deepEqual(found('messages', { lastMessageAt: null, upForMs: 1000 }), ['not_applicable', 'starting']);
  assert.deepEqual(found('messages', { link: failed('tls') }), ['not_applicable', 'not_applicable']);
});

test('devices: none, unheard, misspelt, retained only, not understood', () => {
  assert.deepEqual(found('configuration', { devices: 0, machines: [] }), ['fault', 'none']);
  assert.deepEqual(found('configuration', { machines: [] }), ['warning', 'none_runs']);
  const silent = [machine({ last_message_at: null, power_w: null })];
  assert.deepEqual(found('never_heard', { machines: silent }), ['warning', 'silent']);
  const stray = { machines: silent, strayTopics: ['shop/press/status'] };
  assert.deepEqual(found('never_heard', stray), ['warning', 'similar']);
  const [subject] = diagnose({ ...WELL, ...stray }).find(({ id }) => id === 'never_heard')?.subjects ?? [];
  assert.deepEqual(subject?.similar, ['shop/press/status']);
  const retained = [machine({ last_message_at: null, power_w: 3 })];
  assert.deepEqual(found('retained_only', { machines: retained }), ['warning', 'retained']);
  const last_problem = { at: iso(NOW), topic: 't', reason: 'not_json', detail: 'x' };
  assert.deepEqual(found('unusable', { machines: [machine({ last_problem })] }), ['warning', 'unusable']);
  const former = { ...last_problem, at: iso(NOW - DAY) };
  assert.deepEqual(found('unusable', { machines: [machine({ last_problem: former })] }), ['ok', 'ok']);
});

test('thresholds and timeouts against what was measured', () => {
  const none = { sessions: 0, timeouts: 0, openSince: null };
  const drawn = [machine({}, { lately: none, highestW: 80 })];
  assert.deepEqual(found('thresholds', { machines: drawn }), ['warning', 'no_session']);
  const off = [machine({}, { lately: none, highestW: 3 })];
  assert.deepEqual(found('thresholds', { machines: off }), ['ok', 'ok']);
  const endless = [machine({}, { lately: { sessions: 1, timeouts: 0, openSince: NOW - 8 * DAY } })];
  assert.deepEqual(found('thresholds', { machines: endless }), ['warning', 'always_on']);
  const slow = [machine({}, { reportIntervalMs: 300_000 })];
  assert.deepEqual(found('message_timeout', { machines: slow }), ['warning', 'too_short']);
  const often = [machine({}, { lately: { sessions: 5, timeouts: 4, openSince: null } })];
  assert.deepEqual(found('message_timeout', { machines: often }), ['warning', 'often']);
});

test('Odoo: not set, key, address, away, refused events', () => {
  const away = (lastError: string) => ({
    courier: { ...COURIER, odooReachable: false, lastError },
    pending: 3,
  });
  assert.deepEqual(found('odoo', { courier: null }), ['not_applicable', 'not_set']);
  assert.deepEqual(found('odoo', { courier: { ...COURIER, odooReachable: null } }), [
    'not_applicable',
    'not_asked',
  ]);
  assert.deepEqual(found('odoo', away('Odoo refused the key (401). Check ODOO_API_KEY.')), ['fault', 'key']);
  assert.deepEqual(found('odoo', away('Odoo answered 404.')), ['fault', 'address']);
  assert.deepEqual(found('odoo', away('Odoo is not reached.')), ['fault', 'away']);
  assert.deepEqual(found('parked', { parked: 2 }), ['warning', 'parked']);
});

test('the machine: clock, disk, folder, history', () => {
  assert.deepEqual(found('clock', { nowMs: 0 }), ['fault', 'past']);
  assert.deepEqual(found('clock', { newestRecordAt: NOW + 3_600_000 }), ['fault', 'behind']);
  assert.deepEqual(found('clock', { clockSteppedMs: -600_000 }), ['warning', 'stepped']);
  assert.deepEqual(found('disk', { freeBytes: 1e8 }), ['fault', 'low']);
  assert.deepEqual(found('disk', { freeBytes: null }), ['not_applicable', 'not_applicable']);
  assert.deepEqual(found('data_directory', { isWritable: false }), ['fault', 'not_writable']);
  assert.deepEqual(found('data_directory', { canCommit: false }), ['fault', 'not_written']);
  assert.deepEqual(found('history', { historyRestarts: 2 }), ['warning', 'restarts']);
  assert.deepEqual(found('history', { historyDropped: 2 }), ['warning', 'dropped']);
});
