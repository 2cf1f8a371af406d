import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { readSettings } from './environment.ts';

const folder = mkdtempSync(join(tmpdir(), 'bridge-faults-'));
after(() => rmSync(folder, { recursive: true }));
function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

type Environment = Record<string, string>;
const ODOO = { ODOO_BASE_URL: 'https://odoo.example' };

function warningsOf(environment: Environment, settings: Record<string, unknown> = {}): string[] {
  const result = readSettings(environment, settings, {});
  assert.ok('warnings' in result, JSON.stringify(result));
  return result.warnings;
}

for (const { environment, fault } of [
  { environment: { MQTT_PORT: '70000' }, fault: 'MQTT_PORT: "70000" is out of range (1 to 65535)' },
  { environment: { MQTT_PORT: '0' }, fault: 'MQTT_PORT: "0" is out of range (1 to 65535)' },
  { environment: { BRIDGE_PORT: 'http' }, fault: 'BRIDGE_PORT: "http" is not a whole number (0 to 65535)' },
  { environment: { DEVICES_MAX: '1e3' }, fault: 'DEVICES_MAX: "1e3" is not a whole number (1 to 1000000)' },
  {
    environment: { LOG_LEVEL: 'LOUD' },
    fault: 'LOG_LEVEL: "LOUD" is not one of DEBUG, INFO, WARNING, ERROR',
  },
  {
    environment: { EMBEDDED_MQTTS_PORT: '8883' },
    fault: 'EMBEDDED_MQTTS_PORT: needs EMBEDDED_TLS_CERT_FILE too',
  },
  {
    environment: { EMBEDDED_TLS_KEY_FILE: file('broker.key', 'key') },
    fault: 'EMBEDDED_TLS_KEY_FILE: needs EMBEDDED_TLS_CERT_FILE too',
  },
  { environment: { ODOO_SINK: 'xmlrpc' }, fault: 'ODOO_SINK: "xmlrpc" is not one of rest, jsonrpc, webhook' },
  {
    environment: { MQTT_USE_TLS: 'maybe' },
    fault: 'MQTT_USE_TLS: "maybe" is not one of true, 1, yes, on, false, 0, no, off',
  },
  {
    environment: { MQTT_BROKER: 'mqtt://h' },
    fault: 'MQTT_BROKER: "mqtt://h" is a URL; here the bare host name is wanted',
  },
  {
    environment: { MQTT_BROKER: 'h:1883' },
    fault: 'MQTT_BROKER: "h:1883" holds a port; give the port in its own variable',
  },
  {
    environment: { MQTT_URL: 'h:1883' },
    fault: 'MQTT_URL: "h:1883" does not begin with mqtt://, mqtts://, ws://, wss://',
  },
  {
    environment: { MQTT_URL: 'mqtt://me:hunter2@h:99999' },
    fault: 'MQTT_URL: the value is not a URL (host and port must be valid, special characters %-encoded)',
  },
  {
    environment: { MQTT_URL: 'mqtt://h/topic' },
    fault: 'MQTT_URL: "mqtt://h/topic" has a path; only ws:// and wss:// have one',
  },
  { environment: { MQTT_URL: 'mqtt://' }, fault: 'MQTT_URL: "mqtt://" names no host' },
  {
    environment: { ODOO_URL: 'odoo:8069' },
    fault: 'ODOO_URL: "odoo:8069" does not begin with http://, https://',
  },
  {
    environment: { ODOO_BASE_URL: 'http://me:hunter2@odoo' },
    fault: 'ODOO_BASE_URL: the value holds a user name or password; use ODOO_API_KEY',
  },
  {
    environment: { ...ODOO, ODOO_URL: 'http://o' },
    fault: 'ODOO_BASE_URL: ODOO_URL is set too; set only one of them',
  },
  {
    environment: { MQTT_PASSWORD: 'hunter2', MQTT_PASSWORD_FILE: '/x' },
    fault: 'MQTT_PASSWORD: MQTT_PASSWORD_FILE is set too; set only one of them',
  },
  {
    environment: { BRIDGE_API_TOKEN: 'hunter2 ü' },
    fault:
      'BRIDGE_API_TOKEN: the value holds a character that cannot be sent in a header (printable ASCII without spaces only)',
  },
  {
    environment: { BRIDGE_API_TOKEN: 'hunter2', BRIDGE_VIEW_TOKEN: 'hunter2' },
    fault: 'BRIDGE_VIEW_TOKEN: must differ from BRIDGE_API_TOKEN',
  },
  {
    environment: { MQTT_PASSWORD_FILE: '/not/there' },
    fault: 'MQTT_PASSWORD_FILE: "/not/there" cannot be read (ENOENT)',
  },
  {
    environment: { MQTT_PASSWORD_FILE: folder },
    fault: `MQTT_PASSWORD_FILE: "${folder}" cannot be read (EISDIR)`,
  },
  {
    environment: { MQTT_PASSWORD_FILE: file('empty', '\n') },
    fault: `MQTT_PASSWORD_FILE: "${folder}/empty" is empty`,
  },
  {
    environment: { MQTT_CA_FILE: '/not/there' },
    fault: 'MQTT_CA_FILE: "/not/there" cannot be read (ENOENT)',
  },
  { environment: { MQTT_CERT_FILE: file('c', 'C') }, fault: 'MQTT_CERT_FILE: needs MQTT_KEY_FILE too' },
  { environment: { MQTT_KEY_FILE: file('k', 'K') }, fault: 'MQTT_KEY_FILE: needs MQTT_CERT_FILE too' },
  { environment: { CONFIG_MODE: 'Pull' }, fault: 'CONFIG_MODE: "pull" needs ODOO_BASE_URL' },
]) {
  test(`fault: ${fault}`, () => {
    const result = readSettings(environment as Environment, {}, {});
    assert.deepEqual(result, { faults: [fault] });
    assert.doesNotMatch(JSON.stringify(result), /hunter2/);
  });
}

test('all faults are told at once, of every source', () => {
  const environment = { MQTT_PORT: '70000', LOG_LEVEL: 'LOUD', CONFIG_MODE: 'pull', MQTT_KEY_FILE: '/no' };
  assert.deepEqual(readSettings(environment, { DATA_DIR: ['a'], DEVICES_MAX: 0 }, { BRIDGE_PORT: 'x' }), {
    faults: [
      'DATA_DIR: must be a single value, not a list or mapping',
      'MQTT_PORT: "70000" is out of range (1 to 65535)',
      'MQTT_KEY_FILE: "/no" cannot be read (ENOENT)',
      'BRIDGE_PORT: "x" is not a whole number (0 to 65535)',
      'DEVICES_MAX: "0" is out of range (1 to 1000000)',
      'LOG_LEVEL: "LOUD" is not one of DEBUG, INFO, WARNING, ERROR',
      'MQTT_KEY_FILE: needs MQTT_CERT_FILE too',
      'CONFIG_MODE: "pull" needs ODOO_BASE_URL',
    ],
  });
});

const BROKER = { MQTT_BROKER: 'b' };
for (const { environment, warning } of [
  { environment: { MQTT_BROKR: 'b' }, warning: 'MQTT_BROKR is not known; did you mean MQTT_BROKER?' },
  { environment: { ODOO_APIKEY: 'k' }, warning: 'ODOO_APIKEY is not known; did you mean ODOO_API_KEY?' },
  {
    environment: { KEEP_DELIVRED_DAYS: '1' },
    warning: 'KEEP_DELIVRED_DAYS is not known; did you mean KEEP_DELIVERED_DAYS?',
  },
  ...[
    ['METRICS_AUHT', 'METRICS_AUTH'],
    ['METRIC_AUTH', 'METRICS_AUTH'],
    ['BROKER_HOOK_TOKN', 'BROKER_HOOK_TOKEN'],
    ['HISTORY_BYTE_MAX', 'HISTORY_BYTES_MAX'],
    ['DEVICE_MAX', 'DEVICES_MAX'],
    ['BODY_BYTE_MAX', 'BODY_BYTES_MAX'],
    ['EVENTS_QUEUE_MAX', 'EVENT_QUEUE_MAX'],
    ['WEBHOOKS_SECRET', 'WEBHOOK_SECRET'],
    ['CONFIG_MOD', 'CONFIG_MODE'],
    ['EMBEDED_BROKER', 'EMBEDDED_BROKER'],
  ].map(([name = '', known]) => ({
    environment: { [name]: 'x' },
    warning: `${name} is not known; did you mean ${known}?`,
  })),
  {
    environment: { MQTT_URL: 'mqtt://h', MQTT_BROKER: 'b' },
    warning: 'MQTT_BROKER has no effect because MQTT_URL is set',
  },
  { environment: { MQTT_PORT: '1884' }, warning: 'MQTT_PORT has no effect without MQTT_URL or MQTT_BROKER' },
  {
    environment: { ...BROKER, MQTT_CA_FILE: file('x', 'X') },
    warning: 'MQTT_CA_FILE has no effect because the broker is reached without TLS',
  },
  {
    environment: { ...BROKER, MQTT_USE_TLS: 'on', MQTT_TLS_INSECURE: 'on' },
    warning: "MQTT_TLS_INSECURE: the broker's certificate is not verified",
  },
  {
    environment: { ...BROKER, MQTT_PASSWORD: 'p' },
    warning: 'MQTT_PASSWORD is set without MQTT_USERNAME; MQTT 3.1.1 does not allow that',
  },
  {
    environment: { EMBEDDED_ALLOW_ANONYMOUS: 'on' },
    warning: 'EMBEDDED_ALLOW_ANONYMOUS: anybody who reaches the embedded broker may use it',
  },
  {
    environment: { EMBEDDED_BROKER: 'off' },
    warning: 'EMBEDDED_BROKER is off and no broker is named: no message can arrive',
  },
  {
    environment: { BRIDGE_AUTH: 'off' },
    warning: 'BRIDGE_AUTH is off: anybody who reaches the API may use it',
  },
  {
    environment: { BRIDGE_API_TOKEN: 'hunter2' },
    warning: 'BRIDGE_API_TOKEN is short; use at least 22 random characters (128 bits)',
  },
  { environment: { ODOO_TOKEN: 'k' }, warning: 'ODOO_TOKEN has no effect without ODOO_BASE_URL' },
  {
    environment: { CONFIG_REFRESH_INTERVAL: '9' },
    warning: 'CONFIG_REFRESH_INTERVAL has no effect without ODOO_BASE_URL and ODOO_SINK=rest',
  },
]) {
  test(`warning: ${warning}`, () => {
    assert.deepEqual(warningsOf(environment as Environment), [warning]);
  });
}

test('what belongs to others is not warned of, but nothing else may stand in the file', () => {
  const others = ['MQTT_EXPLORER_HOME', 'BRIDGE_NETWORK_NAME', 'METRICS_PORT', 'BROKER_URL', 'HISTORY_FILE'];
  const alike = ['PGDATA_DIR', 'ODBC_DATABASE', 'FRIDGE_PORT', 'DATA_DB'];
  assert.deepEqual(warningsOf(Object.fromEntries([...others, ...alike].map((name) => [name, 'x']))), []);
  assert.deepEqual(warningsOf({}, { colour: 'red', mqtt_broker: 'b' }), [
    'settings: "colour" is not known',
    'settings: "mqtt_broker" is not known; did you mean MQTT_BROKER?',
  ]);
});
