import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { connectAsync } from 'mqtt';
import type { Discovered } from '../../src/model/discovery.ts';
import { atEnd, eventsOf, genericDevice, type Rig, startRig } from './rig.ts';
import { eventually } from './running-bridge.ts';

const SESSION_CONFIG = { start_debounce_s: 0.2, stop_debounce_s: 0.3, message_timeout_s: 2 };
type Report = { loops: number; runs: number; timeouts: number; state: string; last_error: unknown };

async function call(rig: Rig, method: string, path: string, body?: object) {
  const headers = { 'content-type': 'application/json' };
  const answer = await rig.bridge.request(path, {
    method,
    ...(body && { headers, body: JSON.stringify(body) }),
  });
  return { status: answer.status, body: (answer.body ?? {}) as Record<string, unknown>, text: answer.text };
}

async function make(rig: Rig, path: string, body: object): Promise<Record<string, unknown>> {
  const answer = await call(rig, 'POST', path, body);
  assert.equal(answer.status, 201, answer.text);
  return answer.body;
}

/** A Tasmota that answers questions for its power, and says nothing by itself. */
async function quietPlug(t: TestContext, url: string, powerW: () => number) {
  const client = await connectAsync(url, { reconnectPeriod: 0 });
  atEnd(t, () => client.endAsync(true));
  let asked = 0;
  client.on('message', (topic, payload) => {
    if (topic !== 'cmnd/plug/Status' || payload.toString() !== '10') return;
    asked += 1;
    const sensor = { Time: '2026-01-31T10:00:00', ENERGY: { Total: 1, Power: powerW() } };
    client.publish('stat/plug/STATUS10', JSON.stringify({ StatusSNS: sensor }), { qos: 1 });
  });
  await client.subscribeAsync('cmnd/plug/#');
  return { asked: () => asked };
}

test('a silent device is asked before its session times out, and over the API', async (t) => {
  const plug = {
    device_id: 'plug',
    mqtt_topic: 'tele/plug/SENSOR',
    parser_type: 'tasmota',
    session_config: SESSION_CONFIG,
    probe: true,
  };
  const rig = await startRig(t, [plug]);
  const device = await quietPlug(t, rig.broker.url, () => 60);
  await rig.meters.publish('tele/plug/SENSOR', {
    Time: '2026-01-31T10:00:00',
    ENERGY: { Total: 1, Power: 61 },
  });
  await eventually('it was asked three times', () => (device.asked() >= 3 ? true : null));
  assert.deepEqual(
    eventsOf(rig.odoo, 'plug').map(({ event_type }) => event_type),
    ['session_started'],
  );
  const status = await call(rig, 'POST', '/api/devices/plug/request', { method: 'status' });
  assert.equal(status.status, 200, status.text);
  assert.match(String(status.body.payload), /"Power":60/);
  const missing = await call(rig, 'POST', '/api/devices/plug/request', {
    tasmota: { command: 'Power', payload: 'ON' },
    timeout_s: 1,
  });
  assert.equal(missing.status, 504, missing.text);
});

test('flows publish, call webhooks and tell Odoo; one that calls itself for ever is stopped', async (t) => {
  const rig = await startRig(t, [genericDevice('lathe', SESSION_CONFIG)]);
  const bodies: unknown[] = [];
  const hook = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      bodies.push(JSON.parse(Buffer.concat(chunks).toString()));
      response.end();
    });
  });
  hook.listen(0, '127.0.0.1');
  await once(hook, 'listening');
  atEnd(t, () => hook.close());
  const url = `http://127.0.0.1:${(hook.address() as AddressInfo).port}/`;
  await make(rig, '/api/flows', {
    name: 'tell the office',
    when: { event: ['session_started'] },
    do: [
      { webhook: { url, body: '{"machine": event.payload.machine_name}' } },
      { odoo_event: { name: 'office told', data: '{"power": event.payload.power_w}' } },
      { publish: { topic: 'office/lamp', body: '"on"' } },
    ],
  });
  await make(rig, '/api/subscriptions', { topic: 'loop/#', qos: 1 });
  const loop = await make(rig, '/api/flows', {
    name: 'loop',
    when: { topic: 'loop/+' },
    do: [{ publish: { topic: 'loop/again', body: '{"n": payload.n + 1}' } }],
  });
  const endless = await make(rig, '/api/flows', {
    name: 'endless',
    when: { topic: 'meters/lathe' },
    do: [{ publish: { topic: 'never', body: '($f := function($x){$f($x + 1)}; $f(1))' } }],
  });
  await rig.meters.publish('meters/lathe', 60);
  const found = await eventually(
    'Odoo is told',
    () => eventsOf(rig.odoo, 'lathe', ['flow_event'])[0] ?? null,
  );
  assert.deepEqual((found as { payload: { flow: string; data: unknown } }).payload.data, { power: 60 });
  await eventually('the webhook is called', () => bodies[0] ?? null);
  assert.deepEqual(bodies, [{ machine: 'lathe' }]);

  await rig.meters.publish('loop/begin', { n: 1 });
  const report = async (flow: Record<string, unknown>) =>
    (await call(rig, 'GET', `/api/flows/${String(flow.flow_id)}`)).body.report as Report;
  const stopped = await eventually('the loop is stopped', async () => {
    const now = await report(loop);
    return now.loops > 0 ? now : null;
  });
  assert.ok(stopped.runs <= 6, JSON.stringify(stopped));
  assert.match(JSON.stringify(stopped.last_error), /loop|itself|depth/i);
  const ended = await eventually('the endless one is told of', async () => {
    const now = await report(endless);
    return now.last_error ? now : null;
  });
  assert.ok(ended.runs >= 1);
  assert.equal((await rig.bridge.health()).active_sessions, 1);
});

test('a meter nobody configured is found and set up as proposed', async (t) => {
  const rig = await startRig(t, []);
  const scan = await call(rig, 'POST', '/api/discovery/scan', { seconds: 30 });
  assert.equal(scan.status, 200, scan.text);
  const frame = { id: 0, apower: 61.5, voltage: 230, current: 0.3, aenergy: { total: 1000 } };
  const [found] = await eventually('it is found', async () => {
    await rig.meters.publish('shellyplus1pm-a8032abe54dc/status/switch:0', frame);
    const { body } = await call(rig, 'GET', '/api/discovery');
    const list = body.found as Discovered[];
    return list.length > 0 ? list : null;
  });
  assert.equal(found?.values?.power_w, 61.5, JSON.stringify(found));
  const { device_id } = (await make(rig, '/api/devices', found?.configuration ?? {})) as {
    device_id: string;
  };
  await eventually('it is heard', async () => {
    await rig.meters.publish('shellyplus1pm-a8032abe54dc/status/switch:0', frame);
    const { body } = await call(rig, 'GET', `/api/devices/${device_id}`);
    return body.power_w === 61.5 ? true : null;
  });
  assert.deepEqual((await call(rig, 'GET', '/api/discovery')).body.found, []);
});
