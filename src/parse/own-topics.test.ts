import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parserOf } from './index.ts';

const CASES: [parser: string, mqttTopic: string, own: string[]][] = [
  ['shelly_pm', 'shelly-1/status/pm1:0', ['shelly-1/#']],
  ['shelly_pm', 'hall/a/shelly-1/events/rpc', ['hall/a/shelly-1/#']],
  ['shelly_pm', 'shelly-1/#', ['shelly-1/#']],
  ['shelly_pm', 'shelly-1/status/+', ['shelly-1/#']],
  ['shelly_pm', '+/status/pm1:0', []],
  ['shelly_pm', '#', []],
  ['shelly_pm', 'hall/+/status/pm1:0', []],
  ['shelly_pm', 'shelly-1/measure', []],
  ['shelly_gen1', 'shellies/saw/relay/0/power', ['shellies/saw/#']],
  ['shelly_gen1', 'shellies/saw/#', ['shellies/saw/#']],
  ['shelly_gen1', 'shellies/#', []],
  ['shelly_gen1', 'shellies/+/relay/0/power', []],
  ['tasmota', 'tele/saw/SENSOR', ['tele/saw/#', 'stat/saw/#', 'cmnd/saw/#']],
  ['tasmota', 'saw/tele/SENSOR', ['saw/tele/#', 'saw/stat/#', 'saw/cmnd/#']],
  ['tasmota', 'tele/saw/#', ['tele/saw/#', 'stat/saw/#', 'cmnd/saw/#']],
  ['tasmota', 'tele/#', []],
  ['tasmota', 'tele/SENSOR', []],
  ['tasmota', 'tele/+/SENSOR', []],
  ['zigbee2mqtt', 'zigbee2mqtt/saw', ['zigbee2mqtt/saw/#']],
  ['zigbee2mqtt', 'home/z/hall/saw', ['home/z/hall/saw/#']],
  ['zigbee2mqtt', 'zigbee2mqtt/saw/power_l1', ['zigbee2mqtt/saw/#']],
  ['zigbee2mqtt', 'zigbee2mqtt/saw/#', ['zigbee2mqtt/saw/#']],
  ['zigbee2mqtt', 'zigbee2mqtt/#', []],
  ['zigbee2mqtt', 'zigbee2mqtt/+/power', []],
  ['zigbee2mqtt', 'zigbee2mqtt', []],
  ['zigbee2mqtt', 'zigbee2mqtt/bridge', []],
  ['zigbee2mqtt', 'zigbee2mqtt/bridge/#', []],
  ['esphome', 'saw/sensor/power/state', ['saw/#']],
  ['esphome', 'hall/saw/sensor/+/state', ['hall/saw/#']],
  ['esphome', 'saw/#', ['saw/#']],
  ['esphome', 'meters/saw', ['meters/saw']],
  ['esphome', '+/sensor/power/state', []],
  ['esphome', '#', []],
  [
    'openbeken',
    'hall/saw/power/get',
    ['hall/saw/#', 'tele/hall/saw/#', 'stat/hall/saw/#', 'cmnd/hall/saw/#'],
  ],
  ['openbeken', 'tele/saw/SENSOR', ['saw/#', 'tele/saw/#', 'stat/saw/#', 'cmnd/saw/#']],
  ['openbeken', 'saw/+/get', ['saw/#', 'tele/saw/#', 'stat/saw/#', 'cmnd/saw/#']],
  ['openbeken', '+/power/get', []],
  ['openbeken', 'tele/+/SENSOR', []],
  ['openbeken', 'tele/#', []],
  ['openbeken', '#', []],
  ['ha_statestream', 'ha/sensor/saw_power/state', ['ha/sensor/saw_power/#']],
  ['ha_statestream', 'ha/sensor/saw_power/#', ['ha/sensor/saw_power/#']],
  ['ha_statestream', 'ha/sensor/+/state', []],
  ['ha_statestream', 'ha/#', []],
  ['ha_statestream', '#', []],
  ['auto', 'tele/saw/SENSOR', ['tele/saw/#', 'stat/saw/#', 'cmnd/saw/#']],
  ['auto', 'meters/saw', ['meters/saw']],
  ['auto', '+/saw', []],
  ['auto', '#', []],
  ['generic', 'meters/saw', ['meters/saw']],
  ['generic', 'meters/+', []],
  ['generic', 'meters/#', []],
];

for (const [parser, mqttTopic, own] of CASES) {
  test(`a ${parser} device on ${mqttTopic} may use ${own.join(', ') || 'nothing'}`, () => {
    assert.deepEqual(parserOf(parser)?.ownTopics(mqttTopic), own);
  });
}
