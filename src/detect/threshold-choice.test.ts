import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { breakOf } from './debounce-choice.ts';
import { thresholdBetween } from './threshold-choice.ts';

const THRESHOLDS: [belowW: number, aboveW: number, thresholdW: number, factor: number][] = [
  [1.1, 11, 4, 2.8],
  [0, 2000, 20, 40],
  [14, 60, 30, 2],
  [12.5, 50, 25, 2],
  [10, 12, 11, 1.1],
  [101, 104, 102, 1],
  [0, 0.9, 0.7, 1.3],
  [90, 1100, 300, 3.3],
  [400_000, 900_000, 600_000, 1.5],
];
for (const [belowW, aboveW, thresholdW, factor] of THRESHOLDS) {
  test(`between ${belowW} and ${aboveW} W: ${thresholdW} W`, () => {
    const found = thresholdBetween(belowW, aboveW);
    assert.deepEqual([found.thresholdW, found.margin.factor], [thresholdW, factor]);
  });
}

test('a threshold lies between what it tells apart, and costs little of the room', () => {
  const gap = fc
    .tuple(fc.double({ min: 0.5, max: 1e5, noNaN: true }), fc.double({ min: 1.05, max: 1e4, noNaN: true }))
    .map(([belowW, ratio]) => ({ belowW, aboveW: belowW * ratio }));
  fc.assert(
    fc.property(gap, ({ belowW, aboveW }) => {
      const { thresholdW } = thresholdBetween(belowW, aboveW);
      assert.ok(thresholdW > belowW && thresholdW < aboveW, `${thresholdW}`);
      const room = Math.log(Math.min(thresholdW / belowW, aboveW / thresholdW));
      assert.ok(room >= 0.7 * Math.log(Math.sqrt(aboveW / belowW)), `${thresholdW}`);
    }),
  );
});

const S = 1000;
const BREAKS: [
  what: string,
  lengthsS: number[],
  found: [short: number | null, long: number | null, n: number] | null,
][] = [
  ['none at all', [], [null, null, 0]],
  ['two kinds', [3, 600, 4, 5, 700], [5, 600, 3]],
  ['long ones only', [600, 700, 900], [null, 600, 0]],
  ['short ones only', [6, 8, 10, 9], [10, null, 4]],
  ['of all lengths', [6, 10, 20, 40, 80, 150, 300], null],
  ['what is too short to be seen is no kind of its own', [0.1, 0.5, 1, 600], [1, 600, 3]],
  ['the widest break counts', [6, 30, 40, 100, 3000], [100, 3000, 4]],
  ['a break above what counts as short does not', [600, 6000], [null, 600, 0]],
];
for (const [what, lengthsS, found] of BREAKS) {
  test(`lengths of time: ${what}`, () => {
    const told = breakOf(
      lengthsS.map((seconds) => seconds * S),
      120 * S,
      5 * S,
    );
    const inSeconds = (ms: number | null) => (ms === null ? null : ms / S);
    assert.deepEqual(told && [inSeconds(told.shortMs), inSeconds(told.longMs), told.shorts], found);
  });
}
