import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiFault } from '../../api/client.ts';
import { FIELDS, TEMPLATE_FIELDS } from './fields.ts';
import { bodyOf, brokenJson, doubtsOf, faultsOf, patchOf, valuesOf } from './form-values.ts';

const CONFIG = {
  device_id: 'mill',
  machine_name: 'Mill',
  mqtt_topic: 'tele/mill/SENSOR',
  parser_type: 'tasmota',
  channel: 2,
  parser_options: { power: { path: 'a.b' } },
  enabled: false,
  session_config: { standby_threshold_w: 8, working_threshold_w: 60.5 },
};

test('a form says back what it was filled with', () => {
  const { probe, forward_measurements: forward, ...body } = bodyOf(FIELDS, valuesOf(FIELDS, CONFIG));
  assert.deepEqual(body, CONFIG);
  assert.deepEqual([probe, forward], [false, false]);
});

test('an empty form gives only the switches', () => {
  assert.deepEqual(bodyOf(FIELDS, valuesOf(FIELDS, {})), {
    probe: false,
    forward_measurements: false,
    enabled: true,
  });
});

test('a patch holds what was changed, and null for what was emptied', () => {
  const before = valuesOf(FIELDS, CONFIG);
  const after = {
    ...before,
    channel: 'a',
    enabled: true,
    parser_options: '',
    'session_config.standby_threshold_w': '9',
    'session_config.message_timeout_s': '',
    'session_config.working_threshold_w': '',
  };
  assert.deepEqual(patchOf(FIELDS, before, after), {
    channel: 'a',
    enabled: true,
    parser_options: null,
    session_config: { standby_threshold_w: 9, working_threshold_w: null },
  });
  assert.deepEqual(patchOf(FIELDS, before, before), {});
});

test('a decimal comma is understood', () => {
  const field = FIELDS.filter(({ path }) => path === 'rated_power_w');
  assert.deepEqual(bodyOf(field, { rated_power_w: ' 8,5' }), { rated_power_w: 8.5 });
});

test('what is no number goes to the API as it stands', () => {
  assert.deepEqual(
    bodyOf([FIELDS[6] as (typeof FIELDS)[0]], { 'session_config.standby_threshold_w': '5 W' }),
    {
      session_config: { standby_threshold_w: '5 W' },
    },
  );
});

test('JSON that cannot be read is found before it is sent', () => {
  for (const [text, broken] of [
    ['', false],
    ['{"power":{"path":"p"}}', false],
    ['{"power":', true],
    ['[1]', true],
    ['7', true],
  ] as const) {
    assert.deepEqual(brokenJson(FIELDS, { parser_options: text }), broken ? ['parser_options'] : [], text);
  }
});

test('faults stand beside their fields, the others are kept', () => {
  const paths = TEMPLATE_FIELDS.map(({ path }) => path);
  const fault = new ApiFault(422, 'The request has faults', [
    { path: 'defaults.mqtt_topic', message: 'knows {device_id} only' },
    { path: 'defaults.parser_options.power.path', message: 'is empty' },
    { path: 'defaults.session_config.working_threshold_w', message: 'must not be below' },
    { path: 'name', message: 'is too long' },
    { path: '', message: 'Unrecognized key' },
  ]);
  assert.deepEqual(faultsOf(fault, paths, 'defaults.'), {
    byField: {
      mqtt_topic: 'knows {device_id} only',
      parser_options: 'is empty',
      'session_config.working_threshold_w': 'must not be below',
    },
    rest: ['name: is too long', 'Unrecognized key'],
  });
});

const DOUBTS: [name: string, values: Record<string, string>, words: string[]][] = [
  ['a usual device', { parser_type: 'tasmota', 'session_config.message_timeout_s': '450' }, []],
  [
    'a short timeout',
    { parser_type: 'shelly_gen2', 'session_config.message_timeout_s': '20' },
    ['doubt_timeout'],
  ],
  [
    'a family that is silent for ever',
    { parser_type: 'ha_statestream', 'session_config.message_timeout_s': '5' },
    [],
  ],
  [
    'a start that is never confirmed',
    { parser_type: 'shelly_pm', 'session_config.start_debounce_s': '90' },
    ['doubt_start'],
  ],
  [
    'a threshold of nothing',
    { parser_type: 'auto', 'session_config.standby_threshold_w': '0' },
    ['doubt_zero'],
  ],
];
for (const [name, values, words] of DOUBTS) {
  test(`doubts of ${name}`, () => {
    assert.deepEqual(
      doubtsOf(values).map(({ word }) => word),
      words,
    );
  });
}
