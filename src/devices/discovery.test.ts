import assert from 'node:assert/strict';
import { test } from 'node:test';
import { validateConfiguration } from '../config/device-config.ts';
import type { FoundConfiguration, FoundMeter, Sighting } from '../model/discovery.ts';
import { sightingOf } from '../parse/discovery.ts';
import { parserOf } from '../parse/index.ts';
import { isoTime } from '../platform/clock.ts';
import { checkOwn } from './device-check.ts';
import type { DiscoveryDeps } from './discovery.ts';
import { discovering } from './discovery-harness.ts';

/** Whether `POST /api/devices` would take it. */
function isSound(configuration: FoundConfiguration): boolean {
  const { device_id, ...config } = configuration;
  const resolve = (input: unknown) => {
    const result = validateConfiguration({ devices: [input] }, { devicesMax: 1 });
    const [device] = result.ok ? result.devices : [];
    const [checked] = result.ok ? result.configuration.devices : [];
    return device && checked
      ? { ok: true as const, config: checked, device }
      : { ok: false as const, errors: result.ok ? [] : result.errors };
  };
  return checkOwn(resolve, device_id, config).ok;
}

/** With the real recognition. */
function recognising(more: Partial<DiscoveryDeps> = {}) {
  const tasmotas = new Map();
  return discovering({
    sightingOf: (message) => sightingOf(message, tasmotas),
    titleOf: (type) => parserOf(type)?.title ?? null,
    isSound,
    ...more,
  });
}

const PM1 = 'shellypmminig3-48f6eeb73a1c/status/pm1:0';
const STATUS = '{"id":0,"apower":120.5,"voltage":230.1,"current":0.6,"aenergy":{"total":256.3}}';

test('a meter that is heard is listed, with its last values and a configuration that can be used', () => {
  const { hear, list, clock } = recognising();
  const first = isoTime(clock.wallMs());
  hear(PM1, STATUS);
  clock.advance(3000);
  hear(PM1, '{"id":0,"apower":80,"aenergy":{"total":256.4}}');
  const { found, total } = list();
  const { id, ...meter } = found[0] ?? assert.fail('nothing found');
  assert.match(id, /^[0-9a-f]{16}$/);
  assert.equal(total, 1);
  assert.deepEqual(meter, {
    broker_id: 'main',
    family: 'shelly_pm',
    title: parserOf('shelly_pm')?.title,
    topic: PM1,
    channel: null,
    name: null,
    model: null,
    first_heard_at: first,
    last_heard_at: isoTime(clock.wallMs()),
    messages: 2,
    values: {
      at: isoTime(clock.wallMs()),
      retained: false,
      power_w: 80,
      energy_kwh: 0.2564,
      voltage_v: 230.1,
      current_a: 0.6,
    },
    configuration: {
      device_id: 'shellypmminig3-48f6eeb73a1c',
      machine_name: 'shellypmminig3-48f6eeb73a1c',
      mqtt_topic: PM1,
      parser_type: 'shelly_pm',
    },
  });
});

const GEN1 = 'shellies/shellyplug-s-7C87CE/relay/0/power';
const HA_CONFIG = {
  dev_cla: 'power',
  unit_of_meas: 'kW',
  name: 'Lathe Power',
  stat_t: 'lathe/sensor/lathe_power/state',
  uniq_id: 'ESPsensorlathe_power',
  dev: { ids: 'a8032abe54dc', name: 'Big lathe', mf: 'espressif', mdl: 'esp32' },
};
const Z2M_DEVICES = [
  {
    friendly_name: 'hall/Máy tiện số 2',
    ieee_address: '0x1',
    type: 'Router',
    definition: {
      model: 'TS011F',
      vendor: 'x',
      exposes: [{ type: 'numeric', name: 'power', property: 'power', unit: 'W', access: 1 }],
    },
  },
];

const FAMILIES: [topic: string, payload: string, family: string, id: string, name: string][] = [
  [PM1, STATUS, 'shelly_pm', 'shellypmminig3-48f6eeb73a1c', 'shellypmminig3-48f6eeb73a1c'],
  ['hall/1/status/switch:2', '{"id":2,"apower":1}', 'shelly_pm', 'hall-1-2', 'hall 1 2'],
  [GEN1, '118.4', 'shelly_gen1', 'shellyplug-s-7c87ce', 'shellyplug-s-7C87CE'],
  ['tele/lathe/SENSOR', '{"ENERGY":{"Total":15,"Power":119}}', 'tasmota', 'lathe', 'lathe'],
  ['plug02/tele/SENSOR', '{"ENERGY":{"Total":15,"Power":119}}', 'tasmota', 'plug02', 'plug02'],
  ['zigbee2mqtt/Lathe plug', '{"power":119,"linkquality":144}', 'zigbee2mqtt', 'lathe-plug', 'Lathe plug'],
  [
    'zigbee2mqtt/bridge/devices',
    JSON.stringify(Z2M_DEVICES),
    'zigbee2mqtt',
    'hall-may-tien-so-2',
    'hall/Máy tiện số 2',
  ],
  ['homeassistant/sensor/lathe/power/config', JSON.stringify(HA_CONFIG), 'esphome', 'lathe', 'Big lathe'],
];

for (const [topic, payload, family, id, name] of FAMILIES) {
  test(`${topic} is proposed as ${family}`, () => {
    const { hear, list } = recognising();
    hear(topic, payload);
    const { found } = list();
    assert.deepEqual(
      found.map(({ configuration: c }) => [c.parser_type, c.device_id, c.machine_name]),
      [[family, id, name]],
    );
    assert.ok(found.every(({ configuration }) => isSound(configuration)));
  });
}

test('an announcement and a reading of the same meter are one, with what the better one tells', () => {
  for (const announcedFirst of [true, false]) {
    const { hear, list } = recognising();
    const announce = () => hear('homeassistant/sensor/lathe/power/config', JSON.stringify(HA_CONFIG));
    const read = () => hear('lathe/sensor/lathe_power/state', '0.12');
    for (const say of announcedFirst ? [announce, read] : [read, announce]) say();
    const { found } = list();
    assert.equal(found.length, 1);
    assert.equal(found[0]?.messages, 2);
    assert.equal(found[0]?.name, 'Big lathe');
    assert.equal(found[0]?.configuration.parser_options?.power?.unit, 'kW');
  }
});

test('configured meters disappear and may come back; hidden ones stay away', () => {
  const { discovery, hear, list, taken, clock } = recognising();
  hear(PM1, STATUS);
  hear(GEN1, '118.4');
  taken.add(PM1);
  assert.deepEqual(
    list().found.map(({ topic }) => topic),
    [GEN1],
  );
  const id = list().found[0]?.id ?? '';
  assert.equal(discovery.dismiss(id), true);
  assert.equal(discovery.dismiss(id), false);
  taken.clear();
  discovery.lookAgain();
  clock.advance(3000);
  hear(PM1, STATUS);
  hear(GEN1, '118.4');
  assert.deepEqual(
    list().found.map(({ topic }) => topic),
    [PM1],
  );
});

test('retained values are marked as old, give way to live ones and never come back', () => {
  const { hear, list, clock } = recognising();
  const values = () => {
    const { at: _at, ...rest } = list().found[0]?.values ?? assert.fail('no values');
    return rest;
  };
  hear(PM1, STATUS, { retained: true });
  assert.deepEqual(values(), {
    retained: true,
    power_w: 120.5,
    energy_kwh: 0.2563,
    voltage_v: 230.1,
    current_a: 0.6,
  });
  clock.advance(2000);
  hear(PM1, '{"id":0,"apower":7}');
  assert.deepEqual(values(), { retained: false, power_w: 7 });
  clock.advance(2000);
  hear(PM1, STATUS, { retained: true });
  assert.deepEqual(values(), { retained: false, power_w: 7 });
});

test('ids are made unique, among the proposals and against the devices there are', () => {
  const { hear, list, ids } = recognising();
  ids.add('lathe-2');
  for (const topic of ['tele/lathe/SENSOR', 'lathe/tele/SENSOR', 'tele/Lathe/SENSOR']) {
    hear(topic, '{"ENERGY":{"Total":15,"Power":119}}');
  }
  const proposed = list().found.map(({ configuration }) => configuration.device_id);
  assert.deepEqual(proposed.sort(), ['lathe', 'lathe-3', 'lathe-4']);
});

test('a meter at a broker of its own is proposed with that broker', () => {
  const { hear, list } = recognising();
  for (const brokerId of ['main', 'embedded', 'hall-2']) hear(PM1, STATUS, { brokerId });
  const proposed = list().found.map(({ broker_id, configuration }) => [broker_id, configuration.broker]);
  assert.deepEqual(proposed.sort(), [
    ['embedded', undefined],
    ['hall-2', 'hall-2'],
    ['main', undefined],
  ]);
  assert.ok(list().found.every(({ configuration }) => isSound(configuration)));
});

test('the list is searched by name, topic, family and model, and cut', () => {
  const { discovery, hear, list } = recognising();
  hear('homeassistant/sensor/lathe/power/config', JSON.stringify(HA_CONFIG));
  hear(GEN1, '118.4');
  for (const [search, total] of [
    ['BIG LATHE', 1],
    ['7c87', 1],
    ['shelly_gen1', 1],
    ['esp32', 1],
    ['', 2],
    ['drill', 0],
  ] as const) {
    assert.equal(list(search).total, total, search);
  }
  const page = discovery.list({ limit: 1 });
  assert.deepEqual([page.found.length, page.total], [1, 2]);
});

test('names are text: markup stays as it is, control characters go, length is bounded', () => {
  const named = (name: string): Sighting => ({
    meters: [{ parserType: 'tasmota', mqttTopic: 'tele/x/SENSOR', name, model: '<i>\u0007</i>' }],
    values: null,
  });
  const cases: [name: string, shown: string][] = [
    ['<img src=x onerror=alert(1)>', '<img src=x onerror=alert(1)>'],
    ['two\r\nlines\u0000', 'two lines'],
    ['x'.repeat(100_000), 'x'.repeat(128)],
    [`${'x'.repeat(127)}😀`, `${'x'.repeat(127)}\ufffd`],
  ];
  for (const [name, shown] of cases) {
    const { hear, list } = recognising({ sightingOf: () => named(name) });
    hear('a', 'b');
    const [found] = list().found;
    assert.equal(found?.name, shown);
    assert.equal(found?.model, '<i> </i>');
    assert.ok(found && isSound(found.configuration));
  }
});

test('what cannot be configured is not listed', () => {
  const meters: FoundMeter[] = [
    { parserType: 'no_such_parser', mqttTopic: 'a' },
    { parserType: 'tasmota', mqttTopic: 'a/#/b' },
    { parserType: 'generic', mqttTopic: 'a', parserOptions: { power: { path: '' } } },
    { parserType: 'tasmota', mqttTopic: '日本/SENSOR' },
  ];
  const { hear, list } = recognising({ sightingOf: () => ({ meters, values: { powerW: 1 } }) });
  hear('a', 'b');
  assert.deepEqual(
    list().found.map(({ configuration, values }) => [configuration.device_id, values]),
    [['meter', null]],
  );
});
