import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressesOf } from './addresses.ts';

const PORTS = { mqtt_port: 1883, mqtts_port: null, ws_port: 9001 };

test('a broker that listens everywhere is where the viewer found the console', () => {
  const expected = ['mqtt://bridge.local:1883', 'ws://bridge.local:9001'];
  for (const host of ['0.0.0.0', '::', null]) {
    assert.deepEqual(addressesOf({ ...PORTS, host }, 'bridge.local'), expected);
  }
});

test('one that listens on one address is there', () => {
  assert.deepEqual(addressesOf({ ...PORTS, ws_port: null, host: '127.0.0.1' }, 'x'), [
    'mqtt://127.0.0.1:1883',
  ]);
  assert.deepEqual(addressesOf({ ...PORTS, ws_port: null, host: '::1' }, 'x'), ['mqtt://[::1]:1883']);
});
