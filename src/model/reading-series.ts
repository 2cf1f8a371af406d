/** What a chart of a device asks for; times in ms since the epoch, `fromMs` included, `toMs` not. */
export type ReadingsQuery = {
  deviceId: string;
  fromMs: number;
  toMs: number;
  /** Most points of the answer. */
  pointsMax: number;
  /** A silence longer than this is a gap. */
  gapMs: number;
};

/** The readings of one step of time. */
export type ReadingPoint = {
  /** Where the step begins, or the reading itself when each is a point of its own; ms since the epoch. */
  at: number;
  minW: number;
  maxW: number;
  /** Weighted by time: a power holds until the next reading. */
  avgW: number;
  lastW: number;
  /** The last one heard in the step; voltage and current from readings only, not from minutes. */
  energyTotalKwh?: number;
  voltageV?: number;
  currentA?: number;
};

/** What the small curves of many devices ask for; `fromMs` included, `toMs` not. */
export type CurvesQuery = {
  fromMs: number;
  toMs: number;
  /** So many steps of the same length. */
  points: number;
  /** `gapMs`: a silence longer than this is a gap. */
  devices: readonly { deviceId: string; gapMs: number }[];
};

/** The highest power of a device in each step, W; null: nothing is known of it. */
export type CurvePoints = (number | null)[];

/** The power of a device over a period, oldest first. */
export type ReadingsSeries = {
  /**
   * - readings: each reading is a point.
   * - steps: readings in steps of `stepMs`.
   * - minutes: one-minute sums in steps of `stepMs`; what is left when the readings are gone.
   */
  source: 'readings' | 'steps' | 'minutes';
  /** null: each reading is a point. */
  stepMs: number | null;
  points: ReadingPoint[];
  /** When nothing is known: nobody listened, or the device was silent for longer than `gapMs`. */
  gaps: { fromMs: number; toMs: number }[];
};
