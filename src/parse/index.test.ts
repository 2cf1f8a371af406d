import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ParserDevice, ParserOptions } from '../model/device.ts';
import type { Message } from '../model/message.ts';
import { PARSERS, parserOf, parserTypes } from './index.ts';

test('types and aliases name parsers, each only one', () => {
  assert.deepEqual(
    parserTypes(),
    PARSERS.map(({ type }) => type),
  );
  assert.equal(parserOf('statestream'), parserOf('ha_statestream'));
  assert.equal(parserOf('shelly_pm_mini_g3'), parserOf('shelly_pm'));
  assert.equal(parserOf('shelly_gen2'), parserOf('shelly_pm'));
  assert.equal(parserOf('generic_json'), parserOf('generic'));
  assert.equal(parserOf('toString'), undefined);
  const names = PARSERS.flatMap(({ type, aliases }) => [type, ...aliases]);
  assert.equal(new Set(names).size, names.length);
});

const options: ParserOptions = {
  power: { path: '$.p', unit: 'kW', scale: 3 },
  energy: { topic: 'dev/energy', unit: 'Wh' },
  relay: { path: '/r', on: ['ON', 1] },
  ts: { path: '$.t', format: 'iso' },
  decimal_comma: true,
};

const tails = `status/pm1:0 status/switch:1 status/em:0 status/emdata:0 status/sys events/rpc online
  relay/0 relay/0/power relay/0/energy relay/power emeter/1/total announce energy
  tele/x/SENSOR tele/x/STATE tele/x/LWT stat/x/POWER stat/x/POWER2 stat/x/STATUS10
  bridge/state x/availability x/power x/state_l1 sensor/p/state status
  sensor/p/unit_of_measurement power/get energycounter/get 1/get connected bridge/rpc`;
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
    .constantFrom('on', 'off', 'true', 'Online', 'nan', '118.4', '{"p":nan}', 'online', 'OFF')
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
        fc.oneof(anyValue, known(['Power', 'Total', 'ConsumptionTotal'], anyValue)),
      ),
      known(['p', 'r', 't', 'power', 'energy', 'relay'], anyValue),
      fc.record({
        id: fc.constant(1),
        result: fc.oneof(anyValue, status, known(['switch:1', 'pm1:0'], status)),
      }),
      known(['power', 'power_l1', 'state', 'state_l1', 'last_seen', 'current', 'update'], anyValue),
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
