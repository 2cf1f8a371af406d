import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Message } from '../model/message.ts';
import { recognise, recogniseTopic } from './recognise.ts';

const TOPICS: [topic: string, family: string | null][] = [
  ['shellypmminig3-48f6eeb73a1c/status/pm1:0', 'shelly_pm'],
  ['hall/a/mill/status/input:1', 'shelly_pm'],
  ['mill/events/rpc', 'shelly_pm'],
  ['shellies/mill/status/switch:0', 'shelly_pm'],
  ['shellies/mill/events/rpc', 'shelly_pm'],
  ['mill/status', null],
  ['mill/online', null],
  ['mill/rpc', null],
  ['shellies/saw/relay/0/power', 'shelly_gen1'],
  ['shellies/saw/#', 'shelly_gen1'],
  ['shellies/+/emeter/0/power', 'shelly_gen1'],
  ['hall/shellies/saw/temperature', 'shelly_gen1'],
  ['shellies/saw/online', null],
  ['shellies/saw/announce', null],
  ['shellies/saw/command', null],
  ['shellies/saw/bridge/rpc', null],
  ['shellies/announce', null],
  ['tele/lathe/SENSOR', 'tasmota'],
  ['lathe/tele/LWT', 'tasmota'],
  ['hall/stat/lathe/STATUS10', 'tasmota'],
  ['stat/lathe/POWER2', 'tasmota'],
  ['tele/lathe/#', 'tasmota'],
  ['tele/#', null],
  ['cmnd/lathe/POWER', null],
  ['lathe/SENSOR', null],
  ['lathe/stat/level', null],
  ['zigbee2mqtt/lathe', 'zigbee2mqtt'],
  ['zigbee2mqtt/hall/lathe/power', 'zigbee2mqtt'],
  ['zigbee2mqtt_2/lathe/availability', 'zigbee2mqtt'],
  ['zigbee2mqtt/bridge/state', null],
  ['zigbee2mqtt/bridge', null],
  ['zigbee2mqtt', null],
  ['obk-lathe/power/get', 'openbeken'],
  ['hall/obk-lathe/energycounter/get', 'openbeken'],
  ['zigbee2mqtt/lathe/power/get', 'zigbee2mqtt'],
  ['obk-lathe/1/get', null],
  ['lathe/sensor/lathe_power/state', null],
  ['homeassistant/sensor/lathe_power/state', null],
  ['statestream/sensor/lathe_power/state', 'ha_statestream'],
  ['house/ha_statestream/switch/lathe/state', 'ha_statestream'],
  ['ha/sensor/lathe_power/unit_of_measurement', 'ha_statestream'],
  ['spBv1.0/plant/NDATA/edge', null],
  ['hall/press', null],
  ['#', null],
  [`${'tele/'.repeat(13_000)}SENSOR`, null],
];

for (const [topic, family] of TOPICS) {
  test(`${topic.slice(0, 60)} proves ${family ?? 'nothing'}`, () => {
    assert.equal(recogniseTopic(topic), family);
  });
}

const SENSOR = 'lathe/sensor/lathe_power/state';
const MESSAGES: [topic: string, payload: string | object, family: string | null][] = [
  ['mill/status/pm1:0', 'not even JSON', 'shelly_pm'],
  ['mill/events/rpc', { src: 'x', method: 'NotifyStatus', params: {} }, 'shelly_pm'],
  ['tele/lathe/SENSOR', { ENERGY: { Total: 1, Power: 2 } }, 'tasmota'],
  ['tele/lathe/SENSOR', { ENERGY: { ConsumptionTotal: 1, Power: 2 } }, 'openbeken'],
  ['tele/lathe/SENSOR', 'broken', 'tasmota'],
  ['tele/lathe/LWT', 'Online', 'tasmota'],
  ['plant/7/SENSOR', { ENERGY: { Power: 2 } }, 'tasmota'],
  ['plant/7/STATUS8', { StatusSNS: { ENERGY: { Power: 2 } } }, 'tasmota'],
  ['plant/7/data', { ENERGY: { Power: 2 } }, null],
  ['radio/lathe', { state: 'ON', linkquality: 144 }, 'zigbee2mqtt'],
  ['radio/lathe', { power: 1, last_seen: '2026-01-31T10:30:15+00:00' }, 'zigbee2mqtt'],
  ['radio/lathe', { battery: 90, last_seen: 1 }, null],
  [SENSOR, '119.5', 'esphome'],
  [SENSOR, 'nan', 'esphome'],
  [SENSOR, 'None', 'esphome'],
  [SENSOR, '"119.5"', 'ha_statestream'],
  [SENSOR, 'unavailable', 'ha_statestream'],
  [SENSOR, 'on', null],
  [SENSOR, { power: 3 }, 'generic'],
  ['hall/press', { apower: '0.5 kW' }, 'generic'],
  ['hall/press', { power: null }, null],
  ['hall/press', { power: { w: 3 } }, null],
  ['hall/press', '120.5', 'generic'],
  ['hall/press', ' 120.5 W', 'generic'],
  ['hall/press', '"120.5"', 'generic'],
  ['hall/press', 'nan', null],
  ['hall/press', '[120.5]', null],
  ['hall/press', 'true', null],
  ['hall/press', 'ON', null],
  ['hall/press', '', null],
  ['hall/press', `{"power":1,"pad":"${'x'.repeat(65_536)}"}`, null],
  ['hall/press', `{"power":1,"deep":${'['.repeat(100)}${']'.repeat(100)}}`, null],
];

for (const [topic, payload, family] of MESSAGES) {
  const text = typeof payload === 'string' ? payload : JSON.stringify(payload);
  test(`${text.slice(0, 60)} on ${topic} shows ${family ?? 'nothing'}`, () => {
    const message: Message = {
      topic,
      payload: Buffer.from(text),
      receivedAt: 1_769_855_415_000,
      steadyAt: 1000,
      retained: false,
      qos: 0,
      done: () => {},
    };
    assert.equal(recognise(message), family);
  });
}
