import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Input } from '../detect/detector.ts';
import type { Reading } from '../model/reading.ts';
import { InputDecoder } from './reading-decoder.ts';
import { InputEncoder } from './reading-encoder.ts';

const T0 = Date.UTC(2026, 0, 31, 10);

function encoded(inputs: readonly Input[]): Uint8Array {
  const encoder = new InputEncoder();
  for (const input of inputs) encoder.encode(input);
  return encoder.take();
}

/** Times as clocks tell them, and such as no clock would. */
const time = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: T0, max: T0 + 10_000 }) },
  { weight: 1, arbitrary: fc.maxSafeInteger() },
  { weight: 1, arbitrary: fc.double({ noNaN: true }) },
);
/** Numbers as meters write them, and such as no meter would. */
const value = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: -50_000, max: 500_000 }).map((n) => n / 100) },
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 100_000_000 }).map((n) => n / 1e6) },
  { weight: 2, arbitrary: fc.double({ noNaN: true }) },
  { weight: 1, arbitrary: fc.constantFrom(-0, 0, 1e300, -1e300, 5e-324, 2 ** 53, 0.1 + 0.2) },
);
const reading = fc.record(
  {
    receivedAt: time,
    steadyAt: time,
    retained: fc.boolean(),
    qos: fc.constantFrom(0, 1, 2),
    deviceTime: time,
    deviceTimePrecisionMs: fc.constantFrom(0, 1000, 60_000),
    powerW: value,
    voltageV: value,
    currentA: value,
    frequencyHz: value,
    energyTotalKwh: value,
    energyReturnedKwh: value,
    apparentVa: value,
    reactiveVar: value,
    powerFactor: value,
    relay: fc.constantFrom('on', 'off'),
    presence: fc.constantFrom('online', 'offline'),
  },
  { requiredKeys: ['receivedAt', 'steadyAt', 'retained', 'qos'], noNullPrototype: true },
) as fc.Arbitrary<Reading>;
const turn = fc.record(
  { kind: fc.constantFrom('link_back', 'reconfigured', 'removed'), wallAt: time, steadyAt: time },
  { noNullPrototype: true },
) as fc.Arbitrary<Input>;
const input: fc.Arbitrary<Input> = fc.oneof(
  { weight: 6, arbitrary: reading.map((r): Input => ({ kind: 'reading', reading: r })) },
  { weight: 1, arbitrary: turn },
  { weight: 1, arbitrary: time.map((steadyAt): Input => ({ kind: 'link_lost', steadyAt })) },
  {
    weight: 1,
    arbitrary: fc.tuple(time, time, fc.option(time, { nil: null })).map(
      ([wallAt, steadyAt, heardSteadyAt]): Input => ({
        kind: 'restarted',
        wallAt,
        steadyAt,
        heardSteadyAt,
      }),
    ),
  },
);

test('what was encoded comes back bit by bit, also in several pieces', () => {
  fc.assert(
    fc.property(fc.array(input, { maxLength: 40 }), fc.nat(40), (inputs, cut) => {
      assert.deepStrictEqual(new InputDecoder().decode(encoded(inputs)), inputs);
      const encoder = new InputEncoder();
      const decoder = new InputDecoder();
      const back = [inputs.slice(0, cut), inputs.slice(cut)].flatMap((part) => {
        for (const one of part) encoder.encode(one);
        return decoder.decode(encoder.take());
      });
      assert.deepStrictEqual(back, inputs);
    }),
    { seed: 4, numRuns: 2000 },
  );
});

test('bytes that are cut off are refused, not made up', () => {
  const whole = encoded([
    { kind: 'restarted', wallAt: T0, steadyAt: T0, heardSteadyAt: T0 - 5 },
    {
      kind: 'reading',
      reading: { receivedAt: T0, steadyAt: T0, retained: false, qos: 1, powerW: 0.1 + 0.2, voltageV: 231.4 },
    },
    { kind: 'link_lost', steadyAt: 0.5 },
  ]);
  const boundaries = new Set<number>();
  for (let length = 1; length < whole.length; length++) {
    try {
      boundaries.add(new InputDecoder().decode(whole.subarray(0, length)).length);
    } catch (error) {
      assert.ok(error instanceof RangeError, String(error));
    }
  }
  assert.deepEqual([...boundaries], [1, 2]);
});

/** What a meter sends each second: `jitterMs` of the network, steps of its figures. */
function stream(count: number, values: (i: number) => Partial<Reading>): Input[] {
  const jitterMs = (i: number) => ((i * 7919) % 23) - 11;
  return Array.from({ length: count }, (_, i) => {
    const receivedAt = T0 + i * 1000 + jitterMs(i);
    return {
      kind: 'reading',
      reading: {
        receivedAt,
        steadyAt: receivedAt - (i % 3 === 0 ? 1 : 0),
        retained: false,
        qos: 1,
        ...values(i),
      },
    };
  });
}

const wave = (i: number, period: number) => Math.sin((2 * Math.PI * i) / period);
const SIZES: [name: string, bytesMax: number, values: (i: number) => Partial<Reading>][] = [
  ['power alone', 5, (i) => ({ powerW: Math.round(1200 + 400 * wave(i, 97)) / 10 })],
  [
    'power, energy, voltage, current',
    14,
    (i) => ({
      powerW: Math.round(12_000 + 9000 * wave(i, 97)) / 10,
      energyTotalKwh: (1_234_567 + i * 333) / 1e6,
      voltageV: Math.round(2310 + 15 * wave(i, 31)) / 10,
      currentA: Math.round(5200 + 3900 * wave(i, 97)) / 1000,
    }),
  ],
];
for (const [name, bytesMax, values] of SIZES) {
  test(`a reading of ${name} takes at most ${bytesMax} bytes`, () => {
    const perReading = encoded(stream(256, values)).length / 256;
    assert.ok(perReading <= bytesMax, `${perReading.toFixed(1)} bytes`);
  });
}
