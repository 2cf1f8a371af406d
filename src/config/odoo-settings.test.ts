import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { readSettings } from './environment.ts';
import { describeSettings } from './settings-description.ts';

type Environment = Record<string, string>;
const URL_ONLY = { ODOO_BASE_URL: 'https://odoo.example/' };
const SECRET = 'a-webhook-secret-of-32-characters';
const WEBHOOK = {
  ODOO_SINK: 'webhook',
  ODOO_BASE_URL: 'https://hooks.example/s3cr3t/in/?sig=s3cr3t',
  WEBHOOK_SECRET: SECRET,
};
const JSON_RPC = {
  ...URL_ONLY,
  ODOO_SINK: 'jsonrpc',
  ODOO_DATABASE: 'workshop',
  ODOO_USERNAME: 'bridge@example.com',
  ODOO_API_KEY: 'k3y-that-nobody-may-see',
};

function read(environment: Environment) {
  const result = readSettings(environment, {}, {});
  assert.ok('settings' in result, JSON.stringify(result));
  return result;
}

function faultsOf(environment: Environment): string[] {
  const result = readSettings(environment, {}, {});
  return 'faults' in result ? result.faults : [];
}

test('each way of delivery has what it needs', () => {
  assert.deepEqual(read(URL_ONLY).settings.odoo?.sink, { kind: 'rest', batch: true });
  assert.deepEqual(read({ ...URL_ONLY, ODOO_BATCH: 'off' }).settings.odoo?.sink, {
    kind: 'rest',
    batch: false,
  });
  const { sink: webhook, baseUrl } = read(WEBHOOK).settings.odoo ?? {};
  assert.deepEqual(webhook, { kind: 'webhook', url: WEBHOOK.ODOO_BASE_URL, secret: SECRET });
  assert.equal(baseUrl, 'https://hooks.example/s3cr3t/in');
  const { sink: jsonRpc } =
    read({ ...JSON_RPC, ODOO_FIELDS: 'session_id=x_a, ended_at = x_b' }).settings.odoo ?? {};
  assert.deepEqual(jsonRpc, {
    kind: 'jsonrpc',
    database: 'workshop',
    username: 'bridge@example.com',
    apiKey: JSON_RPC.ODOO_API_KEY,
    model: 'x_machine_session',
    fields: { session_id: 'x_a', ended_at: 'x_b' },
  });
});

test('what a way of delivery lacks is a fault each', () => {
  const rows: [Environment, string[]][] = [
    [
      { ODOO_SINK: 'webhook' },
      ['ODOO_SINK: "webhook" needs ODOO_BASE_URL', 'ODOO_SINK: "webhook" needs WEBHOOK_SECRET'],
    ],
    [
      { ODOO_SINK: 'JSONRPC', ...URL_ONLY, ODOO_API_KEY: 'k' },
      ['ODOO_SINK: "jsonrpc" needs ODOO_DATABASE', 'ODOO_SINK: "jsonrpc" needs ODOO_USERNAME'],
    ],
    [{ ...WEBHOOK, CONFIG_MODE: 'pull' }, ['CONFIG_MODE: "pull" needs ODOO_SINK=rest']],
    [
      { ODOO_BASE_URL: 'https://odoo.example/?db=x' },
      ['ODOO_BASE_URL: the value has a query (?…), which only a webhook has'],
    ],
    [{ ODOO_SINK: 'constructor' }, ['ODOO_SINK: "constructor" is not one of rest, jsonrpc, webhook']],
  ];
  for (const [environment, faults] of rows) assert.deepEqual(faultsOf(environment), faults);
});

test('a map of fields that cannot be meant is a fault', () => {
  const rows: [string, RegExp][] = [
    ['session_id=x_a', /must have a field for session_id and for ended_at$/],
    ['session_id=x_a,ended_at=x_b,power=x_c', /names "power", which no session has \(session_id, /],
    ['session_id=x_a,ended_at', /has "ended_at", which is not of the form key=field$/],
    ['session_id=x_a,ended_at=X B', /has "ended_at=X B", which is not/],
    ['session_id=id,ended_at=x_b', /has "session_id=id"/],
    ['session_id=x_a,ended_at=x_a', /uses the field x_a twice$/],
    ['session_id=x_a,ended_at=x_b,ended_at=x_c', /names ended_at twice$/],
    ['session_id=x_a,ended_at=x_b,', /has "", which is not of the form/],
  ];
  for (const [fields, fault] of rows) {
    const [only = '', ...more] = faultsOf({ ...JSON_RPC, ODOO_FIELDS: fields });
    assert.match(only, fault);
    assert.deepEqual(more, []);
  }
  assert.deepEqual(faultsOf({ ...JSON_RPC, ODOO_MODEL: 'Machine Session' }), [
    'ODOO_MODEL: "Machine Session" is not the technical name of a model',
  ]);
});

test('settings of another way of delivery are warned of, and so is a short secret', () => {
  const rows: [Environment, string[]][] = [
    [{ ...URL_ONLY, WEBHOOK_SECRET: SECRET }, ['WEBHOOK_SECRET has no effect without ODOO_SINK=webhook']],
    [{ ...JSON_RPC, ODOO_BATCH: 'off' }, ['ODOO_BATCH has no effect without ODOO_SINK=rest']],
    [{ ...URL_ONLY, ODOO_MODEL: 'x_m' }, ['ODOO_MODEL has no effect without ODOO_SINK=jsonrpc']],
    [{ ODOO_BATCH: 'auto' }, ['ODOO_BATCH has no effect without ODOO_BASE_URL']],
    [
      { WEBHOOK_SECRET: SECRET, ODOO_MODEL: 'x_m' },
      [
        'WEBHOOK_SECRET has no effect without ODOO_SINK=webhook',
        'ODOO_MODEL has no effect without ODOO_SINK=jsonrpc',
      ],
    ],
    [
      { ...WEBHOOK, ODOO_DATABASE: 'workshop', ODOO_USERNAME: 'bridge' },
      [
        'ODOO_DATABASE has no effect with ODOO_SINK=webhook',
        'ODOO_USERNAME has no effect with ODOO_SINK=webhook',
      ],
    ],
    [{ ...URL_ONLY, ODOO_DATABASE: 'workshop', ODOO_USERNAME: 'bridge' }, []],
    [
      { ...WEBHOOK, WEBHOOK_SECRET: 'short' },
      ['WEBHOOK_SECRET is short; use at least 22 random characters (128 bits)'],
    ],
    [WEBHOOK, []],
    [JSON_RPC, []],
  ];
  for (const [environment, warnings] of rows) assert.deepEqual(read(environment).warnings, warnings);
});

test('the configuration is not pulled from what is not our add-on', () => {
  for (const environment of [WEBHOOK, JSON_RPC]) {
    const { settings, warnings } = read({ ...environment, CONFIG_REFRESH_INTERVAL: '60' });
    assert.equal(settings.configuration.mode, 'push');
    assert.deepEqual(warnings, [
      'CONFIG_REFRESH_INTERVAL has no effect without ODOO_BASE_URL and ODOO_SINK=rest',
    ]);
  }
});

test('no way of logging shows a secret of the sink', () => {
  for (const environment of [WEBHOOK, JSON_RPC]) {
    const { settings } = read(environment);
    const parts = [settings.odoo, settings.odoo?.sink, settings];
    const shown = [describeSettings(settings), ...parts]
      .map((part) => `${JSON.stringify(part)}${inspect(part)}`)
      .join();
    assert.doesNotMatch(shown, /s3cr3t|k3y-that|a-webhook-secret/);
    assert.match(shown, /"kind":"(webhook|jsonrpc)"/);
    assert.match(shown, /"baseUrl":"https:\/\/(hooks|odoo)\.example"/);
  }
});
