import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answerTo } from './answers.ts';
import { cyclesOf, powerAt, type ScriptedMachine, stateAt, sumsOf } from './machines.ts';
import { type Item, Memory } from './memory.ts';

const NOW = Date.parse('2026-05-04T10:00:00.000Z');
const MACHINE: ScriptedMachine = { deviceId: 'mill', name: 'Mill', index: 3, standbyW: 20, workingW: 200 };

function fake() {
  const memory = new Memory(NOW);
  return (method: string, path: string, body: Item = {}) =>
    answerTo(memory, method, new URL(path, 'http://fake'), body, NOW);
}

test('a machine of the script keeps to its thresholds', () => {
  for (let ms = NOW; ms < NOW + 900_000; ms += 1000) {
    const powerW = powerAt(MACHINE, ms);
    const level = powerW < 20 ? 'idle' : powerW < 200 ? 'standby' : 'working';
    assert.equal(level, stateAt(MACHINE, ms), `${powerW} W`);
  }
});

test('sessions of the script follow each other and are the same whenever they are asked for', () => {
  const all = cyclesOf(MACHINE, NOW - 3_600_000, NOW);
  assert.ok(all.length > 5);
  for (const [i, { startMs, endMs }] of all.entries()) {
    assert.ok(startMs < endMs && startMs >= (all[i - 1]?.endMs ?? 0));
    assert.ok(sumsOf(MACHINE, startMs, endMs).energyKwh > 0);
  }
  assert.deepEqual(cyclesOf(MACHINE, NOW - 60_000, NOW).at(-1), all.at(-1));
});

test('recorded times are moved to now', () => {
  const { devices } = fake()('GET', '/api/devices').body as { devices: Item[] };
  assert.ok(devices.length >= 6);
  const { created_at: at } = (fake()('GET', '/api/templates').body.templates as Item[])[0] ?? {};
  const ageMs = NOW - Date.parse(String(at));
  assert.ok(ageMs >= 0 && ageMs < 3_600_000, `${ageMs}`);
});

test('lists are searched and paged', () => {
  const ask = fake();
  const page = ask('GET', '/api/devices?search=LATHE&limit=1').body as { devices: Item[]; total: number };
  assert.equal(page.devices.length, 1);
  assert.equal(page.total, 2);
  assert.equal((ask('GET', '/api/sessions?device_id=lathe&limit=3').body.sessions as Item[]).length, 3);
});

test('a device is made, changed and removed', () => {
  const ask = fake();
  assert.equal(ask('POST', '/api/devices', {}).status, 422);
  const made = ask('POST', '/api/devices', { device_id: 'saw/1', machine_name: 'Saw', mqtt_topic: 'a' });
  assert.equal(made.status, 201);
  assert.equal(ask('POST', '/api/devices', { device_id: 'saw/1', machine_name: 'Saw' }).status, 409);
  const change = { session_config: { standby_threshold_w: 9 }, mqtt_topic: null };
  const { configuration, running } = ask('PATCH', '/api/devices/saw%2F1', change).body;
  assert.deepEqual(configuration, {
    device_id: 'saw/1',
    enabled: true,
    machine_name: 'Saw',
    session_config: { standby_threshold_w: 9, working_threshold_w: 50 },
  });
  assert.equal(running, false);
  assert.equal(ask('DELETE', '/api/devices/saw%2F1').status, 200);
  assert.equal(ask('GET', '/api/devices/saw%2F1').status, 404);
  assert.equal(ask('DELETE', '/api/devices/cnc-mill').status, 409);
});

test('what is only kept is made, changed and removed', () => {
  const ask = fake();
  const { flow_id: id } = ask('POST', '/api/flows', { name: 'A' }).body;
  assert.equal(ask('PATCH', `/api/flows/${id}`, { name: 'B' }).body.name, 'B');
  const names = () => (ask('GET', '/api/flows').body.flows as Item[]).map(({ name }) => name);
  assert.ok(names().includes('B'));
  ask('DELETE', `/api/flows/${id}`);
  assert.ok(!names().includes('B'));
});

test('a stopped service stays stopped, a sent message is in the history', () => {
  const ask = fake();
  ask('POST', '/api/service/stop', { persist: true });
  assert.equal(ask('GET', '/api/service').body.status, 'stopped');
  ask('POST', '/api/messages', { topic: 'a/b', payload: 'x' });
  assert.equal((ask('GET', '/api/messages').body.messages as Item[])[0]?.topic, 'a/b');
});

test('what was not recorded is said', () => {
  const { status, body } = fake()('GET', '/api/nothing');
  assert.equal(status, 404);
  assert.match(String(body.message), /record\.ts/);
});
