import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { inspect } from 'node:util';
import { readSettings } from './environment.ts';
import type { Settings } from './settings.ts';
import { describeSettings } from './settings-description.ts';

const folder = mkdtempSync(join(tmpdir(), 'bridge-environment-'));
after(() => rmSync(folder, { recursive: true }));
function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

type Environment = Record<string, string>;

function read(
  environment: Environment,
  settings: Record<string, unknown> = {},
  commandLine: Environment = {},
) {
  const result = readSettings(environment, settings, commandLine);
  assert.ok('settings' in result, JSON.stringify(result));
  return result;
}
const settingsOf = (environment: Environment): Settings => read(environment).settings;

test('without any variable the standard settings come out', () => {
  assert.deepEqual(read({ PATH: '/bin', MQTT_BROKER: '', ODOO_API_KEY: '' }), {
    settings: {
      mqtt: null,
      clientId: 'iot_bridge',
      embedded: {
        host: '0.0.0.0',
        port: 1883,
        tlsPort: null,
        webSocketPort: null,
        tls: null,
        allowAnonymous: false,
        limits: {
          connectionsMax: 5000,
          connectionsPerAddressMax: 200,
          packetBytesMax: 65_536,
          retainedMax: 10_000,
          retainedBytesMax: 16_777_216,
        },
      },
      http: { host: '0.0.0.0', port: 8080, auth: 'token', metricsAuth: 'off', bodyBytesMax: 10_485_760 },
      odoo: null,
      delivery: {
        dialect: 'session',
        queueMax: 1_000_000,
        refusalsMax: 10,
        keepDeliveredDays: 30,
        keepSessionsDays: 3650,
      },
      keep: { attributesDays: 90, messagesDays: 30, readingsDays: 90, historyBytesMax: 2_147_483_648 },
      configuration: { mode: 'push', refreshIntervalMs: 300_000, devicesMax: 20_000 },
      dataDir: './data',
      log: { level: 'INFO', format: 'json' },
    },
    warnings: [],
  });
});

test('the environment of the push document', () => {
  const { settings, warnings } = read({
    MQTT_BROKER: 'mosquitto',
    MQTT_PORT: '1883',
    MQTT_USE_TLS: 'false',
    BRIDGE_PORT: '8080',
    ODOO_BASE_URL: 'http://odoo-dev:8069/',
    ODOO_DATABASE: 'odoo',
    ODOO_USERNAME: 'bridge@example.com',
    LOG_LEVEL: 'debug',
  });
  assert.deepEqual(warnings, []);
  assert.equal(settings.mqtt?.url, 'mqtt://mosquitto:1883');
  assert.equal(settings.embedded, null);
  assert.deepEqual(settings.odoo, {
    baseUrl: 'http://odoo-dev:8069',
    database: 'odoo',
    sink: { kind: 'rest', batch: true },
  });
  assert.equal(settings.configuration.mode, 'push');
  assert.equal(settings.log.level, 'DEBUG');
});

for (const { name, environment, url, tls = false, username, password } of [
  { name: 'parts', environment: { MQTT_BROKER: 'b' }, url: 'mqtt://b:1883' },
  {
    name: 'parts with TLS',
    environment: { MQTT_BROKER: 'b', MQTT_USE_TLS: 'YES' },
    url: 'mqtts://b:8883',
    tls: true,
  },
  {
    name: 'parts with a port',
    environment: { MQTT_BROKER: 'b', MQTT_USE_TLS: '1', MQTT_PORT: '1884' },
    url: 'mqtts://b:1884',
    tls: true,
  },
  { name: 'an IPv6 address', environment: { MQTT_BROKER: 'fe80::1' }, url: 'mqtt://[fe80::1]:1883' },
  { name: 'a URL', environment: { MQTT_URL: 'mqtt://mosquitto' }, url: 'mqtt://mosquitto:1883' },
  {
    name: 'a URL with a port',
    environment: { MQTT_URL: 'mqtts://10.0.0.7:9999/' },
    url: 'mqtts://10.0.0.7:9999',
    tls: true,
  },
  { name: 'a URL with TLS', environment: { MQTT_URL: 'mqtts://h' }, url: 'mqtts://h:8883', tls: true },
  { name: 'WebSocket', environment: { MQTT_URL: 'ws://h:9001/mqtt' }, url: 'ws://h:9001/mqtt' },
  {
    name: 'WebSocket with TLS',
    environment: { MQTT_URL: 'wss://h/mqtt?x=1' },
    url: 'wss://h/mqtt?x=1',
    tls: true,
  },
  {
    name: 'credentials in the URL',
    environment: { MQTT_URL: 'mqtt://me:p%40ss@h' },
    url: 'mqtt://h:1883',
    username: 'me',
    password: 'p@ss',
  },
  {
    name: 'credentials in variables win',
    environment: { MQTT_URL: 'mqtt://me:p@h', MQTT_USERNAME: 'you', MQTT_PASSWORD: 'q' },
    url: 'mqtt://h:1883',
    username: 'you',
    password: 'q',
  },
  {
    name: 'a URL from a file',
    environment: { MQTT_URL_FILE: file('url', 'mqtt://me:p@h\n') },
    url: 'mqtt://h:1883',
    username: 'me',
    password: 'p',
  },
]) {
  test(`broker by ${name}`, () => {
    const { mqtt } = settingsOf(environment as Environment);
    assert.equal(mqtt?.url, url);
    assert.equal(mqtt.username, username);
    assert.equal(mqtt.password, password);
    assert.equal(/^(mqtts|wss):/.test(mqtt.url), tls);
  });
}

test('TLS files are read, and the protocol version is a number', () => {
  const { mqtt } = settingsOf({
    MQTT_URL: 'mqtts://h',
    MQTT_CA_FILE: file('ca', 'CA'),
    MQTT_CERT_FILE: file('cert', 'CERT'),
    MQTT_KEY_FILE: file('key', 'KEY'),
    MQTT_PROTOCOL_VERSION: '4',
  });
  assert.deepEqual(mqtt?.tls, { ca: 'CA', cert: 'CERT', key: 'KEY', insecure: false });
  assert.equal(mqtt?.protocolVersion, 4);
});

for (const { value, expected } of [
  ...['true', '1', 'yes', 'ON', 'True'].map((word) => ({ value: word, expected: true })),
  ...['false', '0', 'No', 'off', ''].map((word) => ({ value: word, expected: false })),
]) {
  test(`"${value}" is ${expected}`, () => {
    assert.equal(settingsOf({ EMBEDDED_ALLOW_ANONYMOUS: value }).embedded?.allowAnonymous, expected);
  });
}

for (const { environment, embedded } of [
  { environment: { MQTT_BROKER: 'b' }, embedded: false },
  { environment: { MQTT_BROKER: 'b', EMBEDDED_BROKER: 'on' }, embedded: true },
  { environment: { EMBEDDED_BROKER: 'off' }, embedded: false },
]) {
  test(`embedded broker with ${JSON.stringify(environment)}: ${embedded}`, () => {
    assert.equal(settingsOf(environment as Environment).embedded !== null, embedded);
  });
}

const ODOO = { ODOO_BASE_URL: 'https://odoo.example' };
for (const { environment, mode } of [
  { environment: ODOO, mode: 'push' },
  { environment: { ...ODOO, CONFIG_REFRESH_INTERVAL: '60' }, mode: 'pull' },
  { environment: { ODOO_URL: 'http://odoo:8069' }, mode: 'pull' },
  { environment: { ODOO_URL: 'http://odoo:8069', CONFIG_MODE: 'push' }, mode: 'push' },
  { environment: { ...ODOO, CONFIG_MODE: 'pull' }, mode: 'pull' },
  { environment: { CONFIG_REFRESH_INTERVAL: '60' }, mode: 'push' },
]) {
  test(`configuration with ${JSON.stringify(environment)}: ${mode}`, () => {
    assert.equal(settingsOf(environment as Environment).configuration.mode, mode);
  });
}

test('command line wins over environment, environment over file', () => {
  const { settings } = read(
    { BRIDGE_PORT: '2000', LOG_FORMAT: 'text' },
    { BRIDGE_PORT: 3000, LOG_FORMAT: 'json', DEVICES_MAX: 7, MQTT_USE_TLS: true },
    { BRIDGE_PORT: '1000' },
  );
  assert.equal(settings.http.port, 1000);
  assert.equal(settings.log.format, 'text');
  assert.equal(settings.configuration.devicesMax, 7);
});

test('a secret comes from a file, and one in the environment wins over a file named in the settings', () => {
  const path = file('secret', 'from-a-file-0123456789012345\r\n');
  assert.equal(settingsOf({ ...ODOO, ODOO_API_KEY_FILE: path }).odoo?.apiKey, 'from-a-file-0123456789012345');
  assert.equal(settingsOf({ ...ODOO, ODOO_TOKEN_FILE: path }).odoo?.apiKey, 'from-a-file-0123456789012345');
  const { settings } = read({ ...ODOO, ODOO_API_KEY: 'k' }, { ODOO_API_KEY_FILE: path });
  assert.equal(settings.odoo?.apiKey, 'k');
});

test('no way of logging the settings shows a secret', () => {
  const settings = settingsOf({
    MQTT_URL: 'mqtts://me:hunter2@h',
    MQTT_CERT_FILE: file('cert2', 'hunter2'),
    MQTT_KEY_FILE: file('key2', 'hunter2'),
    BRIDGE_API_TOKEN: 'hunter2-api',
    BRIDGE_VIEW_TOKEN: 'hunter2-view',
    ODOO_BASE_URL: 'http://odoo',
    ODOO_API_KEY: 'hunter2',
  });
  assert.equal(settings.odoo?.apiKey, 'hunter2');
  for (const shown of [
    JSON.stringify(describeSettings(settings)),
    JSON.stringify(settings),
    JSON.stringify(settings.mqtt),
    inspect(settings, { depth: 9 }),
    inspect(settings.mqtt?.tls),
  ]) {
    assert.doesNotMatch(shown, /hunter2/);
  }
  const { mqtt, http, odoo } = describeSettings(settings);
  assert.deepEqual(mqtt, {
    url: 'mqtts://h:8883',
    username: 'me',
    password: 'set',
    clientId: 'iot_bridge',
    tls: { ca: 'not set', cert: 'set', key: 'set', insecure: false },
    protocolVersion: 'auto',
    keepAliveS: 30,
    cleanSession: false,
  });
  assert.equal((http as Record<string, unknown>).apiToken, 'set');
  assert.deepEqual(odoo, { baseUrl: 'http://odoo', apiKey: 'set', sink: { kind: 'rest', batch: true } });
});

test('the embedded broker with TLS: the key is read, and not shown', () => {
  const settings = settingsOf({
    EMBEDDED_MQTTS_PORT: '8883',
    EMBEDDED_WS_PORT: '9001',
    EMBEDDED_TLS_CERT_FILE: file('broker.pem', 'the certificate'),
    EMBEDDED_TLS_KEY_FILE: file('broker.key', 'the key'),
  });
  const { tls, tlsPort, webSocketPort } = settings.embedded ?? {};
  assert.deepEqual([tls, tlsPort, webSocketPort], [{ cert: 'the certificate', key: 'the key' }, 8883, 9001]);
  assert.ok(![JSON.stringify(settings), inspect(settings)].some((text) => text.includes('the key')));
});
