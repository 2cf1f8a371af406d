import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FoundMeter } from '../model/discovery.ts';
import type { TasmotaAnnouncements } from './discovery-tasmota.ts';
import { briefly, type Payload, sighting } from './sightings.ts';

const plug = { dev_cla: 'power', unit_of_meas: 'W', name: 'Power', dev: { name: 'lathe', mdl: 'P1' } };
const about = { name: 'lathe', model: 'P1' };
const exposes = [
  { type: 'switch', features: [{ property: 'state' }] },
  { property: 'power', unit: 'W' },
];
const strip = [1, 2].map((n) => ({ property: `power_l${n}`, unit: 'W', endpoint: `l${n}` }));

/** What is announced: meters without values. */
const ANNOUNCED: [topic: string, payload: Payload, meters: FoundMeter[]][] = [
  [
    'shellies/announce',
    { id: 'shellyplug-s-7C87CE', model: 'SHPLG-S', mac: '4022D87C87CE', fw_ver: '20230913' },
    [
      {
        parserType: 'shelly_gen1',
        mqttTopic: 'shellies/shellyplug-s-7C87CE/relay/0/power',
        name: 'shellyplug-s-7C87CE',
        model: 'SHPLG-S',
      },
    ],
  ],
  [
    'shellies/em/announce',
    { id: 'em', model: 'SHEM' },
    [0, 1].map((n) => ({
      parserType: 'shelly_gen1',
      mqttTopic: `shellies/em/emeter/${n}/power`,
      name: 'em',
      model: 'SHEM',
    })),
  ],
  ['shellies/announce', { id: 'shelly1-AABBCC', model: 'SHSW-1' }, []],
  ['shellies/announce', { id: 'a/b', model: 'SHPLG-S' }, []],
  [
    'shellies/announce',
    { name: null, id: 'shelly1pmminig3-e4b3', model: 'S3SW-001P8EU', gen: 3 },
    [
      {
        parserType: 'shelly_pm',
        mqttTopic: 'shelly1pmminig3-e4b3/status/switch:0',
        name: 'shelly1pmminig3-e4b3',
        model: 'S3SW-001P8EU',
      },
    ],
  ],
  [
    'hall/mill/announce',
    { name: 'Mill', id: 'shellypmminig3-48f6', gen: 3 },
    [{ parserType: 'shelly_pm', mqttTopic: 'hall/mill/status/pm1:0', name: 'Mill' }],
  ],
  ['hall/x/announce', { id: 'shellyplusht-48f6', gen: 2 }, []],
  ['hall/x/announce', 'hello', []],
  [
    'zigbee2mqtt/bridge/devices',
    [
      { type: 'Coordinator', friendly_name: 'Coordinator', definition: null },
      { friendly_name: 'hall/lathe', definition: { vendor: 'Innr', model: 'SP 240', exposes } },
      { friendly_name: 'strip', definition: { exposes: strip } },
      { friendly_name: 'gone', disabled: true, definition: { exposes } },
      { friendly_name: 'lamp', definition: { exposes: [{ property: 'power', unit: 'dBm' }] } },
      { friendly_name: 'wild/#', definition: { exposes } },
    ],
    [
      {
        parserType: 'zigbee2mqtt',
        mqttTopic: 'zigbee2mqtt/hall/lathe',
        name: 'hall/lathe',
        model: 'Innr SP 240',
      },
      { parserType: 'zigbee2mqtt', mqttTopic: 'zigbee2mqtt/strip', channel: 1, name: 'strip' },
      { parserType: 'zigbee2mqtt', mqttTopic: 'zigbee2mqtt/strip', channel: 2, name: 'strip' },
    ],
  ],
  [
    'homeassistant/sensor/lathe/lathe_power/config',
    { ...plug, stat_t: 'lathe/sensor/lathe_power/state', avty_t: 'lathe/status' },
    [{ parserType: 'esphome', mqttTopic: 'lathe/sensor/lathe_power/state', ...about }],
  ],
  [
    'homeassistant/sensor/lathe/lathe_power/config',
    { ...plug, unit_of_meas: 'kW', '~': 'lathe', stat_t: '~/sensor/lathe_power/state' },
    [
      {
        parserType: 'esphome',
        mqttTopic: 'lathe/sensor/lathe_power/state',
        parserOptions: { power: { unit: 'kW' } },
        ...about,
      },
    ],
  ],
  [
    'homeassistant/sensor/0x01/power/config',
    { ...plug, stat_t: 'zigbee2mqtt/lathe', val_tpl: '{{ value_json.power }}' },
    [{ parserType: 'zigbee2mqtt', mqttTopic: 'zigbee2mqtt/lathe', ...about }],
  ],
  [
    'homeassistant/sensor/0x01/power_l2/config',
    { ...plug, stat_t: 'zigbee2mqtt/lathe', val_tpl: "{{ value_json['power_l2'] }}" },
    [{ parserType: 'zigbee2mqtt', mqttTopic: 'zigbee2mqtt/lathe', channel: 2, ...about }],
  ],
  [
    'homeassistant/sensor/35EBF6_ENERGY_Power/config',
    { ...plug, stat_t: 'tele/plug/SENSOR', val_tpl: "{{value_json['ENERGY']['Power']}}" },
    [{ parserType: 'tasmota', mqttTopic: 'tele/plug/SENSOR', ...about }],
  ],
  [
    'homeassistant/sensor/obk_power/config',
    { ...plug, '~': 'obk', stat_t: '~/power/get' },
    [{ parserType: 'openbeken', mqttTopic: 'obk/power/get', ...about }],
  ],
  [
    'homeassistant/sensor/press/config',
    {
      device_class: 'power',
      unit_of_measurement: 'kW',
      state_topic: 'hall/press',
      value_template: '{{ value_json.meter["p"][0] | float(0) | round(1) }}',
      device: { name: 'Press', model: 'M7' },
    },
    [
      {
        parserType: 'generic',
        mqttTopic: 'hall/press',
        parserOptions: { power: { path: "$['meter']['p']['0']", unit: 'kW' } },
        name: 'Press',
        model: 'M7',
      },
    ],
  ],
  [
    'homeassistant/device/press/config',
    {
      dev: { name: 'Press' },
      stat_t: 'hall/press',
      cmps: {
        p: { p: 'sensor', unit_of_meas: 'W', dev_cla: 'power', val_tpl: '{{ value_json.w }}' },
        t: { p: 'sensor', unit_of_meas: '°C' },
        s: { p: 'switch', unit_of_meas: 'W' },
      },
    },
    [
      {
        parserType: 'generic',
        mqttTopic: 'hall/press',
        parserOptions: { power: { path: "$['w']" } },
        name: 'Press',
      },
    ],
  ],
  // A template that computes cannot be taken over.
  ['homeassistant/sensor/x/config', { ...plug, stat_t: 'x', val_tpl: '{{ value_json.a * 230 }}' }, []],
  ['homeassistant/sensor/x/config', { ...plug, unit_of_meas: 'kWh', dev_cla: 'energy', stat_t: 'x' }, []],
  ['homeassistant/sensor/x/config', { ...plug, stat_t: 'a/+/b' }, []],
  ['homeassistant/sensor/x/config', plug, []],
  ['homeassistant/switch/x/config', { ...plug, stat_t: 'x' }, []],
  ['homeassistant/sensor/x/config', '', []],
];

for (const [topic, payload, meters] of ANNOUNCED) {
  const text = typeof payload === 'string' ? payload : JSON.stringify(payload);
  test(`${text.slice(0, 80)} on ${topic} announces ${meters.map(briefly).join(', ') || 'no meter'}`, () => {
    assert.deepEqual(sighting(topic, payload), meters.length === 0 ? null : { meters, values: null });
  });
}

const CONFIG = {
  dn: 'Lathe',
  hn: 'lathe-7324',
  md: 'Sonoff POW',
  t: 'lathe',
  ft: '%prefix%/hall/%topic%/',
  tp: ['cmnd', 'stat', 'tele'],
};
const ENERGY = { Total: 1, Power: 0, Voltage: 0, Current: 0 };
const lathe = {
  parserType: 'tasmota',
  mqttTopic: 'tele/hall/lathe/SENSOR',
  name: 'Lathe',
  model: 'Sonoff POW',
};

for (const [order, halves] of [
  ['config first', ['config', 'sensors']],
  ['sensors first', ['sensors', 'config']],
] as const) {
  test(`Tasmota announces topic and meter apart, ${order}`, () => {
    const known: TasmotaAnnouncements = new Map();
    const payloads = { config: CONFIG, sensors: { sn: { Time: '2026-01-31T11:30:15', ENERGY }, ver: 1 } };
    const seen = halves.map((half) =>
      sighting(`tasmota/discovery/A4CF12AABBCC/${half}`, payloads[half], known),
    );
    assert.deepEqual(seen, [null, { meters: [lathe], values: null }]);
  });
}

test('Tasmota: patterns of topics, several meters, and devices without one', () => {
  const rows: [config: object, sensors: object, meters: string[]][] = [
    [{ ...CONFIG, ft: '%topic%/%prefix%' }, { ENERGY }, ['tasmota lathe/tele/SENSOR']],
    [{ ...CONFIG, ft: '%prefix%/%id%/' }, { ENERGY }, ['tasmota tele/AABBCC/SENSOR']],
    [
      { ...CONFIG, ft: '%prefix%/%hostname%/' },
      { ENERGY: { Power: [1, 2] } },
      ['tasmota tele/lathe-7324/SENSOR 0', 'tasmota tele/lathe-7324/SENSOR 1'],
    ],
    [CONFIG, { DS18B20: {} }, []],
    [{ ...CONFIG, t: '+' }, { ENERGY }, []],
    [{ ...CONFIG, tp: 'tele' }, { ENERGY }, []],
  ];
  for (const [config, sensors, meters] of rows) {
    const known: TasmotaAnnouncements = new Map();
    sighting('tasmota/discovery/A4CF12AABBCC/config', config, known);
    const seen = sighting('tasmota/discovery/A4CF12AABBCC/sensors', { sn: sensors }, known);
    assert.deepEqual(seen?.meters.map(briefly) ?? [], meters);
  }
});

test('what is kept of Tasmota announcements, and the meters of one message, are bounded', () => {
  const known: TasmotaAnnouncements = new Map();
  for (let n = 0; n < 2500; n += 1) {
    sighting(`tasmota/discovery/${n.toString(16).padStart(12, '0')}/config`, CONFIG, known);
  }
  assert.equal(known.size, 1000);
  assert.ok(known.has((2499).toString(16).padStart(12, '0')));
  const devices = Array.from({ length: 3000 }, (_, n) => ({
    friendly_name: `d${n}`,
    definition: { exposes: strip },
  }));
  assert.equal(sighting('zigbee2mqtt/bridge/devices', devices)?.meters.length, 500);
  assert.equal(sighting('zigbee2mqtt/bridge/devices', `[${' '.repeat(1_048_576)}]`), null);
  assert.equal(sighting('zigbee2mqtt/bridge/devices', `${'['.repeat(9000)}${']'.repeat(9000)}`), null);
});

test('a name is text of one line and bounded', () => {
  const seen = sighting('x/announce', { id: 'shellyplugsg3-1', name: `\u0000a\n${'b'.repeat(500)}`, gen: 3 });
  const [meter] = seen?.meters ?? [];
  assert.equal(meter?.name, `a ${'b'.repeat(125)}`);
});
