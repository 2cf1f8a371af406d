import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { connectAsync, type MqttClient } from 'mqtt';
import { freePort } from '../mosquitto.ts';
import { atEnd, startBridge } from './rig.ts';
import { eventually, temporaryFolder } from './running-bridge.ts';

const run = promisify(execFile);

type Answer<T> = { status: number; body: T };

/** A bridge with its own broker, and how its API is called. */
async function startPlatform(t: TestContext, environment: Record<string, string> = {}) {
  const folder = temporaryFolder();
  atEnd(t, () => folder.remove());
  const bridge = await startBridge(t, folder.path, { EMBEDDED_MQTT_PORT: '0', ...environment });
  const ports = await bridge.logged('embedded_broker_started');
  async function call<T = Record<string, unknown>>(method: string, path: string, body?: unknown) {
    const json = { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
    return (await bridge.request(path, { method, ...(body === undefined ? {} : json) })) as Answer<T>;
  }
  return { bridge, call, folder, port: Number(ports.mqtt), ports };
}
type Platform = Awaited<ReturnType<typeof startPlatform>>;

async function makeDevice({ call }: Platform, more: object = {}) {
  const made = await call<{ device_id: string }>('POST', '/api/devices', { machine_name: 'Lathe', ...more });
  assert.equal(made.status, 201, JSON.stringify(made.body));
  const { body } = await call<{ token: string }>('GET', `/api/devices/${made.body.device_id}/token`);
  return { id: made.body.device_id, token: body.token };
}

async function makeTemplate({ call }: Platform, more: object = {}) {
  const made = await call<{ provision_key: string; provision_secret: string }>('POST', '/api/templates', {
    name: 'fleet',
    ...more,
  });
  assert.equal(made.status, 201, JSON.stringify(made.body));
  const { provision_key, provision_secret } = made.body;
  return { provision_key, provision_secret };
}

/** Publishes with Debian's client, as the document says: any user name, the token as password. */
function mosquittoPub(port: number, token: string, ...args: string[]) {
  const login = ['-h', '127.0.0.1', '-p', String(port), '-u', 'anything', '-P', token];
  return run('mosquitto_pub', [...login, '-q', '1', ...args]);
}

type Attribute = { key: string; scope: string; type: string; value: unknown };
async function attributesOf({ call }: Platform, id: string): Promise<Record<string, [string, unknown]>> {
  const { body } = await call<{ attributes: Attribute[] }>('GET', `/api/devices/${id}/attributes`);
  return Object.fromEntries(body.attributes.map(({ key, type, value }) => [key, [type, value]]));
}

test('a device is made, its token copied, and it publishes text, JSON, XML, bytes and attributes', async (t) => {
  const platform = await startPlatform(t);
  const { call, port, folder } = platform;
  const { id, token } = await makeDevice(platform);
  const bytes = join(folder.path, 'bytes');
  writeFileSync(bytes, Buffer.from([0, 1, 254, 255]));
  const payloads = ['plain text', '{"a": 1}', '<reading unit="W">5</reading>'];
  for (const payload of payloads)
    await mosquittoPub(port, token, '-t', `messages/${id}/notes`, '-m', payload);
  await mosquittoPub(port, token, '-t', `messages/${id}/raw`, '-f', bytes);
  const attributes = '{"s": "x", "l": 7, "d": 1.5, "b": true, "j": {"k": [1]}, "gone": 1}';
  await mosquittoPub(port, token, '-t', `messages/${id}/attribute`, '-m', attributes);
  await mosquittoPub(port, token, '-t', `messages/${id}/attribute`, '-m', '{"gone": null, "l": 8}');
  // Acknowledged is on disk: nothing has to be waited for.
  assert.deepEqual(await attributesOf(platform, id), {
    s: ['STR', 'x'],
    l: ['LONG', 8],
    d: ['DBL', 1.5],
    b: ['BOOL', true],
    j: ['JSON', { k: [1] }],
  });
  const past = await call<{ values: Attribute[] }>('GET', `/api/devices/${id}/attributes/l/history`);
  assert.deepEqual(
    past.body.values.map(({ value }) => value),
    [8, 7],
  );
  type Page = { messages: { payload: string; payload_format: string; topic: string; device_id: string }[] };
  const history = await eventually('the messages in the history', async () => {
    const { body } = await call<Page>('GET', `/api/messages?device=${id}`);
    return body.messages.length === 4 ? body.messages : null;
  });
  assert.deepEqual(
    history.map(({ payload, payload_format }) => [payload, payload_format]),
    [['0001feff', 'hex'], ...payloads.toReversed().map((payload) => [payload, 'text'])],
  );
  const filtered = await call<Page>('GET', `/api/messages?topic=${encodeURIComponent('messages/+/raw')}`);
  assert.equal(filtered.body.messages.length, 1);

  await mosquittoPub(port, token, '-t', `messages/${id}/attribute`, '-m', 'not json');
  const { body } = await call<{ last_problem: { detail: string } }>('GET', `/api/devices/${id}`);
  assert.match(body.last_problem.detail, /not JSON/);
});

test('a wrong token is refused, and a rotated one closes the connection within a second', async (t) => {
  const platform = await startPlatform(t);
  const { id, token } = await makeDevice(platform);
  await assert.rejects(mosquittoPub(platform.port, 'wrong', '-t', `messages/${id}/x`, '-m', 'x'), (error) => {
    assert.match(String((error as { stderr?: string }).stderr), /not authori|bad user name/i);
    return true;
  });
  const options = { username: 'u', password: token, protocolVersion: 4 as const, reconnectPeriod: 0 };
  const client = await connectAsync(`mqtt://127.0.0.1:${platform.port}`, options);
  atEnd(t, () => client.endAsync(true));
  const closed = new Promise<number>((resolve) => client.once('close', () => resolve(performance.now())));
  const began = performance.now();
  const rotated = await platform.call<{ token: string }>('POST', `/api/devices/${id}/token`);
  assert.ok((await closed) - began < 1000);
  await assert.rejects(connectAsync(`mqtt://127.0.0.1:${platform.port}`, options));
  await mosquittoPub(platform.port, rotated.body.token, '-t', `messages/${id}/x`, '-m', 'x');
});

test('a device is told the attributes that are set for it', async (t) => {
  const platform = await startPlatform(t);
  const { id, token } = await makeDevice(platform);
  const client = await connectDevice(t, platform.port, token);
  await client.subscribeAsync(`messages/${id}/attribute/server`, { qos: 1 });
  type Client = { device_id: string | null; protocol: string; subscriptions: string[] };
  const { body } = await platform.call<{ clients: Client[] }>('GET', `/api/clients?device_id=${id}`);
  assert.deepEqual(
    body.clients.map(({ device_id, protocol, subscriptions }) => [device_id, protocol, subscriptions]),
    [[id, 'mqtt', [`messages/${id}/attribute/server`]]],
  );
  const told = nextMessage(client);
  const set = await platform.call('PUT', `/api/devices/${id}/attributes`, { interval: 5, old: null });
  assert.equal(set.status, 200);
  assert.deepEqual(JSON.parse(await told), { interval: 5, old: null });
  assert.deepEqual(await attributesOf(platform, id), { interval: ['LONG', 5] });
});

async function connectDevice(t: TestContext, port: number, token: string): Promise<MqttClient> {
  const options = { username: 'u', password: token, protocolVersion: 4 as const, reconnectPeriod: 0 };
  const client = await connectAsync(`mqtt://127.0.0.1:${port}`, options);
  atEnd(t, () => client.endAsync(true));
  return client;
}

const nextMessage = (client: MqttClient) =>
  new Promise<string>((resolve) => client.once('message', (_topic, payload) => resolve(payload.toString())));

/** Asks for an identity as the document says: one connection that subscribes and asks. */
async function provision(port: number, request: object, slash = ''): Promise<Record<string, string>> {
  const options = { username: 'provision', protocolVersion: 4 as const, reconnectPeriod: 0 };
  const client = await connectAsync(`mqtt://127.0.0.1:${port}`, options);
  await client.subscribeAsync(`${slash}provision/response`, { qos: 1 });
  const answer = nextMessage(client);
  await client.publishAsync(`${slash}provision/request`, JSON.stringify(request), { qos: 1 });
  const text = await answer;
  await client.endAsync();
  return JSON.parse(text);
}

test('devices provision over MQTT and HTTP, and one with a power reading has sessions', async (t) => {
  const platform = await startPlatform(t);
  const { call, port, bridge } = platform;
  const session_config = { start_debounce_s: 0, stop_debounce_s: 1 };
  const defaults = { mqtt_topic: 'messages/{device_id}/telemetry', session_config };
  const keys = await makeTemplate(platform, { defaults });
  const overMqtt = await provision(port, { device_name: 'Lathe', device_key: 'k1', ...keys });
  assert.deepEqual([overMqtt.status, overMqtt.token?.length], ['SUCCESS', 32]);
  const others = await connectAsync(`mqtt://127.0.0.1:${port}`, {
    username: 'provision',
    protocolVersion: 4,
  });
  atEnd(t, () => others.endAsync(true));
  await others.subscribeAsync('provision/response', { qos: 1 });
  others.on('message', (_topic, payload) => assert.fail(`another one hears ${payload.toString()}`));
  const refused = await provision(port, { device_name: 'Saw', ...keys, provision_secret: 'x' }, '/');
  assert.deepEqual([refused.status, refused.error], ['FAILURE', 'INVALID_KEY']);

  const http = async (request: object) => {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`${bridge.url}/api/provision`, {
      method: 'POST',
      headers,
      body: JSON.stringify(request),
    });
    return { status: response.status, body: (await response.json()) as Record<string, string> };
  };
  const overHttp = await http({
    deviceName: 'Saw',
    provisionDeviceKey: keys.provision_key,
    provisionDeviceSecret: keys.provision_secret,
  });
  assert.deepEqual([overHttp.status, overHttp.body.status], [200, 'SUCCESS']);
  const again = await http({ device_name: 'Lathe', device_key: 'k1', ...keys });
  assert.deepEqual([again.status, again.body.error], [409, 'ALREADY_PROVISIONED']);
  assert.deepEqual(
    [(await http([])).status, (await http({ ...keys, device_name: 'Saw' })).status],
    [400, 409],
  );

  const { device_id: id = '', token = '' } = overMqtt;
  for (const power of [100, 101]) {
    await mosquittoPub(port, token, '-t', `messages/${id}/telemetry`, '-m', JSON.stringify({ power }));
  }
  await mosquittoPub(port, token, '-t', `messages/${id}/telemetry`, '-m', '{"power": 0}');
  const closed = await eventually('a session that ended', async () => {
    type Page = { sessions: { machine_name: string; state: string }[] };
    const { body } = await call<Page>('GET', `/api/sessions?device_id=${id}&open=false`);
    return body.sessions[0] ?? null;
  });
  assert.equal(closed.machine_name, 'Lathe');
  const health = (await bridge.health()) as { devices: number; devices_configured: number };
  assert.deepEqual([health.devices, health.devices_configured], [2, 0]);
});

test('a provisioned device connects with TLS and over WebSocket', async (t) => {
  const folder = temporaryFolder();
  atEnd(t, () => folder.remove());
  const [cert, key] = [join(folder.path, 'cert.pem'), join(folder.path, 'key.pem')];
  const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  await run('openssl', ['req', ...kind, ...subject, '-out', cert, '-keyout', key]);
  const [mqtts, ws] = [await freePort(), await freePort()];
  const platform = await startPlatform(t, {
    EMBEDDED_MQTTS_PORT: String(mqtts),
    EMBEDDED_WS_PORT: String(ws),
    EMBEDDED_TLS_CERT_FILE: cert,
    EMBEDDED_TLS_KEY_FILE: key,
  });
  const keys = await makeTemplate(platform);
  const answer = await provision(platform.port, { device_name: 'Lathe', ...keys });
  const { device_id: id = '', token = '' } = answer;
  const overTls = ['-h', '127.0.0.1', '-p', String(mqtts), '--cafile', cert, '-u', 'u', '-P', token];
  const message = ['-q', '1', '-t', `messages/${id}/attribute`, '-m', '{"over": "TLS"}'];
  await run('mosquitto_pub', [...overTls, ...message]);
  assert.deepEqual(await attributesOf(platform, id), { over: ['STR', 'TLS'] });
  const options = { username: 'u', password: token, protocolVersion: 4 as const, reconnectPeriod: 0 };
  const client = await connectAsync(`ws://127.0.0.1:${ws}`, options);
  await client.publishAsync(`messages/${id}/attribute`, '{"over": "WebSocket"}', { qos: 1 });
  await client.endAsync();
  assert.deepEqual(await attributesOf(platform, id), { over: ['STR', 'WebSocket'] });
});

test('the command line provisions a device and sends as it', async (t) => {
  const platform = await startPlatform(t);
  const keys = await makeTemplate(platform);
  const secrets = ['--provision-key', keys.provision_key, '--provision-secret', keys.provision_secret];
  const main = join(import.meta.dirname, '..', '..', 'src', 'main.ts');
  const device = (...args: string[]) =>
    run(process.execPath, [main, 'device', ...args]).then(
      ({ stdout }) => ({ code: 0, stdout, stderr: '' }),
      (error: { code: number; stdout: string; stderr: string }) => error,
    );
  const port = ['--port', String(platform.port)];
  const made = await device('provision', '--name', 'Saw', ...secrets, ...port);
  assert.equal(made.code, 0, made.stderr);
  const { device_id: id, token } = JSON.parse(made.stdout);
  const login = ['--device-id', id, '--token', token, ...port];
  assert.equal((await device('attributes', 'n=1', 'name=Saw', ...login)).code, 0);
  assert.deepEqual(await attributesOf(platform, id), { n: ['LONG', 1], name: ['STR', 'Saw'] });
  assert.equal((await device('send', '--topic', 'log', '--text', 'on', ...login)).code, 0);
  assert.equal((await device('send', '--topic', 'log', ...login)).code, 2);
  const taken = await device('provision', '--name', 'Saw', ...secrets, '--url', platform.bridge.url);
  assert.deepEqual([taken.code, JSON.parse(taken.stdout).error], [1, 'NAME_TAKEN']);
});

test('what people see of devices outlives a restart', async (t) => {
  const platform = await startPlatform(t);
  const { id, token } = await makeDevice(platform, { mqtt_topic: 'm/x', device_id: 'lathe' });
  await mosquittoPub(platform.port, token, '-t', `messages/${id}/attribute`, '-m', '{"a": 1}');
  await platform.bridge.end();
  const next = await startBridge(t, platform.folder.path, { EMBEDDED_MQTT_PORT: '0' });
  const ports = await next.logged('embedded_broker_started');
  await mosquittoPub(Number(ports.mqtt), token, '-t', 'm/x', '-m', '100');
  const { body } = await next.request('/api/devices');
  assert.partialDeepStrictEqual(body, {
    devices: [{ device_id: 'lathe', source: 'console', running: true, power_w: 100 }],
  });
  const seen = (await next.request('/api/devices/lathe/attributes')).body;
  assert.partialDeepStrictEqual(seen, { attributes: [{ key: 'a', value: 1 }] });
});
