import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PARSERS, parserOf } from '../parse/index.ts';
import { validateConfiguration } from './device-config.ts';
import { resolveDevice } from './device-resolution.ts';

const LIMITS = { devicesMax: 20_000 };
const DEVICE = { device_id: 'a', mqtt_topic: 'shelly-1/status/pm1:0', parser_type: 'shelly_pm' };

type Fields = Record<string, unknown>;
const device = (fields: Fields = {}, session?: Fields) => ({
  ...DEVICE,
  ...fields,
  ...(session && { session_config: session }),
});

function valid(input: unknown) {
  const result = validateConfiguration(input, LIMITS);
  assert.ok(result.ok, JSON.stringify(result));
  return result;
}
function errorsOf(input: unknown): string[] {
  const result = validateConfiguration(input, LIMITS);
  assert.ok(!result.ok);
  return result.errors.map(({ path, message }) => `${path}: ${message}`);
}

test('the push document comes back as pushed, and is resolved', () => {
  const pushed = {
    device_id: 'shelly-pm-workshop',
    machine_name: 'CNC Mill (Workshop)',
    mqtt_topic: 'shellypmminig3-48f6eeb73a1c/status/pm1:0',
    parser_type: 'shelly_pm',
    session_config: {
      strategy: 'power_threshold',
      standby_threshold_w: 5.0,
      working_threshold_w: 50.0,
      start_debounce_s: 3.0,
      stop_debounce_s: 15.0,
      message_timeout_s: 20.0,
      heartbeat_interval_s: 300.0,
    },
  };
  const input = { devices: [pushed], timestamp: '2026-02-12T19:40:18Z', version: '1.0' };
  const { configuration, devices } = valid(input);
  assert.deepEqual(configuration, {
    devices: [
      {
        ...pushed,
        start_on: 'standby',
        power_sign: 'consume',
        max_clock_skew_s: 5,
        gap_max_s: 3600,
        forward_measurements: false,
        probe: false,
        enabled: true,
      },
    ],
    timestamp: '2026-02-12T19:40:18Z',
    version: '1.0',
  });
  assert.deepEqual(devices, [
    {
      deviceId: 'shelly-pm-workshop',
      broker: null,
      probe: false,
      parserType: 'shelly_pm',
      parser: {
        deviceId: 'shelly-pm-workshop',
        mqttTopic: 'shellypmminig3-48f6eeb73a1c/status/pm1:0',
        channel: null,
        options: {},
      },
      detector: {
        deviceId: 'shelly-pm-workshop',
        machineName: 'CNC Mill (Workshop)',
        standbyThresholdW: 5,
        workingThresholdW: 50,
        startDebounceMs: 3000,
        stopDebounceMs: 15_000,
        messageTimeoutMs: 20_000,
        heartbeatIntervalMs: 300_000,
        startOn: 'standby',
        powerSign: 'consume',
        ratedPowerW: null,
        offlineTimeoutMs: 90_000,
        maxClockSkewMs: 5000,
        gapMaxMs: 3_600_000,
        forwardMeasurements: false,
      },
    },
  ]);
});

for (const { name, fields, session, expected } of [
  {
    name: 'timeouts follow the parser',
    fields: {},
    expected: { messageTimeoutMs: 90_000, offlineTimeoutMs: 90_000 },
  },
  {
    name: 'timeouts of a rarer reporter',
    fields: { parser_type: 'tasmota', mqtt_topic: 'tele/x/SENSOR' },
    expected: { messageTimeoutMs: 450_000, offlineTimeoutMs: 450_000 },
  },
  {
    name: 'heartbeat 0 is none',
    fields: {},
    session: { heartbeat_interval_s: 0 },
    expected: { heartbeatIntervalMs: null },
  },
  { name: 'a name is made of the id', fields: {}, expected: { machineName: 'a' } },
  {
    name: 'fractions of a second',
    fields: {},
    session: { start_debounce_s: 0.0625 },
    expected: { startDebounceMs: 63 },
  },
]) {
  test(`resolved: ${name}`, () => {
    const [resolved] = valid({ devices: [device(fields, session)] }).devices;
    const figures: Fields = { ...resolved?.detector };
    assert.deepEqual(Object.fromEntries(Object.keys(expected).map((key) => [key, figures[key]])), expected);
  });
}

test('a parser that reports only on change gives no timeouts', () => {
  const parser = parserOf('generic');
  const config = valid({ devices: [device()] }).configuration.devices[0];
  assert.ok(parser && config);
  const { detector } = resolveDevice(config, { ...parser, reportIntervalMs: null });
  assert.equal(detector.messageTimeoutMs, null);
  assert.equal(detector.offlineTimeoutMs, null);
});

test('an alias of a parser is resolved, and kept as it was written', () => {
  const result = valid({ devices: [device({ parser_type: 'shelly_gen2' })] });
  assert.equal(result.devices[0]?.parserType, 'shelly_pm');
  assert.equal(result.configuration.devices[0]?.parser_type, 'shelly_gen2');
});

test('a disabled device is configured, but not run', () => {
  const { configuration, devices } = valid({ devices: [device({ enabled: false })] });
  assert.equal(configuration.devices.length, 1);
  assert.deepEqual(devices, []);
});

test('an explicit channel 0 is not "no channel"', () => {
  assert.equal(valid({ devices: [device({ channel: 0 })] }).devices[0]?.parser.channel, 0);
});

const TYPES = PARSERS.map(({ type }) => type).join(', ');
const CHANNEL = 'a whole number from 0 to 255 or "total" or "a" or "b" or "c"';
const SESSION = 'devices[0].session_config';
for (const { input, errors } of [
  { input: null, errors: [': must be an object with a list "devices", not null'] },
  { input: [], errors: [': must be an object with a list "devices", not a list'] },
  { input: {}, errors: ['devices: is missing: give a list of devices, [] for none'] },
  { input: { devices: { a: 1 } }, errors: ['devices: must be a list, not an object'] },
  {
    input: { devices: [], version: 1, timestamp: null },
    errors: [
      'timestamp: must be text of at most 128 characters, not null',
      'version: must be text of at most 128 characters, not 1 (write it in quotes)',
    ],
  },
  { input: { devices: [null] }, errors: ['devices[0]: must be an object, not null'] },
  {
    input: { devices: [{}] },
    errors: [
      'devices[0].device_id: is missing: it must be text of 1 to 128 characters',
      'devices[0].mqtt_topic: is missing: it must be an MQTT topic filter',
      `devices[0].parser_type: is missing: it must be one of ${TYPES}`,
    ],
  },
  {
    input: { devices: [device({ parser_type: 'shelly' })] },
    errors: [`devices[0].parser_type: must be one of ${TYPES}, not "shelly"`],
  },
  {
    input: { devices: [device({ parser_type: 'constructor' })] },
    errors: [`devices[0].parser_type: must be one of ${TYPES}, not "constructor"`],
  },
  {
    input: { devices: [device({ mqtt_topic: 'a#' })] },
    errors: ['devices[0].mqtt_topic: # must be a level of its own, and the last one (it is "a#")'],
  },
  {
    input: { devices: [device({ channel: 1.5 })] },
    errors: [`devices[0].channel: must be ${CHANNEL}, not 1.5`],
  },
  {
    input: { devices: [device({ channel: 'd' })] },
    errors: [`devices[0].channel: must be ${CHANNEL}, not "d"`],
  },
  {
    input: { devices: [device({ rated_power_w: 0 })] },
    errors: ['devices[0].rated_power_w: must be a number above 0, at most 10000000, not 0'],
  },
  {
    input: { devices: [device({ enabled: 'yes' })] },
    errors: ['devices[0].enabled: must be true or false, not "yes"'],
  },
  {
    input: { devices: [device({}, { standby_threshold_w: Number.NaN })] },
    errors: [`${SESSION}.standby_threshold_w: must be a number from 0 to 1000000, not NaN`],
  },
  {
    input: { devices: [device({}, { message_timeout_s: '20' })] },
    errors: [
      `${SESSION}.message_timeout_s: must be a number from 1 to 86400, not "20" (write the number without quotes)`,
    ],
  },
  {
    input: { devices: [device({}, { message_timeout_s: null })] },
    errors: [
      `${SESSION}.message_timeout_s: must be a number from 1 to 86400, not null (leave the field out instead)`,
    ],
  },
  {
    input: { devices: [device({}, { heartbeat_interval_s: 0.5 })] },
    errors: [`${SESSION}.heartbeat_interval_s: must be 0 or a number from 1 to 86400, not 0.5`],
  },
  {
    input: { devices: [device({}, { standby_threshold_w: 9, working_threshold_w: 8 })] },
    errors: [`${SESSION}.working_threshold_w: must not be below standby_threshold_w (it is 8)`],
  },
  {
    input: { devices: [device({}, { standby_threshold_w: 60 })] },
    errors: [
      `${SESSION}.working_threshold_w: must not be below standby_threshold_w (it is left out, so it is 50)`,
    ],
  },
  {
    input: { devices: [device({ parser_options: { relay: { on: [{}] }, ts: {} } })] },
    errors: [
      'devices[0].parser_options.relay.on[0]: must be text, a number, true or false, not an object',
      'devices[0].parser_options.ts.path: is missing: it must be text of 1 to 256 characters',
    ],
  },
  {
    input: { devices: [device(), device({ device_id: 'b' }), device()] },
    errors: ['devices[2].device_id: must be unique, but "a" is used by devices[0] and devices[2]'],
  },
]) {
  test(`fault: ${errors[0]}`, () => assert.deepEqual(errorsOf(input), errors));
}

test('the faults of all devices are told at once, a duplicate too', () => {
  const bad = device({}, { stop_debounce_s: 9999 });
  assert.deepEqual(errorsOf({ devices: [bad, device({ device_id: 'b' }), bad], version: 2 }), [
    'version: must be text of at most 128 characters, not 2 (write it in quotes)',
    `${SESSION}.stop_debounce_s: must be a number from 0 to 3600, not 9999`,
    'devices[2].session_config.stop_debounce_s: must be a number from 0 to 3600, not 9999',
    'devices[2].device_id: must be unique, but "a" is used by devices[0] and devices[2]',
  ]);
});

test('500 faults are told, the others counted', () => {
  const errors = errorsOf({ devices: Array.from({ length: 700 }, () => 5) });
  assert.equal(errors.length, 501);
  assert.equal(errors[499], 'devices[499]: must be an object, not 5');
  assert.equal(errors[500], ': and 200 more');
});

test('unknown fields are left out, and dangerous names do no harm', () => {
  const input = JSON.parse(
    `{"devices": [${JSON.stringify(device({ colour: 'red' }))}], "__proto__": {"x": 1}}`,
  );
  const { configuration, warnings } = valid(input);
  assert.ok(!('colour' in (configuration.devices[0] ?? {})));
  assert.ok(!('x' in configuration));
  assert.deepEqual(
    warnings.map(({ path }) => path),
    ['__proto__', 'devices[0].colour'],
  );
});

test('20 000 devices are validated in time, and 100 000 refused by their number', () => {
  const devices = Array.from({ length: 100_000 }, (_, i) =>
    device({ device_id: `d${i}` }, { message_timeout_s: 20 }),
  );
  const began = process.cpuUsage();
  const { devices: resolved, warnings } = valid({ devices: devices.slice(0, 20_000) });
  const { user, system } = process.cpuUsage(began);
  const tookMs = (user + system) / 1000;
  assert.equal(resolved.length, 20_000);
  assert.deepEqual(warnings.at(-1), { path: '', message: 'and 19500 more' });
  assert.ok(tookMs < 1500, `${tookMs} ms`);
  assert.deepEqual(errorsOf({ devices }), [
    'devices: holds 100000 devices, more than the 20000 allowed (DEVICES_MAX)',
  ]);
});
