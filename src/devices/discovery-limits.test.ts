import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Sighting } from '../model/discovery.ts';
import type { Message } from '../model/message.ts';
import { discovering } from './discovery-harness.ts';

const METER = 'tele/lathe/SENSOR';
const CONFIGURED = 'tele/saw/SENSOR';

/** Takes every `tele/…` for a meter. */
function ofTasmota({ topic }: Pick<Message, 'topic'>): Sighting | null {
  const meter = { parserType: 'tasmota', mqttTopic: topic };
  return topic.startsWith('tele/') ? { meters: [meter], values: { powerW: 1 } } : null;
}

test('a topic that told of nothing is looked at after 5, 20, 80, 320 s, then every 10 min', () => {
  const { hear, looks, clock } = discovering({ sightingOf: ofTasmota });
  const at: number[] = [];
  for (let second = 0; second <= 1800; second += 1) {
    hear('hall/temperature', '{"celsius":21}');
    if (looks.length > at.length) at.push(second);
    clock.advance(1000);
  }
  assert.deepEqual(at, [0, 5, 25, 105, 425, 1025, 1625]);
});

test('a meter that speaks often is read every 2 s and counted always; a configured one hardly ever', () => {
  const { hear, list, looks, clock, taken } = discovering({ sightingOf: ofTasmota });
  taken.add(CONFIGURED);
  for (let n = 0; n < 100; n += 1) {
    hear(METER, String(n));
    hear(CONFIGURED, '1', { configured: true });
    clock.advance(100);
  }
  assert.equal(looks.filter((topic) => topic === METER).length, 5);
  assert.equal(looks.filter((topic) => topic === CONFIGURED).length, 1);
  assert.equal(list().found[0]?.messages, 100);
});

test('a flood is looked at 2000 times a second and 4 MiB, and keeps the 2000 meters last heard', () => {
  const { hear, list, looks, clock } = discovering({ sightingOf: ofTasmota });
  for (let n = 0; n < 50_000; n += 1) hear(`noise/${n}`, '{}');
  assert.equal(looks.length, 2000);
  clock.advance(1000);
  const large = ' '.repeat(1_000_000);
  for (let n = 0; n < 100; n += 1) hear(`large/${n}`, large);
  assert.equal(looks.length, 2004);
  for (let second = 0; second < 5; second += 1) {
    clock.advance(1000);
    for (let n = 0; n < 1000; n += 1) hear(`tele/m${1000 * second + n}/SENSOR`, '1');
  }
  assert.equal(list().total, 2000);
  assert.deepEqual([list('m2999').total, list('m3000').total, list('m4999').total], [0, 1, 1]);
});

test('an announcement of thousands gives 500; a topic of 10 000 characters gives none', () => {
  const meters = Array.from({ length: 5000 }, (_, n) => ({
    parserType: 'zigbee2mqtt',
    mqttTopic: `zigbee2mqtt/plug ${n}`,
  }));
  const { hear, list } = discovering({
    sightingOf: (message) => (message.topic === 'devices' ? { meters, values: null } : ofTasmota(message)),
  });
  hear('devices', '[]');
  assert.equal(list().total, 500);
  hear(`tele/${'x'.repeat(10_000)}/SENSOR`, '1');
  assert.equal(list().total, 500);
});

test('a recognition that fails is logged once a minute and ends nothing', () => {
  const { hear, list, lines, clock } = discovering({
    sightingOf: (message) => {
      if (message.topic.startsWith('bad')) throw new Error('mistake');
      return ofTasmota(message);
    },
  });
  for (let n = 0; n < 100; n += 1) hear(`bad/${n}`, 'x');
  hear(METER, '1');
  assert.equal(lines.filter((line) => line.includes('discovery_failed')).length, 1);
  assert.equal(list().total, 1);
  clock.advance(60_000);
  hear('bad/again', 'x');
  assert.equal(lines.filter((line) => line.includes('discovery_failed')).length, 2);
});
