import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { brokerSchema } from '../model/broker.ts';
import { createStage, MAIN } from './stage.ts';

let cert = '';
let key = '';
let otherKey = '';
const folder = mkdtempSync(join(tmpdir(), 'iot-bridge-brokers-'));
before(() => {
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=x'];
  for (const name of ['one', 'two']) {
    const files = ['-keyout', join(folder, `${name}.key`), '-out', join(folder, `${name}.pem`)];
    execFileSync('openssl', ['req', '-x509', ...curve, ...files], { stdio: 'ignore' });
  }
  cert = readFileSync(join(folder, 'one.pem'), 'utf8');
  key = readFileSync(join(folder, 'one.key'), 'utf8');
  otherKey = readFileSync(join(folder, 'two.key'), 'utf8');
});
after(() => rmSync(folder, { recursive: true, force: true }));

const HALL = { name: 'Hall 2', url: 'mqtt://Hall2.local', username: 'bridge', password: 'hall-secret' };

function created(stage: ReturnType<typeof createStage>, input: unknown) {
  const result = stage.brokers.create(input);
  assert.equal(result.status, 'saved', JSON.stringify(result));
  return result.status === 'saved' ? result.broker : assert.fail();
}

test('without anything made, the main and the embedded broker are shown as they are', () => {
  const { brokers } = createStage();
  assert.deepEqual(
    brokers.list().map(({ broker_id, source, url, has_password }) => [broker_id, source, url, has_password]),
    [
      ['main', 'environment', 'mqtt://broker.local:1883', true],
      ['embedded', 'embedded', null, false],
    ],
  );
  assert.deepEqual(brokers.connections(), [{ id: 'main', enabled: true, settings: MAIN }]);
});

test('the default broker is the main one, else the embedded one', () => {
  assert.equal(createStage().brokers.defaultId(), 'main');
  assert.equal(createStage({ main: null }).brokers.defaultId(), 'embedded');
  assert.equal(createStage({ main: null, embedded: false }).brokers.defaultId(), null);
});

test('a broker is made with defaults, its secrets sealed and never shown', () => {
  const stage = createStage();
  const made = created(stage, HALL);
  brokerSchema.strict().parse(made);
  assert.partialDeepStrictEqual(made, {
    broker_id: 'hall-2',
    source: 'api',
    url: 'mqtt://hall2.local:1883',
    has_password: true,
    client_id: 'iot_bridge_hall-2',
    protocol_version: 'auto',
    keep_alive_s: 30,
    clean_session: false,
    enabled: true,
    warnings: [],
  });
  assert.ok(!JSON.stringify(stage.brokers.list()).includes('secret'));
  const row = stage.tables.brokers.one('hall-2');
  assert.ok(!JSON.stringify(row?.config).includes('secret'));
  assert.ok(!Buffer.from(row?.sealed ?? []).includes('secret'));
  assert.deepEqual(stage.brokers.settings('hall-2'), {
    ...MAIN,
    url: 'mqtt://hall2.local:1883',
    password: 'hall-secret',
    clientId: 'iot_bridge_hall-2',
  });
  assert.deepEqual(stage.around.changed, ['broker hall-2']);
});

const NAMES: [name: string, id: string][] = [
  ['Hall 2', 'hall-2'],
  ['Xưởng Đức Ý', 'xuong-duc-y'],
  ['  Straße (Süd) ', 'strasse-sud'],
  ['工場', 'broker'],
  ['Main', 'main-2'],
  ['hall_2', 'hall-2-2'],
  ['x'.repeat(128), 'x'.repeat(56)],
];

test('ids are made from names, and never twice', () => {
  const stage = createStage();
  for (const [n, [name, id]] of NAMES.entries()) {
    assert.equal(created(stage, { name, url: `mqtt://b${n}` }).broker_id, id);
  }
});

const REFUSED: [what: Record<string, unknown>, path: string, message: RegExp][] = [
  [{ name: undefined }, 'name', /is missing/],
  [{ name: ' ' }, 'name', /./],
  [{ url: undefined }, 'url', /is missing/],
  [{ url: 'http://x' }, 'url', /must begin with mqtt/],
  [{ url: 'mqtt://me:secret@x' }, 'url', /user name or password/],
  [{ url: 'mqtt://x/path' }, 'url', /only ws/],
  [{ url: 'mqtt://x:99999' }, 'url', /must be a URL/],
  [{ url: 'mqtt://x:0' }, 'url', /port 0/],
  [{ url: 'mqtt://' }, 'url', /./],
  [{ username: undefined }, 'username', /password needs it/],
  [{ username: '' }, 'username', /not be empty/],
  [{ protocol_version: 3 }, 'protocol_version', /4/],
  [{ keep_alive_s: 4 }, 'keep_alive_s', /5/],
  [{ keep_alive_s: 3601 }, 'keep_alive_s', /3600/],
  [{ client_id: 'a\u0000b' }, 'client_id', /NUL/],
  [{ tls: { ca: 'no certificate' } }, 'tls.ca', /PEM/],
  [{ tls: { key: 'no key' } }, 'tls.key', /private key/],
  [{ tls: { verify: true } }, 'tls.verify', /not known/],
  [{ colour: 'red' }, 'colour', /not known/],
  [{ broker_id: 'Hall 2' }, 'broker_id', /a–z/],
  [{ broker_id: 'main' }, 'broker_id', /environment/],
  [{ url: MAIN.url, client_id: MAIN.clientId }, 'client_id', /"main" at the same url/],
];

test('every fault is told with its path, and nothing is kept', () => {
  const stage = createStage();
  for (const [what, path, message] of REFUSED) {
    const result = stage.brokers.create({ ...HALL, ...what });
    assert.equal(result.status, 'invalid', JSON.stringify(what));
    const errors = result.status === 'invalid' ? result.errors : [];
    const found = errors.find((error) => error.path === path);
    assert.match(found?.message ?? JSON.stringify(errors), message, JSON.stringify(what));
    assert.ok(!JSON.stringify(errors).includes('secret'));
  }
  for (const body of [null, [], 'text', 7]) assert.equal(stage.brokers.create(body).status, 'invalid');
  assert.deepEqual([stage.tables.brokers.list(), stage.around.changed], [[], []]);
});

test('ids and names are taken once', () => {
  const stage = createStage();
  created(stage, { ...HALL, broker_id: 'hall' });
  assert.equal(stage.brokers.create({ ...HALL, name: 'Other', broker_id: 'hall' }).status, 'taken');
  assert.equal(stage.brokers.create({ ...HALL, url: 'mqtt://other' }).status, 'taken');
  assert.equal(stage.brokers.create({ ...HALL, name: 'Main broker' }).status, 'taken');
});

test('a change keeps what it does not name, and null removes', () => {
  const stage = createStage();
  created(stage, { ...HALL, keep_alive_s: 60, client_id: 'own', note: 'near the door' });
  assert.equal(stage.brokers.update('hall-2', { note: 'moved', keep_alive_s: null }).status, 'saved');
  assert.partialDeepStrictEqual(stage.brokers.settings('hall-2'), {
    password: 'hall-secret',
    clientId: 'own',
  });
  assert.partialDeepStrictEqual(stage.brokers.one('hall-2'), { note: 'moved', keep_alive_s: 30 });
  stage.brokers.update('hall-2', { client_id: null, password: null });
  const settings = stage.brokers.settings('hall-2');
  assert.deepEqual([settings?.clientId, settings?.password], ['iot_bridge_hall-2', undefined]);
  assert.equal(stage.tables.brokers.one('hall-2')?.sealed, null);
  const faults = stage.brokers.update('hall-2', { name: null, password: 'x', username: null });
  assert.deepEqual(faults.status === 'invalid' && faults.errors.map(({ path }) => path), ['name']);
});

test('client certificates are kept together, their key is secret', () => {
  const stage = createStage();
  const tls = { cert, key, ca: `${cert}\n${cert}` };
  const made = created(stage, { ...HALL, url: 'mqtts://hall2.local', tls });
  assert.deepEqual(made.tls, { ca: tls.ca, cert, has_key: true, insecure: false });
  assert.equal(made.url, 'mqtts://hall2.local:8883');
  stage.brokers.update('hall-2', { tls: { insecure: true, ca: null } });
  assert.deepEqual(stage.brokers.settings('hall-2')?.tls, { cert, key, insecure: true });
  assert.match(stage.brokers.one('hall-2')?.warnings.join() ?? '', /not verified/);
  const errorsOf = (patch: unknown) => {
    const result = stage.brokers.update('hall-2', patch);
    return result.status === 'invalid' ? result.errors : [];
  };
  assert.deepEqual(errorsOf({ tls: { key: otherKey } }), [
    { path: 'tls.key', message: 'does not belong to cert' },
  ]);
  assert.deepEqual(errorsOf({ tls: { key: null } }), [{ path: 'tls.key', message: 'cert needs it' }]);
  stage.brokers.update('hall-2', { tls: null });
  assert.deepEqual(stage.brokers.settings('hall-2')?.tls, { insecure: false });
});

test('secrets that cannot be opened are said so, and come back with their key', () => {
  const stage = createStage();
  created(stage, HALL);
  stage.around.sealKey = 'key-2';
  assert.match(stage.brokers.one('hall-2')?.warnings.join() ?? '', /token-key is another one/);
  assert.equal(stage.brokers.settings('hall-2')?.password, undefined);
  stage.brokers.update('hall-2', { note: 'x' });
  stage.around.sealKey = 'key-1';
  assert.equal(stage.brokers.settings('hall-2')?.password, 'hall-secret');
});

test('a broker that devices name stays; one that goes takes its subscriptions along', () => {
  const stage = createStage();
  created(stage, HALL);
  stage.subscriptions.create({ topic: 'a/#', broker_id: 'hall-2' });
  stage.subscriptions.create({ topic: 'a/#' });
  stage.around.devicesOf.set('hall-2', 3);
  assert.deepEqual(stage.brokers.remove('hall-2'), { status: 'in_use', devices: 3 });
  stage.around.devicesOf.clear();
  assert.deepEqual(stage.brokers.remove('hall-2'), { status: 'removed', subscriptions: 1 });
  assert.deepEqual(stage.brokers.remove('hall-2'), { status: 'unknown' });
  assert.deepEqual(
    stage.subscriptions.list().map(({ broker_id }) => broker_id),
    ['main'],
  );
});

test('what the environment says is not changed here', () => {
  const { brokers } = createStage({ embedded: false });
  for (const [id, status] of [
    ['main', 'read_only'],
    ['embedded', 'unknown'],
    ['nobody', 'unknown'],
  ] as const) {
    assert.deepEqual([brokers.update(id, { note: 'x' }).status, brokers.remove(id).status], [status, status]);
  }
});

test('what is tried is not kept; with an id, kept secrets fill what is absent', () => {
  const stage = createStage();
  created(stage, HALL);
  const tried = (input: unknown) => {
    const result = stage.brokers.testSettings(input);
    return result.ok ? result.settings : result.errors;
  };
  assert.partialDeepStrictEqual(tried({ url: 'mqtt://new' }), {
    url: 'mqtt://new:1883',
    clientId: 'iot_bridge_test',
  });
  assert.partialDeepStrictEqual(tried({ broker_id: 'hall-2', username: 'other' }), {
    url: 'mqtt://hall2.local:1883',
    username: 'other',
    password: 'hall-secret',
  });
  assert.partialDeepStrictEqual(tried({ broker_id: 'hall-2', password: 'new' }), { password: 'new' });
  assert.deepEqual(tried({ url: 'ftp://x' }), [
    { path: 'url', message: 'must begin with mqtt://, mqtts://, ws:// or wss://' },
  ]);
  assert.equal(stage.tables.brokers.list().length, 1);
});

test('there is a bound', () => {
  const stage = createStage();
  for (let n = 0; n < 100; n += 1) created(stage, { name: `b${n}`, url: `mqtt://b${n}` });
  assert.equal(stage.brokers.create(HALL).status, 'full');
});
