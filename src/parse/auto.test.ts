import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Message } from '../model/message.ts';
import { parserFor, parserOf } from './index.ts';

const INTERVALS: [mqttTopic: string, reportIntervalMs: number | null][] = [
  ['mill/status/pm1:0', 60_000],
  ['shellies/saw/relay/0/power', 60_000],
  ['tele/lathe/SENSOR', 300_000],
  ['zigbee2mqtt/lathe', 3_600_000],
  ['obk-lathe/power/get', 60_000],
  ['statestream/sensor/lathe_power/state', null],
  ['lathe/sensor/lathe_power/state', 300_000],
  ['hall/press', 300_000],
];

for (const [mqttTopic, reportIntervalMs] of INTERVALS) {
  test(`auto on ${mqttTopic} expects a report every ${reportIntervalMs} ms`, () => {
    const parser = parserFor('auto', mqttTopic);
    assert.equal(parser?.type, 'auto');
    assert.equal(parser?.reportIntervalMs, reportIntervalMs);
  });
}

test('other types have the parser of their name, whatever the topic', () => {
  assert.equal(parserFor('shelly_gen2', 'tele/lathe/SENSOR'), parserOf('shelly_pm'));
  assert.equal(parserFor('nonsense', 'tele/lathe/SENSOR'), undefined);
});

const BY_TOPIC: [mqttTopic: string, family: string][] = [
  ['mill/status/em:0', 'shelly_pm'],
  ['shellies/saw/relay/0/power', 'shelly_gen1'],
  ['tele/lathe/SENSOR', 'tasmota'],
  ['obk-lathe/power/get', 'openbeken'],
  ['statestream/sensor/lathe_power/state', 'ha_statestream'],
  ['hall/press', 'generic'],
];

for (const [mqttTopic, type] of BY_TOPIC) {
  test(`auto on ${mqttTopic} listens and asks as ${type}`, () => {
    const auto = parserFor('auto', mqttTopic);
    const family = parserOf(type);
    assert.ok(auto && family);
    const options = { energy: { topic: 'other/energy' } };
    assert.deepEqual(auto.siblingTopics(mqttTopic, options, 1), family.siblingTopics(mqttTopic, options, 1));
    assert.deepEqual(auto.ownTopics(mqttTopic), family.ownTopics(mqttTopic));
    assert.deepEqual(auto.probe(mqttTopic, options, 1), family.probe(mqttTopic, options, 1));
  });
}

test('on a topic of ESPHome or statestream it listens to what either of them tells', () => {
  const siblings = parserOf('auto')?.siblingTopics('lathe/sensor/lathe_power/state', {});
  assert.deepEqual(siblings, ['lathe/status', 'lathe/sensor/lathe_power/unit_of_measurement']);
});

/** One device hears the messages in order; after each, the family that was taken. */
const TAKEN: [mqttTopic: string, messages: [topic: string, payload: string, family: string | null][]][] = [
  [
    'hall/press',
    [
      ['hall/press', '{"temperature":20}', null],
      ['hall/press', '{"power":20}', 'generic'],
      ['hall/press', '{"power":20,"linkquality":9}', 'generic'],
    ],
  ],
  ['radio/lathe', [['radio/lathe', '{"power":20,"linkquality":9}', 'zigbee2mqtt']]],
  [
    'shellies/mill/#',
    [
      ['shellies/mill/online', 'true', 'shelly_gen1'],
      ['shellies/mill/status/switch:0', '{"id":0,"apower":3}', 'shelly_pm'],
      ['shellies/mill/relay/0/power', '3', 'shelly_pm'],
    ],
  ],
  [
    'lathe/sensor/power/state',
    [
      ['lathe/sensor/power/state', '3', 'esphome'],
      ['lathe/status', 'online', 'esphome'],
      ['lathe/sensor/power/state', '"3"', 'esphome'],
    ],
  ],
  [
    'ha/sensor/power/#',
    [
      ['ha/sensor/power/state', '3', 'esphome'],
      ['ha/sensor/power/unit_of_measurement', '"W"', 'ha_statestream'],
    ],
  ],
  // A mapped topic of another family is no word about the device.
  [
    'hall/press',
    [
      ['hall/press', '3', 'generic'],
      ['tele/other/SENSOR', '{"power":3}', 'generic'],
    ],
  ],
];

for (const [mqttTopic, messages] of TAKEN) {
  test(`auto on ${mqttTopic} takes ${messages.map(([, , family]) => family).join(', ')}`, () => {
    const auto = parserOf('auto');
    assert.ok(auto?.familyOf);
    let memory = auto.initialMemory();
    assert.equal(auto.familyOf(memory), null);
    for (const [topic, payload, family] of messages) {
      const message: Message = {
        topic,
        payload: Buffer.from(payload),
        receivedAt: 1_769_855_415_000,
        steadyAt: 1000,
        retained: false,
        qos: 0,
        done: () => {},
      };
      const device = { deviceId: 'device', mqttTopic, channel: null, options: {} };
      ({ memory } = auto.parse(message, device, memory));
      assert.equal(auto.familyOf(memory), family, `after ${payload} on ${topic}`);
    }
  });
}
