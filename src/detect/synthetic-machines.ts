import type { Input } from './detector.ts';
import { readingAt, T0 } from './timeline.ts';

/** The machine draws `powerW` for `seconds`, with `noise` as a share, and says so every `every` seconds. */
type Phase = { seconds: number; powerW: number; noise?: number; every?: number };
type Random = () => number;

const MINUTE = 60;
export const HOUR = 3600;

export function* play(phases: Iterable<Phase>, random: Random): Generator<Input> {
  let at = T0;
  for (const { seconds, powerW, noise = 0.03, every = 1 } of phases) {
    for (let second = 0; second < seconds; second += every) {
      const measured = Math.round(powerW * (1 + noise * (2 * random() - 1)) * 10) / 10;
      yield { kind: 'reading', reading: readingAt(at, { powerW: measured }) };
      at += Math.min(every, seconds - second) * 1000;
    }
  }
}

/** `times` of what `day` draws. */
export function* repeat(times: number, day: () => Phase[]): Generator<Phase> {
  for (let i = 0; i < times; i++) yield* day();
}

export const between = (random: Random, from: number, to: number) =>
  Math.round(from + (to - from) * random());
export const cycle = (times: number, ...phases: Phase[]) =>
  Array.from({ length: times }, () => phases).flat();

/** A machine by what it draws; `random` is seeded. */
export type Machine = (random: Random) => Iterable<Phase>;

export const laserCutter: Machine = (random) =>
  repeat(12, () => [
    { seconds: 2 * HOUR, powerW: 0.8, noise: 0.4, every: 30 },
    { seconds: between(random, 5, 15) * MINUTE, powerW: 12.5, noise: 0.1, every: 5 },
    { seconds: 1, powerW: 1900 },
    { seconds: between(random, 10, 25) * MINUTE, powerW: 480, noise: 0.85 },
    { seconds: 10 * MINUTE, powerW: 12.5, noise: 0.1, every: 5 },
  ]);

export const mill: Machine = (random) =>
  repeat(10, () => [
    { seconds: 3 * HOUR, powerW: 0, every: 60 },
    { seconds: 20 * MINUTE, powerW: 45, every: 10 },
    ...cycle(
      4,
      { seconds: 1, powerW: 4500 },
      { seconds: 2 * MINUTE, powerW: 320, noise: 0.1 },
      { seconds: between(random, 200, 400), powerW: 1100, noise: 0.6 },
      { seconds: 5 * MINUTE, powerW: 46 },
      // The contactor drops out for a moment.
      { seconds: between(random, 4, 9), powerW: 0 },
      { seconds: 3 * MINUTE, powerW: 45 },
    ),
  ]);

export const printer: Machine = (random) =>
  repeat(9, () => [
    { seconds: 4 * HOUR, powerW: 0.9, noise: 0.2, every: 60 },
    { seconds: 15 * MINUTE, powerW: 8, noise: 0.05, every: 10 },
    ...cycle(
      between(random, 80, 160),
      { seconds: between(random, 8, 14), powerW: 260, noise: 0.04 },
      { seconds: between(random, 12, 25), powerW: 62, noise: 0.08 },
    ),
    { seconds: 20 * MINUTE, powerW: 8, noise: 0.05, every: 10 },
  ]);

export const compressor: Machine = (random) =>
  repeat(150, () => [
    { seconds: between(random, 240, 900), powerW: 0, every: 60 },
    { seconds: 1, powerW: 8000 },
    { seconds: between(random, 60, 90), powerW: 2200, noise: 0.05 },
  ]);

export const washer: Machine = (random) =>
  repeat(10, () => [
    { seconds: 3 * HOUR, powerW: 0.5, noise: 0.1, every: 60 },
    { seconds: 5 * MINUTE, powerW: 3, noise: 0.05, every: 10 },
    { seconds: between(random, 8, 12) * MINUTE, powerW: 2050, noise: 0.02 },
    ...cycle(60, { seconds: 12, powerW: 210, noise: 0.4 }, { seconds: 5, powerW: 6, noise: 0.1 }),
    { seconds: 10 * MINUTE, powerW: 3, noise: 0.05, every: 10 },
  ]);

export const pump: Machine = (random) =>
  repeat(25, () => [
    { seconds: between(random, 40, 80) * MINUTE, powerW: 1.1, noise: 0.5, every: 20 },
    { seconds: between(random, 5, 20) * MINUTE, powerW: 420, noise: 0.7 },
  ]);

export const alwaysOn: Machine = () =>
  repeat(30, () => [{ seconds: HOUR, powerW: 275, noise: 0.2, every: 5 }]);

export const thermostat: Machine = () =>
  repeat(1500, () => [
    { seconds: 14, powerW: 255, noise: 0.03 },
    { seconds: 25, powerW: 62, noise: 0.05 },
  ]);

export const narrow: Machine = (random) =>
  repeat(12, () => [
    { seconds: 2 * HOUR, powerW: 22, noise: 0.02, every: 30 },
    { seconds: between(random, 10, 30) * MINUTE, powerW: 36, noise: 0.04, every: 2 },
  ]);

export const lazy: Machine = () => [
  { seconds: 5 * HOUR, powerW: 0.4, noise: 0.1, every: 60 },
  { seconds: 10 * MINUTE, powerW: 700, noise: 0.3 },
  { seconds: HOUR, powerW: 0.4, noise: 0.1, every: 60 },
];

export const blipping: Machine = (random) =>
  repeat(20, () => [
    { seconds: HOUR, powerW: 0.5, noise: 0.1, every: 30 },
    { seconds: between(random, 4, 6), powerW: 90 },
    { seconds: HOUR, powerW: 0.5, noise: 0.1, every: 30 },
    { seconds: 15 * MINUTE, powerW: 600, noise: 0.2 },
  ]);
