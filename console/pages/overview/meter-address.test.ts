import assert from 'node:assert/strict';
import { test } from 'node:test';
import { COMMANDS, meterAddress } from './meter-address.ts';

const embedded = { source: 'embedded', url: null } as const;
const LOGIN = { host: 'bridge', port: 1883, username: 'any', password: 'TOKEN', isTls: false };

test('the broker inside is where the console is', () => {
  assert.deepEqual(meterAddress([embedded], '192.168.1.5'), {
    host: '192.168.1.5',
    port: 1883,
    isEmbedded: true,
    isTls: false,
    isPortAssumed: true,
  });
  const told = meterAddress([{ ...embedded, url: 'mqtt://0.0.0.0:1884' }], 'bridge');
  assert.deepEqual([told.host, told.port, told.isPortAssumed], ['bridge', 1884, false]);
});

test('a broker of the environment is preferred, with the port of its protocol', () => {
  const told = meterAddress(
    [embedded, { source: 'environment', url: 'mqtts://mosquitto.example' }],
    'bridge',
  );
  assert.deepEqual(
    [told.host, told.port, told.isEmbedded, told.isTls],
    ['mosquitto.example', 8883, false, true],
  );
});

test('no meter reaches localhost', () => {
  for (const name of ['localhost', '127.0.0.1', '[::1]']) {
    assert.equal(meterAddress([embedded], name).host, null, name);
  }
});

test('commands to copy', () => {
  assert.equal(
    COMMANDS.tasmota(LOGIN),
    'Backlog MqttHost bridge; MqttPort 1883; MqttUser any; MqttPassword TOKEN; TelePeriod 10; PowerDelta 105',
  );
  const [set = '', restart = ''] = COMMANDS.shelly(LOGIN).split('\n');
  const body = JSON.parse(/'(.*)'/.exec(set)?.[1] ?? '');
  assert.deepEqual(body.params.config, {
    enable: true,
    server: 'bridge:1883',
    user: 'any',
    pass: 'TOKEN',
    rpc_ntf: true,
    status_ntf: true,
  });
  assert.match(restart, /Shelly\.Reboot/);
});
