import assert from 'node:assert/strict';
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { configured, IdentitiesStage } from './identities-stage.ts';

const login = (password: string | null, more: object = {}) => ({
  clientId: 'c',
  username: 'anything',
  password,
  address: '10.0.0.1',
  ...more,
});

function made(stage: IdentitiesStage, input: Record<string, unknown>): string {
  const result = stage.identities.administration.create({ machine_name: 'Lathe', ...input });
  assert.ok(result.status === 'created', JSON.stringify(result));
  return result.deviceId;
}
const tokenOf = (stage: IdentitiesStage, id: string) =>
  stage.identities.administration.copyToken(id)?.token ?? assert.fail();

test('a token opens its device, until it is rotated', () => {
  const stage = new IdentitiesStage();
  const { administration, authenticate } = stage.identities;
  const id = made(stage, { mqtt_topic: 'shelly-1/status/pm1:0', parser_type: 'shelly_pm' });
  const token = tokenOf(stage, id);
  assert.match(token, /^[\w-]{32}$/);
  assert.equal(tokenOf(stage, id), token);
  assert.deepEqual(authenticate(login(token)), {
    status: 'accepted',
    identity: { kind: 'device', deviceId: id, topics: ['shelly-1/#'] },
  });
  const rotated = administration.rotateToken(id)?.token ?? '';
  assert.deepEqual(stage.disconnected, [id]);
  assert.equal(authenticate(login(token)).status, 'refused');
  assert.equal(authenticate(login(rotated)).status, 'accepted');
  const info = administration.detail(id)?.token;
  assert.equal(info?.last_copied_at, null);
  assert.equal(info?.last_used_at, '2026-01-31T10:00:00.000Z');
  stage.end();
});

test('tokens outlive a restart; without their key they still open, but cannot be read', () => {
  const stage = new IdentitiesStage();
  const id = made(stage, {});
  const token = tokenOf(stage, id);
  const path = join(stage.folder, 'token-key');
  assert.equal(statSync(path).mode & 0o777, 0o600);
  const rows = JSON.stringify(stage.database.prepare('SELECT * FROM device_tokens').all());
  assert.ok(!rows.includes(token) && !rows.includes(Buffer.from(token).toString('hex')));
  const next = new IdentitiesStage({ from: stage });
  assert.equal(tokenOf(next, id), token);
  writeFileSync(path, 'ab'.repeat(32));
  const keyless = new IdentitiesStage({ from: stage });
  assert.deepEqual(keyless.identities.administration.copyToken(id), { token: null });
  assert.equal(keyless.identities.authenticate(login(token)).status, 'accepted');
  stage.end();
});

test('wrong tokens are answered later and later, by address, and forgotten after five minutes', () => {
  const stage = new IdentitiesStage();
  const { authenticate } = stage.identities;
  const delay = (address: string) => {
    const verdict = authenticate(login('wrong', { address }));
    return verdict.status === 'refused' ? verdict.delayMs : assert.fail();
  };
  assert.deepEqual(
    Array.from({ length: 8 }, () => delay('10.0.0.1')),
    [100, 200, 400, 800, 1600, 3200, 5000, 5000],
  );
  assert.equal(delay('10.0.0.2'), 100);
  stage.clock.advance(5 * 60_000);
  assert.equal(delay('10.0.0.1'), 100);
  stage.end();
});

test('who is who without a token', () => {
  for (const anonymous of ['false', 'true']) {
    const stage = new IdentitiesStage({ environment: { EMBEDDED_ALLOW_ANONYMOUS: anonymous } });
    const { authenticate } = stage.identities;
    const kind = (password: string | null, username: string | null = 'u') => {
      const verdict = authenticate(login(password, { username }));
      return verdict.status === 'accepted' ? verdict.identity.kind : 'refused';
    };
    const nobody = anonymous === 'true' ? 'anonymous' : 'refused';
    assert.deepEqual([kind(null), kind(''), kind('x')], [nobody, nobody, 'refused']);
    assert.deepEqual([kind(null, 'provision'), kind('x', 'provision')], ['provision', 'provision']);
    assert.equal(kind('x'.repeat(60_000)), 'refused');
    stage.end();
  }
});

/** The topics a device may use, by its configuration. */
const GRANTS: [config: object, topics: string[]][] = [
  [{ mqtt_topic: 'meters/saw' }, ['meters/saw']],
  [{ mqtt_topic: 'messages/other/data' }, []],
  [{ mqtt_topic: '/messages/other/data' }, []],
  [{ mqtt_topic: 'messages/status/pm1:0', parser_type: 'shelly_pm' }, []],
  [{ mqtt_topic: 'provision/request' }, []],
  [{ mqtt_topic: '$SYS/x' }, []],
  [{ mqtt_topic: '$SYS/status/pm1:0', parser_type: 'shelly_pm' }, []],
  [{ mqtt_topic: '+/status/pm1:0', parser_type: 'shelly_pm' }, []],
  [{ mqtt_topic: 'tele/saw/SENSOR', parser_type: 'tasmota' }, ['tele/saw/#', 'stat/saw/#', 'cmnd/saw/#']],
  [{}, []],
];
for (const [config, topics] of GRANTS) {
  test(`${JSON.stringify(config)} opens ${topics.join(', ') || 'nothing'}`, () => {
    const stage = new IdentitiesStage();
    const id = made(stage, { ...config });
    assert.deepEqual(stage.identities.registry.access(id), { topics });
    stage.end();
  });
}

test('a configured device whose id is no level of a topic cannot connect', () => {
  const stage = new IdentitiesStage();
  for (const id of ['+', '#', 'a/b', '$SYS']) {
    stage.push(configured(id, { mqtt_topic: 'm/x' }));
    assert.equal(stage.identities.authenticate(login(tokenOf(stage, id))).status, 'refused', id);
  }
  stage.end();
});

test('devices made here are checked like those of a configuration', () => {
  const stage = new IdentitiesStage();
  const { administration } = stage.identities;
  const faults = (input: Record<string, unknown>) => {
    const result = administration.create({ machine_name: 'Lathe', ...input });
    return result.status === 'invalid' ? result.errors.map(({ path }) => path) : result.status;
  };
  assert.deepEqual(faults({ device_id: 'a/b' }), ['device_id']);
  assert.deepEqual(faults({ parser_type: 'nope' }), ['parser_type']);
  assert.deepEqual(faults({ mqtt_topic: 'a#' }), ['mqtt_topic']);
  assert.deepEqual(faults({ colour: 'red' }), ['']);
  assert.deepEqual(faults({ machine_name: '' }), ['machine_name']);
  const crossed = { standby_threshold_w: 50, working_threshold_w: 5 };
  assert.deepEqual(faults({ session_config: crossed }), ['session_config.working_threshold_w']);
  assert.equal(faults({ device_id: 'lathe' }), 'created');
  assert.equal(faults({ device_id: 'lathe' }), 'taken');
  stage.end();
});

test('what runs is told to the pipeline: with a topic, enabled, adopted and let go', async () => {
  const stage = new IdentitiesStage();
  const { administration } = stage.identities;
  const told = async () => {
    await stage.settled();
    return stage.changes.splice(0).join(' ');
  };
  made(stage, { device_id: 'a' });
  assert.equal(await told(), '');
  administration.patch('a', { mqtt_topic: 'm/a' });
  assert.equal(await told(), '+a');
  const token = tokenOf(stage, 'a');
  stage.push(configured('a', { mqtt_topic: 'other/a' }), configured('b'));
  assert.equal(await told(), '+b ~a');
  assert.partialDeepStrictEqual(administration.detail('a'), { source: 'managed', returns_to: 'console' });
  assert.equal(tokenOf(stage, 'a'), token);
  assert.equal(administration.remove('a'), 'managed');
  stage.push(configured('b'));
  assert.equal(await told(), '~a');
  assert.partialDeepStrictEqual(administration.detail('a'), { source: 'console', returns_to: null });
  assert.partialDeepStrictEqual(administration.detail('a')?.configuration, { mqtt_topic: 'm/a' });
  administration.patch('a', { enabled: false });
  assert.equal(await told(), '-a');
  assert.equal(administration.remove('a'), 'removed');
  assert.equal(administration.remove('a'), 'unknown');
  assert.equal(stage.identities.authenticate(login(token)).status, 'refused');
  assert.deepEqual(
    administration.summaries().map(({ device_id }) => device_id),
    ['b'],
  );
  stage.end();
});

test('an override is kept until the configuration changes that field, across a restart', async () => {
  const stage = new IdentitiesStage();
  const mill = (session_config: object, more = {}) => configured('mill', { session_config, ...more });
  stage.push(mill({ start_debounce_s: 4 }));
  const { administration } = stage.identities;
  const change = { machine_name: 'Big mill', session_config: { start_debounce_s: 9, stop_debounce_s: 30 } };
  assert.deepEqual(administration.patch('mill', change), { status: 'changed' });
  const shown = (of: IdentitiesStage) =>
    of.identities.administration.detail('mill')?.overrides.map(({ field }) => field);
  assert.deepEqual(shown(stage), [
    'machine_name',
    'session_config.start_debounce_s',
    'session_config.stop_debounce_s',
  ]);
  const next = new IdentitiesStage({ from: stage });
  next.push(mill({ start_debounce_s: 5 }, { rated_power_w: 100 }));
  assert.deepEqual(shown(next), ['machine_name', 'session_config.stop_debounce_s']);
  const { configuration } = next.identities.administration.detail('mill') ?? assert.fail();
  assert.partialDeepStrictEqual(configuration, {
    machine_name: 'Big mill',
    session_config: { start_debounce_s: 5, stop_debounce_s: 30 },
  });
  next.identities.administration.patch('mill', { machine_name: null });
  assert.deepEqual(shown(next), ['session_config.stop_debounce_s']);
  next.push(configured('saw'));
  next.push(mill({ start_debounce_s: 5 }));
  assert.deepEqual(shown(next), []);
  stage.end();
});

test('an override that does not fit a new configuration is dropped, and a wrong one refused', () => {
  const stage = new IdentitiesStage();
  stage.push(configured('mill', { session_config: { standby_threshold_w: 5, working_threshold_w: 50 } }));
  const { administration } = stage.identities;
  const crossed = { session_config: { standby_threshold_w: 60 } };
  assert.equal(administration.patch('mill', crossed).status, 'invalid');
  assert.equal(administration.patch('mill', { colour: 'red' }).status, 'invalid');
  assert.equal(administration.patch('nobody', {}).status, 'unknown');
  assert.equal(
    administration.patch('mill', { session_config: { standby_threshold_w: 40 } }).status,
    'changed',
  );
  stage.push(configured('mill', { session_config: { standby_threshold_w: 5, working_threshold_w: 30 } }));
  assert.deepEqual(administration.detail('mill')?.overrides, []);
  stage.end();
});

test('other rights close the connections of a device, other thresholds do not', () => {
  const stage = new IdentitiesStage();
  const { administration } = stage.identities;
  const id = made(stage, { mqtt_topic: 'm/a' });
  administration.patch(id, { session_config: { start_debounce_s: 1 }, machine_name: 'Other' });
  assert.deepEqual(stage.disconnected, []);
  administration.patch(id, { mqtt_topic: 'm/b' });
  administration.patch(id, { enabled: false });
  assert.deepEqual(stage.disconnected, [id, id]);
  stage.end();
});

test('what is doubtful in a device is told with it, a broker that is not there too', () => {
  const stage = new IdentitiesStage();
  stage.push(configured('mill', { broker: 'hall-2', session_config: { message_timeout_s: 20 } }));
  const warnings = stage.identities.administration.detail('mill')?.warnings ?? [];
  assert.deepEqual(
    warnings.map(({ path }) => path),
    ['session_config.message_timeout_s', 'broker'],
  );
  stage.end();
});
