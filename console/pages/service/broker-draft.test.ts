import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Broker } from '../../../src/model/broker.ts';
import { draftOfBroker, EMPTY_BROKER, newBrokerOf, patchOf } from './broker-draft.ts';

const BROKER: Broker = {
  broker_id: 'hall-2',
  source: 'api',
  name: 'Hall 2',
  url: 'mqtts://hall2.local:8883',
  username: 'bridge',
  has_password: true,
  client_id: 'iot_bridge_hall-2',
  protocol_version: 'auto',
  keep_alive_s: 30,
  clean_session: false,
  tls: { ca: null, cert: 'CERT', has_key: true, insecure: false },
  note: '',
  enabled: true,
  state: { connection: 'connected', since: '2026-01-01T00:00:00.000Z', last_fault: null },
  devices: 0,
  subscriptions: 0,
  warnings: [],
  created_at: null,
};

test('what is not touched is not sent: secrets and the made client id stay', () => {
  const before = draftOfBroker(BROKER);
  assert.deepEqual(patchOf(before, before), {});
  assert.deepEqual(patchOf({ ...before, name: ' Hall two ' }, before), { name: 'Hall two' });
});

test('an empty field goes back to its default; secrets are set or removed', () => {
  const before = draftOfBroker(BROKER);
  const draft = {
    ...before,
    username: '',
    clientId: '',
    keepAliveS: '',
    cert: '',
    insecure: true,
    password: { change: 'remove' as const },
    key: { change: 'set' as const, value: 'KEY' },
  };
  assert.deepEqual(patchOf(draft, before), {
    username: null,
    password: null,
    client_id: null,
    keep_alive_s: null,
    tls: { cert: null, key: 'KEY', insecure: true },
  });
});

test('a new broker says its name, its URL and what differs from the defaults', () => {
  assert.deepEqual(newBrokerOf({ ...EMPTY_BROKER, name: 'A' }), { name: 'A', url: '' });
  const draft = { ...EMPTY_BROKER, name: 'A', url: ' mqtt://a ', brokerId: 'a', keepAliveS: '60', ca: 'CA' };
  assert.deepEqual(newBrokerOf({ ...draft, password: { change: 'set', value: 'secret' } }), {
    name: 'A',
    url: 'mqtt://a',
    broker_id: 'a',
    password: 'secret',
    keep_alive_s: 60,
    tls: { ca: 'CA' },
  });
});
