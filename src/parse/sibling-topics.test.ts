import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ParserOptions } from '../model/device.ts';
import { topicFilterProblem, topicMatches } from '../model/topic.ts';
import { parserOf } from './index.ts';

type Sibling = { type: string; topic: string; channel?: number; options?: ParserOptions; siblings: string[] };

const siblings: Sibling[] = [
  { type: 'shelly_pm', topic: 'a/b/status/pm1:0', siblings: ['a/b/events/rpc', 'a/b/online'] },
  { type: 'shelly_pm', topic: 'x/status/em:0', siblings: ['x/events/rpc', 'x/online', 'x/status/emdata:0'] },
  {
    type: 'shelly_pm',
    topic: 'x/status/em1:2',
    siblings: ['x/events/rpc', 'x/online', 'x/status/em1data:2'],
  },
  { type: 'shelly_pm', topic: 'x/events/rpc', siblings: ['x/online'] },
  { type: 'shelly_pm', topic: 'x/status/+', siblings: ['x/events/rpc', 'x/online'] },
  { type: 'shelly_pm', topic: 'x/status/#', siblings: ['x/events/rpc', 'x/online'] },
  { type: 'shelly_pm', topic: 'x/#', siblings: [] },
  { type: 'shelly_pm', topic: '+/status/pm1:0', siblings: [] },
  { type: 'shelly_pm', topic: 'lathe/power', siblings: [] },
  {
    type: 'shelly_gen1',
    topic: 'shellies/s/relay/0/power',
    siblings: ['shellies/s/online', 'shellies/s/relay/0', 'shellies/s/relay/0/energy'],
  },
  {
    type: 'shelly_gen1',
    topic: 'shellies/s/relay/1',
    siblings: ['shellies/s/online', 'shellies/s/relay/1/power', 'shellies/s/relay/1/energy'],
  },
  {
    type: 'shelly_gen1',
    topic: 'shellies/s/emeter/2/power',
    siblings: ['online', 'emeter/2/total', 'emeter/2/voltage', 'emeter/2/current'].map(
      (t) => `shellies/s/${t}`,
    ),
  },
  { type: 'shelly_gen1', topic: 'shellies/s/relay/0/#', siblings: ['shellies/s/online'] },
  { type: 'shelly_gen1', topic: 'shellies/s/relay/power', siblings: ['shellies/s/online'] },
  { type: 'shelly_gen1', topic: 'shellies/s/#', siblings: [] },
  { type: 'shelly_gen1', topic: 'shellies/+/relay/0/power', siblings: [] },
  {
    type: 'tasmota',
    topic: 'tele/x/SENSOR',
    siblings: [
      'tele/x/LWT',
      'tele/x/STATE',
      'stat/x/POWER',
      'stat/x/RESULT',
      'stat/x/STATUS10',
      'stat/x/STATUS8',
    ],
  },
  {
    type: 'tasmota',
    topic: 'hall/x/tele/SENSOR',
    channel: 1,
    siblings: ['LWT', 'STATE']
      .map((t) => `hall/x/tele/${t}`)
      .concat(['POWER', 'RESULT', 'STATUS10', 'STATUS8', 'POWER2'].map((t) => `hall/x/stat/${t}`)),
  },
  {
    type: 'tasmota',
    topic: 'tele/x/+',
    siblings: ['stat/x/POWER', 'stat/x/RESULT', 'stat/x/STATUS10', 'stat/x/STATUS8'],
  },
  { type: 'tasmota', topic: 'tele/x/#', siblings: [] },
  { type: 'tasmota', topic: 'tele/+/SENSOR', siblings: [] },
  { type: 'tasmota', topic: 'x/SENSOR', siblings: [] },
  {
    type: 'zigbee2mqtt',
    topic: 'z/lathe',
    channel: 2,
    siblings: ['z/lathe/availability', 'z/bridge/state'],
  },
  {
    type: 'zigbee2mqtt',
    topic: 'home/z/hall/lathe',
    siblings: ['home/z/hall/lathe/availability'].concat(
      ['home', 'home/z', 'home/z/hall'].map((base) => `${base}/bridge/state`),
    ),
  },
  {
    type: 'zigbee2mqtt',
    topic: 'z/lathe/power',
    siblings: ['z/bridge/state'].concat(
      ['availability', 'energy', 'voltage', 'current', 'state'].map((t) => `z/lathe/${t}`),
    ),
  },
  {
    type: 'zigbee2mqtt',
    topic: 'z/lathe/power_l2',
    siblings: ['z/bridge/state'].concat(
      ['availability', 'energy_l2', 'voltage_l2', 'current_l2', 'state_l2', 'voltage'].map(
        (t) => `z/lathe/${t}`,
      ),
    ),
  },
  {
    type: 'zigbee2mqtt',
    topic: 'z/lathe/power',
    channel: 1,
    siblings: ['z/bridge/state', 'z/lathe/availability', 'z/lathe/power_l1'].concat(
      ['energy', 'voltage', 'current', 'state'].flatMap((t) => [`z/lathe/${t}_l1`, `z/lathe/${t}`]),
    ),
  },
  { type: 'zigbee2mqtt', topic: 'z/lathe/#', siblings: ['z/bridge/state'] },
  { type: 'zigbee2mqtt', topic: 'z/#', siblings: [] },
  { type: 'zigbee2mqtt', topic: 'z/+', siblings: [] },
  { type: 'zigbee2mqtt', topic: 'z/+/power', siblings: [] },
  { type: 'zigbee2mqtt', topic: 'lathe', siblings: [] },
  { type: 'zigbee2mqtt', topic: 'z/lathe/set', siblings: [] },
  { type: 'zigbee2mqtt', topic: 'z/lathe/get/power', siblings: [] },
  { type: 'zigbee2mqtt', topic: 'z/lathe/availability', siblings: [] },
  { type: 'zigbee2mqtt', topic: 'z/bridge/health', siblings: [] },
  { type: 'esphome', topic: 'lathe/sensor/power/state', siblings: ['lathe/status'] },
  { type: 'esphome', topic: 'a/sensor/b/sensor/power/state', siblings: ['a/sensor/b/status'] },
  {
    type: 'esphome',
    topic: 'lathe/sensor/+/state',
    options: {
      power: { topic: 'lathe/sensor/p/state' },
      energy: { topic: 'other/sensor/e/state' },
      relay: { topic: 'lathe/switch/r/state' },
    },
    siblings: ['lathe/status', 'other/sensor/e/state', 'lathe/switch/r/state'],
  },
  { type: 'esphome', topic: 'lathe/sensor/#', siblings: ['lathe/status'] },
  { type: 'esphome', topic: 'lathe/#', siblings: [] },
  { type: 'esphome', topic: '+/sensor/power/state', siblings: [] },
  { type: 'esphome', topic: 'lathe/power', options: { energy: { topic: 'e/#' } }, siblings: [] },
  {
    type: 'openbeken',
    topic: 'hall/saw/power/get',
    siblings: ['connected', 'voltage/get', 'current/get', 'energycounter/get', '1/get'].map(
      (t) => `hall/saw/${t}`,
    ),
  },
  {
    type: 'openbeken',
    topic: 'saw/+/get',
    channel: 3,
    siblings: ['saw/connected'],
  },
  {
    type: 'openbeken',
    topic: 'tele/saw/SENSOR',
    channel: 2,
    siblings: ['saw/connected', 'tele/saw/LWT', 'tele/saw/STATE'].concat(
      ['POWER', 'RESULT', 'STATUS10', 'STATUS8', 'POWER2'].map((t) => `stat/saw/${t}`),
    ),
  },
  { type: 'openbeken', topic: 'saw/#', siblings: [] },
  { type: 'openbeken', topic: '+/power/get', siblings: [] },
  { type: 'openbeken', topic: 'saw/power', siblings: [] },
  {
    type: 'ha_statestream',
    topic: 'ha/sensor/p/state',
    siblings: ['ha/sensor/p/unit_of_measurement'],
  },
  {
    type: 'ha_statestream',
    topic: 'ha/sensor/p/state',
    options: {
      power: { unit: 'kW' },
      energy: { topic: 'ha/sensor/e/state' },
      voltage: { topic: 'ha/sensor/u/state', unit: 'V' },
      current: { topic: 'ha/sensor/+/state' },
      relay: { topic: 'ha/switch/s/state' },
    },
    siblings: [
      'ha/sensor/e/state',
      'ha/sensor/e/unit_of_measurement',
      'ha/sensor/u/state',
      'ha/switch/s/state',
    ],
  },
  { type: 'ha_statestream', topic: 'ha/sensor/p/#', siblings: [] },
  { type: 'ha_statestream', topic: 'ha/sensor/+/state', siblings: [] },
  { type: 'generic', topic: 'a', siblings: [] },
  {
    type: 'generic',
    topic: 'a/#',
    options: { power: {}, energy: { topic: 'b/e' }, voltage: { topic: 'b/e' }, relay: { topic: 'a/r' } },
    siblings: ['b/e'],
  },
  { type: 'generic', topic: 'a', options: { energy: { topic: 'b/#' } }, siblings: [] },
];
for (const { type, topic, channel, options = {}, siblings: expected } of siblings) {
  test(`siblings of ${topic} for ${type}${channel === undefined ? '' : `, channel ${channel}`}`, () => {
    const found = parserOf(type)?.siblingTopics(topic, options, channel) ?? [];
    assert.deepEqual([...found].sort(), [...expected].sort());
    for (const sibling of found) {
      assert.equal(topicFilterProblem(sibling), null);
      assert.equal(topicMatches(topic, sibling), false, `${sibling} is subscribed already`);
    }
  });
}
