import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ParserDevice } from '../model/device.ts';
import { topicMatches, topicNameProblem } from '../model/topic.ts';
import { PARSERS, parserOf } from './index.ts';
import type { Probe } from './parser.ts';

type Row = { type: string; topic: string; channel?: ParserDevice['channel']; probe: Probe | null };

const gen2 = (prefix: string, request: object): Probe => ({
  topic: `${prefix}/rpc`,
  payload: JSON.stringify({ id: 1, src: `${prefix}/bridge`, ...request }),
  answerTopic: `${prefix}/bridge/rpc`,
});
const power = (device: string, suffix = ''): Probe => ({
  topic: `${device}/get`,
  payload: `{"power${suffix}":""}`,
});
const status = (method: string, id: number) => ({ method: `${method}.GetStatus`, params: { id } });

const ROWS: Row[] = [
  { type: 'shelly_pm', topic: 'a/b/status/pm1:0', probe: gen2('a/b', status('PM1', 0)) },
  { type: 'shelly_pm', topic: 'x/status/switch:1', probe: gen2('x', status('Switch', 1)) },
  { type: 'shelly_pm', topic: 'x/status/switch:0', channel: 3, probe: gen2('x', status('Switch', 3)) },
  { type: 'shelly_pm', topic: 'x/status/em:0', channel: 'b', probe: gen2('x', status('EM', 0)) },
  { type: 'shelly_pm', topic: 'x/status/emdata:0', probe: gen2('x', status('EM', 0)) },
  { type: 'shelly_pm', topic: 'x/status/em1:2', probe: gen2('x', status('EM1', 2)) },
  { type: 'shelly_pm', topic: 'x/status/cover:0', probe: gen2('x', status('Cover', 0)) },
  { type: 'shelly_pm', topic: 'x/status/light:0', probe: gen2('x', status('Light', 0)) },
  { type: 'shelly_pm', topic: 'x/events/rpc', probe: gen2('x', { method: 'Shelly.GetStatus' }) },
  { type: 'shelly_pm', topic: 'x/events/rpc', channel: 1, probe: gen2('x', { method: 'Shelly.GetStatus' }) },
  { type: 'shelly_pm', topic: 'x/events/rpc', channel: 'total', probe: gen2('x', status('EM', 0)) },
  { type: 'shelly_pm', topic: 'x/status/+', probe: null },
  { type: 'shelly_pm', topic: 'x/#', probe: null },
  { type: 'shelly_pm', topic: '+/status/pm1:0', probe: null },
  { type: 'shelly_pm', topic: 'lathe/power', probe: null },
  {
    type: 'shelly_gen1',
    topic: 'shellies/saw/relay/0/power',
    probe: { topic: 'shellies/saw/command', payload: 'update' },
  },
  {
    type: 'shelly_gen1',
    topic: 'hall/shellies/saw/emeter/2/total',
    probe: { topic: 'hall/shellies/saw/command', payload: 'update' },
  },
  { type: 'shelly_gen1', topic: 'shellies/saw/relay/0/#', probe: null },
  { type: 'shelly_gen1', topic: 'shellies/+/relay/0/power', probe: null },
  // `shellies/command` would ask every device of the house.
  { type: 'shelly_gen1', topic: 'shellies/relay/0', probe: null },
  { type: 'tasmota', topic: 'tele/lathe/SENSOR', probe: { topic: 'cmnd/lathe/Status', payload: '10' } },
  {
    type: 'tasmota',
    topic: 'hall/lathe/tele/SENSOR',
    channel: 1,
    probe: { topic: 'hall/lathe/cmnd/Status', payload: '10' },
  },
  { type: 'tasmota', topic: 'stat/lathe/POWER', probe: { topic: 'cmnd/lathe/Status', payload: '10' } },
  { type: 'tasmota', topic: 'tele/+/SENSOR', probe: null },
  { type: 'tasmota', topic: 'tele/lathe/#', probe: null },
  { type: 'tasmota', topic: 'tele/SENSOR', probe: null },
  { type: 'tasmota', topic: 'lathe/SENSOR', probe: null },
  { type: 'zigbee2mqtt', topic: 'z/lathe', probe: power('z/lathe') },
  { type: 'zigbee2mqtt', topic: 'home/z/hall/lathe', probe: power('home/z/hall/lathe') },
  { type: 'zigbee2mqtt', topic: 'z/lathe', channel: 1, probe: power('z/lathe', '_l1') },
  { type: 'zigbee2mqtt', topic: 'z/lathe', channel: 0, probe: power('z/lathe') },
  { type: 'zigbee2mqtt', topic: 'z/lathe', channel: 'total', probe: power('z/lathe') },
  { type: 'zigbee2mqtt', topic: 'z/lathe', channel: 'b', probe: power('z/lathe', '_b') },
  { type: 'zigbee2mqtt', topic: 'z/lathe/power', probe: power('z/lathe') },
  { type: 'zigbee2mqtt', topic: 'z/lathe/power_l2', probe: power('z/lathe', '_l2') },
  { type: 'zigbee2mqtt', topic: 'z/lathe/power_l2', channel: 1, probe: power('z/lathe', '_l1') },
  { type: 'zigbee2mqtt', topic: 'z/lathe/#', probe: null },
  { type: 'zigbee2mqtt', topic: 'z/+', probe: null },
  { type: 'zigbee2mqtt', topic: '+/lathe', probe: null },
  { type: 'zigbee2mqtt', topic: '#', probe: null },
  { type: 'zigbee2mqtt', topic: 'lathe', probe: null },
  { type: 'esphome', topic: 'lathe/sensor/power/state', probe: null },
  { type: 'openbeken', topic: 'hall/saw/power/get', probe: { topic: 'hall/saw/power/get', payload: '' } },
  { type: 'openbeken', topic: 'saw/energycounter/get', probe: { topic: 'saw/power/get', payload: '' } },
  {
    type: 'openbeken',
    topic: 'tele/saw/SENSOR',
    probe: { topic: 'saw/power/get', payload: '', answerTopic: 'saw/power/get' },
  },
  { type: 'openbeken', topic: 'saw/#', probe: null },
  { type: 'ha_statestream', topic: 'ha/sensor/saw/state', probe: null },
  { type: 'generic', topic: 'meters/saw', probe: null },
  { type: 'auto', topic: 'x/status/pm1:0', probe: gen2('x', status('PM1', 0)) },
  { type: 'auto', topic: 'tele/lathe/SENSOR', probe: { topic: 'cmnd/lathe/Status', payload: '10' } },
  { type: 'auto', topic: 'meters/saw', probe: null },
];

for (const { type, topic, channel, probe } of ROWS) {
  const name = `how to ask ${type} on ${topic}${channel === undefined ? '' : `, channel ${channel}`}`;
  test(name, () => {
    assert.deepEqual(parserOf(type)?.probe(topic, {}, channel), probe);
  });
}

test('a question and its answer stay below what the device may use, and the answer is listened to', () => {
  for (const { type, topic, channel, probe } of ROWS) {
    const parser = parserOf(type);
    if (!probe || !parser) continue;
    const own = parser.ownTopics(topic);
    const listened = [topic, ...parser.siblingTopics(topic, {}, channel)];
    assert.equal(topicNameProblem(probe.topic), null);
    for (const used of [probe.topic, probe.answerTopic ?? topic]) {
      assert.ok(
        own.some((filter) => topicMatches(filter, used)),
        `${type} on ${topic}: ${used} is none of ${own.join(', ')}`,
      );
    }
    if (probe.answerTopic !== undefined) {
      assert.ok(!listened.includes(probe.answerTopic), `${probe.answerTopic} is listened to anyway`);
    }
  }
});

test('no family asks a topic with a wildcard', () => {
  for (const { type, probe } of PARSERS) {
    for (const { topic } of ROWS) {
      for (const filter of [`${topic}/#`, `+/${topic}`, '#', '+']) {
        assert.equal(probe(filter, {}), null, `${type} on ${filter}`);
      }
    }
  }
});
