import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Sighting } from '../model/discovery.ts';
import { topicNameProblem } from '../model/topic.ts';
import type { TasmotaAnnouncements } from './discovery-tasmota.ts';
import { parserOf } from './index.ts';
import { briefly, type Payload, sighting } from './sightings.ts';

type Values = Sighting['values'];

/** What is measured: one meter with its values, or several without. */
const MEASURED: [topic: string, payload: Payload, meters: string[], values: Values][] = [
  [
    'mill/status/pm1:0',
    { id: 0, voltage: 234.7, current: 0.6, apower: 120.5, aenergy: { total: 256.325 } },
    ['shelly_pm mill/status/pm1:0'],
    { powerW: 120.5, energyTotalKwh: 0.256325, voltageV: 234.7, currentA: 0.6 },
  ],
  ['mill/status/switch:0', { id: 0, output: true }, [], null],
  ['mill/status/temperature:0', { id: 0, tC: 20 }, [], null],
  ['m/status/em:0', { total_act_power: 715.5 }, ['shelly_pm m/status/em:0'], { powerW: 715.5 }],
  [
    'a/b/events/rpc',
    { src: 'shellyplus1pm-1', method: 'NotifyStatus', params: { ts: 1, 'switch:1': { apower: 8 } } },
    ['shelly_pm a/b/status/switch:1'],
    { powerW: 8 },
  ],
  [
    'mill/events/rpc',
    {
      src: 'shellyplus2pm-1',
      method: 'NotifyFullStatus',
      params: { ts: 1, sys: {}, 'input:0': {}, 'switch:0': { apower: 8 }, 'switch:1': { apower: 9 } },
    },
    ['shelly_pm mill/status/switch:0', 'shelly_pm mill/status/switch:1'],
    null,
  ],
  ['mill/events/rpc', { method: 'NotifyEvent', params: { events: [] } }, [], null],
  ['shellies/saw/relay/0/power', '118.42', ['shelly_gen1 shellies/saw/relay/0/power'], { powerW: 118.42 }],
  [
    'shellies/saw/relay/0/energy',
    '1403380',
    ['shelly_gen1 shellies/saw/relay/0/power'],
    { energyTotalKwh: 23.389666667 },
  ],
  ['shellies/saw/emeter/2/voltage', '230', ['shelly_gen1 shellies/saw/emeter/2/power'], { voltageV: 230 }],
  ['shellies/old/relay/power', '12', ['shelly_gen1 shellies/old/relay/power'], { powerW: 12 }],
  // A relay may be without meter.
  ['shellies/saw/relay/0', 'on', [], null],
  ['shellies/saw/temperature', '31', [], null],
  [
    'tele/lathe/SENSOR',
    { ENERGY: { Total: 15.1, Power: 119, Voltage: 226, Current: 0.58 } },
    ['tasmota tele/lathe/SENSOR'],
    { powerW: 119, energyTotalKwh: 15.1, voltageV: 226, currentA: 0.58 },
  ],
  [
    'tele/duo/SENSOR',
    { ENERGY: { Total: [4.2, 0], Power: [412, 0] } },
    ['tasmota tele/duo/SENSOR 0', 'tasmota tele/duo/SENSOR 1'],
    null,
  ],
  [
    'hall/stat/lathe/STATUS10',
    { StatusSNS: { ENERGY: { Power: 119 } } },
    ['tasmota hall/tele/lathe/SENSOR'],
    { powerW: 119 },
  ],
  [
    'lathe/stat/STATUS8',
    { StatusSNS: { ENERGY: { Power: 1 } } },
    ['tasmota lathe/tele/SENSOR'],
    { powerW: 1 },
  ],
  ['tele/thermo/SENSOR', { AM2301: { Temperature: 20 } }, [], null],
  ['tele/lathe/STATE', { POWER: 'ON' }, [], null],
  [
    'tele/obk/SENSOR',
    { ENERGY: { Power: 9, Voltage: 230, Current: 0.1, ConsumptionTotal: 1500 } },
    ['openbeken tele/obk/SENSOR'],
    { powerW: 9, energyTotalKwh: 1.5, voltageV: 230, currentA: 0.1 },
  ],
  ['obk/power/get', '9.5', ['openbeken obk/power/get'], { powerW: 9.5 }],
  ['obk/energycounter/get', '1500', ['openbeken obk/power/get'], { energyTotalKwh: 1.5 }],
  ['obk/power/get', '', [], null],
  ['obk/led_dimmer/get', '50', [], null],
  [
    'zigbee2mqtt/hall/lathe',
    { state: 'ON', power: 119, energy: 7.41, linkquality: 144 },
    ['zigbee2mqtt zigbee2mqtt/hall/lathe'],
    { powerW: 119, energyTotalKwh: 7.41 },
  ],
  [
    'radio/strip',
    { power_l1: 84.2, power_l2: 0, linkquality: 9 },
    ['zigbee2mqtt radio/strip 1', 'zigbee2mqtt radio/strip 2'],
    null,
  ],
  ['zigbee2mqtt/lathe/power', '119', ['zigbee2mqtt zigbee2mqtt/lathe/power'], { powerW: 119 }],
  ['zigbee2mqtt/strip/power_l2', '7', ['zigbee2mqtt zigbee2mqtt/strip/power_l2 2'], { powerW: 7 }],
  ['zigbee2mqtt/lamp', { state: 'ON', brightness: 3, linkquality: 9 }, [], null],
  ['zigbee2mqtt/lathe/get', { power: '' }, [], null],
  ['zigbee2mqtt/bridge/state', { state: 'online' }, [], null],
  ['lathe/sensor/lathe_power/state', '119.5', ['esphome lathe/sensor/lathe_power/state'], { powerW: 119.5 }],
  ['lathe/sensor/lathe_power/state', 'nan', ['esphome lathe/sensor/lathe_power/state'], null],
  ['ha/sensor/saw_power/state', '"3"', ['ha_statestream ha/sensor/saw_power/state'], { powerW: 3 }],
  ['lathe/sensor/temperature/state', '21', [], null],
  ['lathe/sensor/powerful_pump_state/state', '21', [], null],
  ['hall/press', { power: 120.5, voltage: 230 }, ['generic hall/press'], { powerW: 120.5, voltageV: 230 }],
  ['hall/press/power', '120.5', ['generic hall/press/power'], { powerW: 120.5 }],
  ['hall/press/power_w', '0.5 kW', ['generic hall/press/power_w'], { powerW: 500 }],
  ['hall/press/temperature', '21', [], null],
  ['hall/press', 'ON', [], null],
  ['$SYS/broker/power', '3', [], null],
  ['spBv1.0/plant/DDATA/edge/power', '\u0001\u0002', [], null],
];

for (const [topic, payload, meters, values] of MEASURED) {
  const text = typeof payload === 'string' ? payload : JSON.stringify(payload);
  test(`${text.slice(0, 60)} on ${topic.slice(0, 50)} shows ${meters.join(', ') || 'no meter'}`, () => {
    const seen = sighting(topic, payload);
    assert.deepEqual(seen?.meters.map(briefly) ?? [], meters);
    assert.deepEqual(seen?.values ?? null, values);
  });
}

test('whatever comes, nothing is thrown, and what is found could be configured', () => {
  const value = fc.oneof(
    { maxDepth: 3 },
    fc.jsonValue(),
    fc.constantFrom('power', 'W', 'tele/x/SENSOR', 2, {}),
  );
  const keys =
    `id model gen stat_t val_tpl unit_of_meas cmps ~ dev sn ENERGY Power t ft tp power power_l1 linkquality
    friendly_name definition exposes apower params switch:0 __proto__ constructor`.split(/\s+/);
  const object = fc.dictionary(
    fc.constantFrom(...keys),
    fc.oneof(value, fc.dictionary(fc.constantFrom(...keys), value)),
  );
  const topics = `shellies/announce a/announce z/bridge/devices homeassistant/sensor/x/config
    homeassistant/device/x/config tasmota/discovery/A4CF12AABBCC/config tasmota/discovery/A4CF12AABBCC/sensors
    a/status/switch:0 a/events/rpc tele/a/SENSOR zigbee2mqtt/a a/power/get shellies/a/relay/0/power a/power`;
  const topic = fc.oneof(fc.constantFrom(...topics.split(/\s+/)), fc.string());
  const payload = fc.oneof(object, fc.array(object), value).map((content) => JSON.stringify(content));
  const known: TasmotaAnnouncements = new Map();
  const property = fc.property(topic, fc.oneof(payload, fc.string()), (on, text) => {
    const seen = sighting(on, text, known);
    for (const { parserType, mqttTopic, channel } of seen?.meters ?? []) {
      assert.ok(parserOf(parserType));
      assert.equal(topicNameProblem(mqttTopic), null);
      assert.ok(channel === undefined || Number.isInteger(channel));
    }
    assert.notEqual(seen?.meters.length, 0);
  });
  fc.assert(property, { numRuns: 2000 });
});
