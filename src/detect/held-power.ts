import type { DetectorOptions } from '../model/device.ts';
import type { Reading } from '../model/reading.ts';
import type { Input } from './detector.ts';
import { signedPowerW } from './levels.ts';

/** What is made of a log of readings. */
export type HeldPowerSink = {
  /** `powerW` held for `ms`. */
  held(powerW: number, ms: number): void;
  /** What comes next does not follow from what was: nobody listened, or the device was silent for too long. */
  cut(): void;
  /** So long lay between two signs of life while somebody listened. */
  silence?(ms: number): void;
};

/** Walks a log: a power is taken to hold until the next sign of life, as the detector takes it. */
class Walk {
  readonly #options: DetectorOptions;
  readonly #holdMsMax: number;
  readonly #sink: HeldPowerSink;
  #powerW: number | null = null;
  #heardAt: number | null = null;
  #isLost = false;

  constructor(options: DetectorOptions, holdMsMax: number, sink: HeldPowerSink) {
    this.#options = options;
    this.#holdMsMax = holdMsMax;
    this.#sink = sink;
  }

  take(input: Input): void {
    switch (input.kind) {
      case 'reading':
        return this.#read(input.reading);
      case 'link_lost':
        if (!this.#isLost) this.#hold(input.steadyAt);
        return this.#cut(true);
      case 'restarted':
        if (!this.#isLost && input.heardSteadyAt !== null) this.#hold(input.heardSteadyAt);
        return this.#cut(true);
      case 'removed':
        if (!this.#isLost) this.#hold(input.steadyAt);
        return this.#cut(this.#isLost);
      case 'link_back':
        this.#isLost = false;
    }
  }

  /** What a broker kept while nobody listened is left out: only the order of it is certain. */
  #read(reading: Reading): void {
    if (this.#isLost || reading.retained || reading.presence) return;
    this.#hold(reading.steadyAt);
    this.#heardAt = reading.steadyAt;
    if (reading.powerW !== undefined) this.#powerW = signedPowerW(reading.powerW, this.#options);
  }

  #hold(until: number): void {
    if (this.#heardAt === null) return;
    const ms = until - this.#heardAt;
    if (ms < 0) return this.#sink.cut();
    this.#sink.silence?.(ms);
    if (this.#powerW !== null) this.#sink.held(this.#powerW, Math.min(ms, this.#holdMsMax));
    if (ms > this.#holdMsMax) this.#sink.cut();
  }

  #cut(isLost: boolean): void {
    this.#isLost = isLost;
    this.#powerW = null;
    this.#heardAt = null;
    this.#sink.cut();
  }
}

/**
 * Tells `sink` what power a machine drew and for how long, in the order of the log.
 * @param holdMsMax a power holds no longer than this when nothing is heard
 * @returns how many inputs were readings
 */
export function observePower(
  inputs: Iterable<Input>,
  options: DetectorOptions,
  holdMsMax: number,
  sink: HeldPowerSink,
): number {
  const walk = new Walk(options, holdMsMax, sink);
  let readings = 0;
  for (const input of inputs) {
    if (input.kind === 'reading') readings++;
    walk.take(input);
  }
  return readings;
}
