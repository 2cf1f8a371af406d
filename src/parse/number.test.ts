import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Quantity, toNumber, unitsOf } from './number.ts';

const accepted: [raw: unknown, quantity: Quantity, unit: string | undefined, expected: number][] = [
  [120.5, 'power', undefined, 120.5],
  [-0.5, 'power', undefined, -0.5],
  ['120.5', 'power', undefined, 120.5],
  [' 120.5 W', 'power', undefined, 120.5],
  ['+1.2e2', 'power', undefined, 120],
  ['.5', 'power', undefined, 0.5],
  ['5.', 'power', undefined, 5],
  ['2.5E-1', 'power', undefined, 0.25],
  [0.1205, 'power', 'kW', 120.5],
  ['0.1205 kW', 'power', undefined, 120.5],
  ['120.5 W', 'power', 'kW', 120.5],
  [1, 'power', 'mW', 0.001],
  [1, 'power', 'MW', 1_000_000],
  [256.325, 'energy', 'Wh', 0.256325],
  [2, 'energy', 'MWh', 2000],
  [3_600_000, 'energy', 'J', 1],
  [3600, 'energy', 'kJ', 1],
  [3.6, 'energy', 'MJ', 1],
  [60_000, 'energy', 'Wmin', 1],
  [230_000, 'voltage', 'mV', 230],
  [0.4, 'voltage', 'kV', 400],
  [581, 'current', 'mA', 0.581],
  ['50 Hz', 'frequency', undefined, 50],
  ['0.91', 'ratio', undefined, 0.91],
];
for (const [raw, quantity, unit, expected] of accepted) {
  test(`${JSON.stringify(raw)} as ${quantity} in ${unit ?? 'its own unit'} is ${expected}`, () => {
    assert.equal(toNumber(raw, quantity, unit), expected);
  });
}

const refused: [raw: unknown, quantity: Quantity, unit?: string][] = [
  ['', 'power'],
  ['  ', 'power'],
  ['nan', 'power'],
  ['NaN', 'power'],
  ['inf', 'power'],
  ['Infinity', 'power'],
  ['None', 'power'],
  ['null', 'power'],
  ['unavailable', 'power'],
  ['unknown', 'power'],
  ['0x10', 'power'],
  ['1 2', 'power'],
  ['120,5', 'power'],
  ['120.5 A', 'power'],
  ['1e999', 'power'],
  [`${'1'.repeat(65)}`, 'power'],
  [Number.NaN, 'power'],
  [Number.POSITIVE_INFINITY, 'power'],
  [true, 'power'],
  [{ value: 1 }, 'power'],
  [[1], 'power'],
  [1, 'power', 'kw'],
  [1, 'power', 'kWh'],
  [1e306, 'power', 'MW'],
  ['0.91 %', 'ratio'],
];
for (const [raw, quantity, unit] of refused) {
  test(`${String(JSON.stringify(raw)).slice(0, 20)} as ${quantity} in ${unit ?? 'its own unit'} is refused`, () => {
    assert.equal(toNumber(raw, quantity, unit), null);
  });
}

const readComma = (text: string) => toNumber(text, 'power', undefined, true);

test('a decimal comma is read when it is asked for', () => {
  assert.deepEqual([readComma('120,5'), readComma('1,5 kW'), readComma('120.5')], [120.5, 1500, 120.5]);
  assert.deepEqual([readComma('1.234,5'), readComma('1,2,3')], [null, null]);
});

test('the canonical unit comes first', () => {
  const quantities = ['power', 'energy', 'voltage', 'current', 'frequency'] as const;
  assert.deepEqual(
    quantities.map((quantity) => unitsOf(quantity)[0]),
    ['W', 'kWh', 'V', 'A', 'Hz'],
  );
});
