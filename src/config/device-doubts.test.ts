import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parserOf } from '../parse/index.ts';
import { validateConfiguration } from './device-config.ts';

const SESSION = 'devices[0].session_config';

const device = (fields: Record<string, unknown> = {}, session: Record<string, unknown> = {}) => ({
  device_id: 'a',
  mqtt_topic: 'shelly-1/status/pm1:0',
  parser_type: 'shelly_pm',
  ...fields,
  session_config: session,
});

for (const { input, warnings } of [
  { input: { devices: [device()] }, warnings: [] },
  {
    input: {
      devices: [device({ mqtt_topic: '+/status/#' }), device({ device_id: 'b', mqtt_topic: '+/status/#' })],
    },
    warnings: [],
  },
  {
    input: { devices: [device({ colour: 'red', 'a b': 1 }, { standby: 5 })], comment: 'x' },
    warnings: [
      'comment: is not known and was left out',
      'devices[0].colour: is not known and was left out',
      'devices[0]["a b"]: is not known and was left out',
      `${SESSION}.standby: is not known and was left out`,
    ],
  },
  {
    input: { devices: [device({}, { message_timeout_s: 20 })] },
    warnings: [
      `${SESSION}.message_timeout_s: is 20 s, but a shelly_pm device may report constant power only every 60 s: its sessions would time out. Leave it out or let the device report more often`,
    ],
  },
  { input: { devices: [device({}, { message_timeout_s: 60 })] }, warnings: [] },
  {
    input: { devices: [device({}, { start_debounce_s: 90 })] },
    warnings: [
      `${SESSION}.start_debounce_s: is 90 s, not below the message timeout of 90 s: a start is forgotten when the device is silent that long before it is confirmed`,
    ],
  },
  {
    input: { devices: [device({}, { standby_threshold_w: 0 })] },
    warnings: [
      `${SESSION}.standby_threshold_w: is 0: the machine counts as on whatever it draws, so that a session ends by a timeout only`,
    ],
  },
  {
    input: { devices: [device({ offline_timeout_s: 30 })] },
    warnings: [
      'devices[0].offline_timeout_s: is 30 s, but a shelly_pm device may report only every 60 s: it would count as offline in between',
    ],
  },
  {
    input: { devices: [device({ mqtt_topic: 'plant/meter' })] },
    warnings: [
      `devices[0].mqtt_topic: is not a topic as shelly_pm devices have it (${parserOf('shelly_pm')?.title}): messages on it may not be understood`,
    ],
  },
  {
    input: { devices: [device({ parser_options: {} })] },
    warnings: ['devices[0].parser_options: have no effect: the shelly_pm parser does not obey them'],
  },
  {
    input: {
      devices: [
        device({ parser_type: 'generic', parser_options: { power: { topic: 'a/+' }, ts: { path: '$.t' } } }),
      ],
    },
    warnings: ['devices[0].parser_options.power.topic: must not contain + or #; it is not subscribed'],
  },
]) {
  test(`warnings: ${warnings[0] ?? `none for ${JSON.stringify(input)}`}`, () => {
    const result = validateConfiguration(input, { devicesMax: 10 });
    assert.ok(result.ok);
    assert.deepEqual(
      result.warnings.map(({ path, message }) => `${path}: ${message}`),
      warnings,
    );
  });
}
