import type { DeviceFamilyName } from './families/registry.ts';

/** From – to: drawn anew each time. */
type Range = readonly [from: number, to: number];

/** One stretch of a machine's day. */
export type Step = {
  powerW: Range;
  seconds: Range;
  /** The plug's relay; missing: on. */
  relay?: 'off';
  /** The meter loses its connection without a word and is away for this step. */
  dropout?: true;
};

/** How often a bad meter errs, as a share of its messages. */
export type Flaws = {
  /** Says the same twice. */
  repeat: number;
  /** Says something that is no reading. */
  junk: number;
  /** Its energy counter reads a tenth, once. */
  glitch: number;
};

/** A machine of the demo: its meter, its thresholds and what it does, over and over. */
export type Machine = {
  deviceId: string;
  machineName: string;
  family: DeviceFamilyName;
  parserType: string;
  topic: string;
  standbyW: number;
  workingW: number;
  ratedW: number;
  /** The counter when the demo starts. */
  energyKwh: number;
  steps: readonly Step[];
  flaws?: Flaws;
};

/** What a switched-off machine draws: its meter and its power supply. */
const OFF_W: Range = [0.3, 0.6];

/**
 * The six machines of the demo. Each begins with a session, of 10 to 40 s, and is off long enough between
 * two of them for a stop debounce of 3 s.
 */
export const machines: readonly Machine[] = [
  {
    deviceId: 'cnc-mill',
    machineName: 'CNC mill',
    family: 'shelly',
    parserType: 'shelly_pm',
    topic: 'shellypmminig3-0a1b2c3d4e01/status/pm1:0',
    standbyW: 20,
    workingW: 200,
    ratedW: 2000,
    energyKwh: 812.406,
    steps: [
      { powerW: [55, 70], seconds: [3, 5] },
      { powerW: [800, 1500], seconds: [7, 12] },
      { powerW: [90, 130], seconds: [2, 3] },
      { powerW: [600, 1100], seconds: [5, 9] },
      { powerW: OFF_W, seconds: [8, 14] },
    ],
  },
  {
    deviceId: 'laser-cutter',
    machineName: 'Laser cutter',
    family: 'tasmota',
    parserType: 'tasmota',
    topic: 'tele/laser-cutter/SENSOR',
    standbyW: 15,
    workingW: 150,
    ratedW: 600,
    energyKwh: 94.118,
    steps: [
      { powerW: [40, 50], seconds: [3, 4] },
      { powerW: [250, 400], seconds: [5, 9] },
      { powerW: [40, 50], seconds: [2, 4] },
      { powerW: [280, 420], seconds: [4, 8] },
      { powerW: OFF_W, seconds: [7, 12] },
    ],
  },
  {
    deviceId: '3d-printer',
    machineName: '3D printer',
    family: 'shelly',
    parserType: 'shelly_pm',
    topic: 'shellypmminig3-0a1b2c3d4e02/status/pm1:0',
    standbyW: 8,
    workingW: 100,
    ratedW: 350,
    energyKwh: 41.87,
    steps: [
      { powerW: [180, 260], seconds: [4, 6] },
      { powerW: [25, 35], seconds: [16, 22] },
      { powerW: [140, 200], seconds: [3, 5] },
      { powerW: OFF_W, seconds: [8, 12] },
    ],
  },
  {
    deviceId: 'table-saw',
    machineName: 'Table saw',
    family: 'generic',
    parserType: 'generic',
    topic: 'messages/table-saw/attribute',
    standbyW: 20,
    workingW: 300,
    ratedW: 3000,
    energyKwh: 156.02,
    steps: [
      { powerW: [1800, 2300], seconds: [4, 6] },
      { powerW: OFF_W, seconds: [1, 2] },
      { powerW: [1900, 2500], seconds: [3, 5] },
      { powerW: OFF_W, seconds: [1, 2] },
      { powerW: [1800, 2200], seconds: [2, 4] },
      { powerW: OFF_W, seconds: [9, 16] },
    ],
  },
  {
    deviceId: 'compressor',
    machineName: 'Compressor',
    family: 'tasmota',
    parserType: 'tasmota',
    topic: 'tele/compressor/SENSOR',
    standbyW: 30,
    workingW: 400,
    ratedW: 1800,
    energyKwh: 1204.661,
    steps: [
      { powerW: [1150, 1300], seconds: [11, 18] },
      { powerW: [0, 0], seconds: [7, 11], relay: 'off' },
    ],
  },
  {
    deviceId: 'lathe',
    machineName: 'Lathe',
    family: 'shelly',
    parserType: 'shelly_pm',
    topic: 'shellypmminig3-0a1b2c3d4e03/status/pm1:0',
    standbyW: 20,
    workingW: 200,
    ratedW: 1500,
    energyKwh: 377.93,
    steps: [
      { powerW: [500, 900], seconds: [10, 14] },
      { powerW: OFF_W, seconds: [6, 9] },
      { powerW: [500, 900], seconds: [6, 8] },
      { powerW: [500, 900], seconds: [18, 20], dropout: true },
      { powerW: OFF_W, seconds: [6, 9] },
    ],
    flaws: { repeat: 0.08, junk: 0.08, glitch: 0.03 },
  },
];

/** One second of a machine's life. */
export type MachineSecond = { powerW: number; relay: 'on' | 'off'; dropout: boolean };

/** The life of a machine, second by second, without end. `random` gives a number in [0, 1). */
export function* liveMachine(steps: readonly Step[], random: () => number): Generator<MachineSecond, never> {
  const draw = ([from, to]: Range) => from + random() * (to - from);
  for (;;) {
    for (const step of steps) {
      const seconds = Math.round(draw(step.seconds));
      const powerW = draw(step.powerW);
      for (let s = 0; s < seconds; s++) {
        yield { powerW, relay: step.relay ?? 'on', dropout: step.dropout ?? false };
      }
    }
  }
}
