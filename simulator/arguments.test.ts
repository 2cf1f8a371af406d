import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { parseSimulateArguments } from './arguments.ts';

const directory = mkdtempSync(join(tmpdir(), 'simulate-'));
after(() => rmSync(directory, { recursive: true }));

function options(...argv: string[]) {
  const outcome = parseSimulateArguments(argv);
  assert.equal(outcome.status, 'ok', JSON.stringify(outcome));
  return outcome.status === 'ok' ? outcome.options : assert.fail();
}

describe('options', () => {
  it("have the documents' defaults", () => {
    assert.deepEqual(options(), {
      host: 'localhost',
      port: 1883,
      tls: false,
      tlsInsecure: false,
      username: '',
      password: '',
      device: 'shelly',
      topics: ['shellypmminig3-48f6eeb73a1c/status/pm1:0'],
      speed: 1,
      scenario: 'full_session',
      thresholds: { standbyW: 20, workingW: 100 },
      qos: 1,
    });
  });

  it('are all taken', () => {
    const ca = join(directory, 'ca.pem');
    writeFileSync(ca, 'PEM');
    const argv =
      `--broker 10.0.0.7 --port=8884 --tls --tls-insecure --ca ${ca} --username u --password -p --device tasmota ` +
      '--topic tele/saw/SENSOR --devices 2 --speed 50 --scenario offline_test --duration 5 --offline-duration 7 ' +
      '--standby-w 5 --working-w 50.5 --qos 0';
    assert.deepEqual(options(...argv.split(' ')), {
      host: '10.0.0.7',
      port: 8884,
      tls: true,
      tlsInsecure: true,
      ca: 'PEM',
      username: 'u',
      password: '-p',
      device: 'tasmota',
      topics: ['tele/saw-1/SENSOR', 'tele/saw-2/SENSOR'],
      speed: 50,
      scenario: 'offline_test',
      durationS: 5,
      offlineDurationS: 7,
      thresholds: { standbyW: 5, workingW: 50.5 },
      qos: 0,
    });
  });

  it('with TLS go to port 8883', () => assert.equal(options('--tls').port, 8883));

  it("take the documents' own command", () => {
    const argv = ['--broker', 'localhost', '--port', '1883', '--no-tls', '--username', '', '--password', ''];
    assert.deepEqual(options(...argv, '--scenario', 'full_session'), options());
  });

  for (const argv of [['--help'], ['-h'], ['--port', 'x', '--help']]) {
    it(`${argv.join(' ')} asks for help`, () => {
      assert.deepEqual(parseSimulateArguments(argv), { status: 'help' });
    });
  }
});

describe('faults', () => {
  const cases: [string[], RegExp[]][] = [
    [['--foo'], [/^unknown option --foo$/]],
    [['--toString'], [/^unknown option --toString$/]],
    [['-x'], [/^unknown option -x$/]],
    [['now'], [/^unexpected argument "now"$/]],
    [['--password'], [/^--password needs a value$/]],
    [['--tls=yes'], [/^--tls takes no value$/]],
    [['--tls', '--no-tls'], [/exclude each other/]],
    [['--tls-insecure'], [/^--tls-insecure needs --tls$/]],
    [['--tls', '--ca', '/nowhere/ca.pem'], [/^--ca cannot be read: ENOENT/]],
    [['--broker', 'mqtt://host'], [/^--broker must be a host name/]],
    [['--broker', ''], [/^--broker must be/]],
    [['--port', '0'], [/^--port must be a whole number from 1 to 65535, not "0"$/]],
    [['--port', ''], [/^--port/]],
    [['--port', '1883.5'], [/^--port/]],
    [
      ['--device', 'toaster'],
      [/^--device must be one of shelly, shelly1, tasmota, zigbee2mqtt, generic, not "toaster"$/],
    ],
    [['--scenario', 'party'], [/^--scenario must be one of full_session, .*offline_test, not "party"$/]],
    [['--topic', 'a/#'], [/^--topic must not contain/]],
    [['--topic', 'a/b'], [/^--topic must be <prefix>\/status\/pm1:<number>, not "a\/b"$/]],
    [['--device', 'tasmota', '--topic', 'a/b'], [/^--topic must be tele\/<name>\/SENSOR/]],
    [['--devices', '10001'], [/^--devices/]],
    [['--speed', '0'], [/^--speed must be a number from 0.01 to 1000/]],
    [['--speed', 'Infinity'], [/^--speed/]],
    [['--duration', '1.5'], [/^--duration must be a whole number/]],
    [['--offline-duration', '0'], [/^--offline-duration/]],
    [['--qos', '2'], [/^--qos must be one of 0, 1/]],
    [['--password', 'x'], [/^--password needs --username/]],
    [['--standby-w', '100', '--working-w', '100'], [/^--working-w must be at least 1.1 × --standby-w$/]],
    [
      ['--foo', '--port', 'x', '--speed', 'fast', '--device', 'toaster', 'now'],
      [/--foo/, /"now"/, /--device/, /--port/, /--speed/],
    ],
  ];
  for (const [argv, expected] of cases) {
    it(argv.join(' '), () => {
      const outcome = parseSimulateArguments(argv);
      const faults = outcome.status === 'faulty' ? outcome.faults : [];
      assert.equal(faults.length, expected.length, JSON.stringify(faults));
      for (const [i, pattern] of expected.entries()) assert.match(faults[i] ?? '', pattern);
    });
  }
});
