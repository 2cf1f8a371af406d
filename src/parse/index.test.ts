import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ParserDevice, ParserOptions } from '../model/device.ts';
import type { Message } from '../model/message.ts';
import { topicFilterProblem, topicMatches } from '../model/topic.ts';
import { PARSERS, parserOf, parserTypes } from './index.ts';

test('types and aliases name parsers, each only one', () => {
  assert.deepEqual(parserTypes(), ['shelly_pm', 'shelly_gen1', 'tasmota', 'generic']);
  assert.equal(parserOf('shelly_pm_mini_g3'), parserOf('shelly_pm'));
  assert.equal(parserOf('shelly_gen2'), parserOf('shelly_pm'));
  assert.equal(parserOf('generic_json'), parserOf('generic'));
  assert.equal(parserOf('toString'), undefined);
  const names = PARSERS.flatMap(({ type, aliases }) => [type, ...aliases]);
  assert.equal(new Set(names).size, names.length);
});

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

const options: ParserOptions = {
  power: { path: '$.p', unit: 'kW', scale: 3 },
  energy: { topic: 'dev/energy', unit: 'Wh' },
  relay: { path: '/r', on: ['ON', 1] },
  ts: { path: '$.t', format: 'iso' },
  decimal_comma: true,
};

const tails = `status/pm1:0 status/switch:1 status/em:0 status/emdata:0 status/sys events/rpc online
  relay/0 relay/0/power relay/0/energy relay/power emeter/1/total announce energy
  tele/x/SENSOR tele/x/STATE tele/x/LWT stat/x/POWER stat/x/POWER2 stat/x/STATUS10`;
const topicTail = fc.oneof(fc.constantFrom(...tails.split(/\s+/)), fc.string());

/** Objects with the keys that parsers look for, and values that they should not trust. */
const anyValue = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom('nan', '1e999', '12 W', 'ON', -1, 1e300, 5, 0, true, false),
);
const known = (keys: string[], value: fc.Arbitrary<unknown>) =>
  fc.dictionary(fc.constantFrom(...keys), value);
const status = known(
  [
    'apower',
    'voltage',
    'aenergy',
    'ret_aenergy',
    'output',
    'total_act_power',
    'total_act',
    'a_pf',
    '__proto__',
  ],
  fc.oneof(anyValue, known(['total', 'minute_ts'], anyValue)),
);
const payload = fc.oneof(
  fc.uint8Array().map((bytes) => Buffer.from(bytes)),
  fc
    .constantFrom('on', 'off', 'true', 'Online', 'nan', '118.4', '{"p":nan}')
    .map((text) => Buffer.from(text)),
  fc
    .oneof(
      anyValue,
      status,
      fc.record({
        method: fc.constantFrom('NotifyStatus', 'NotifyFullStatus', 'NotifyEvent'),
        params: known(
          ['ts', 'pm1:0', 'switch:1', 'em:0', 'emdata:0', 'sys', '__proto__'],
          fc.oneof(anyValue, status),
        ),
      }),
      known(
        ['ENERGY', 'StatusSNS', 'StatusSTS', 'POWER', 'POWER2'],
        fc.oneof(anyValue, known(['Power', 'Total'], anyValue)),
      ),
      known(['p', 'r', 't', 'power', 'energy', 'relay'], anyValue),
    )
    .map((value) => Buffer.from(JSON.stringify(value))),
);
const sent = fc.record({
  tail: topicTail,
  payload,
  afterMs: fc.nat(3000),
  retained: fc.boolean(),
});
const channel = fc.constantFrom(null, 0, 1, 'total' as const, 'b' as const);

for (const parser of PARSERS) {
  test(`${parser.type}: whatever comes, nothing is thrown, numbers are finite and the memory is JSON`, () => {
    const property = fc.property(
      fc.array(sent, { maxLength: 8 }),
      channel,
      fc.boolean(),
      (messages, chosen, mapped) => {
        const device: ParserDevice = {
          deviceId: 'device',
          mqttTopic: 'dev/#',
          channel: chosen,
          options: mapped ? options : {},
        };
        let memory = parser.initialMemory();
        let steadyAt = 0;
        for (const { tail, payload: bytes, afterMs, retained } of messages) {
          steadyAt += afterMs;
          const message: Message = {
            topic: `dev/${tail}`,
            payload: bytes,
            receivedAt: 1_769_855_415_000 + steadyAt,
            steadyAt,
            retained,
            qos: 0,
            done: () => {},
          };
          const before = JSON.stringify(memory);
          const outcome = parser.parse(message, device, memory);
          assert.equal(JSON.stringify(memory), before, 'the memory that was handed in is unchanged');
          memory = outcome.memory;
          assert.deepEqual(JSON.parse(JSON.stringify(memory)), memory);
          assert.ok(JSON.stringify(memory).length < 4096, 'the memory stays small');
          for (const reading of outcome.status === 'read' ? outcome.readings : []) {
            for (const value of Object.values(reading)) {
              if (typeof value === 'number') assert.ok(Number.isFinite(value));
            }
            assert.ok((reading.energyTotalKwh ?? 0) >= 0);
          }
        }
      },
    );
    fc.assert(property, { numRuns: 300 });
  });
}
