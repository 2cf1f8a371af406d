import type { DetectorOptions } from '../model/device.ts';
import {
  CONFIDENCES,
  type Confidence,
  type PowerCluster,
  type SuggestedConfig,
  type Suggestion,
} from '../model/replay.ts';
import { chooseDebounces } from './debounce-choice.ts';
import type { Input } from './detector.ts';
import { observePower } from './held-power.ts';
import { middleW, PowerHistogram, type PowerRange, rangesOf } from './power-clusters.ts';
import { coarserRuns, type Run, RunCollector, staysOf } from './power-runs.ts';
import { replay } from './replay.ts';
import { compareSessions } from './replay-comparison.ts';
import { chooseTimeoutS, Silences } from './silence-choice.ts';
import {
  clustersSentence,
  dataSentence,
  debounceSentences,
  effectSentence,
  gapSentences,
  lengthOf,
  rangeWords,
  thresholdSentence,
  timeoutSentence,
} from './suggestion-words.ts';
import { type Choice, chooseGaps, gapsOf, thresholdBetween } from './threshold-choice.ts';

/** With less nothing is said at all. */
const HEARD_MS_MIN = 600_000;
const READINGS_MIN = 30;
/** What it takes to be sure. */
const HEARD_MS_SURE = 24 * 3_600_000;
const RISES_SURE = 8;
const RISES_MIN = 3;
const FACTOR_SURE = 2;
const FACTOR_MIN = 1.4;
const STAY_MS_SURE = 30_000;
/** A range in which the machine stays so briefly at a time, and so rarely, is an inrush or a blip. */
const TRANSIENT_MS_MAX = 8000;
const TRANSIENT_SHARE_MAX = 0.01;
/** Without a word from the device or its family a power holds for so long. */
const HOLD_MS_DEFAULT = 3_600_000;
const HOLD_MS_MIN = 120_000;

export type SuggestionQuestion = {
  /** The log of the period, from its beginning at each call. */
  log(): Iterable<Input>;
  /** The options in force. */
  options: DetectorOptions;
  /** How often such a device reports at the latest; null: on change only. */
  reportIntervalMs: number | null;
  /** What is in the log, ms since the epoch. */
  fromMs: number;
  toMs: number;
};

/** What was seen of the machine. */
type Seen = {
  ranges: PowerRange[];
  /** The stays in `ranges`. */
  runs: Run[];
  /** The same with the ranges of inrush and blips. */
  all: { ranges: readonly PowerRange[]; runs: readonly Run[] };
  heardMs: number;
  readings: number;
  habitMs: number | null;
};

/**
 * Thresholds and times that the history of a machine suggests, with the reasons, the room they leave and what they
 * would have changed. Reads the log four times.
 */
export function suggest(question: SuggestionQuestion): Suggestion {
  const seen = look(question);
  const { fromMs, toMs } = question;
  const blank = {
    from: new Date(fromMs).toISOString(),
    to: new Date(toMs).toISOString(),
    session_config: null,
    margins: { standby: null, working: null },
    data: { readings: seen.readings, heard_s: Math.round(seen.heardMs / 1000) },
    effect: null,
  };
  if (seen.heardMs < HEARD_MS_MIN || seen.readings < READINGS_MIN) {
    const sentence = `There are too few data: ${seen.readings} readings, ${lengthOf(seen.heardMs)} of known power.`;
    return { ...blank, confidence: 'none', clusters: [], sentences: [sentence] };
  }
  const choice = chooseGaps(gapsOf(seen.ranges, seen.runs));
  const clusters = clustersOf(seen, choice);
  if (!choice) return { ...blank, confidence: 'none', clusters, sentences: [whyNot(clusters)] };
  return propose(question, seen, choice, { ...blank, clusters });
}

/** Reads the log twice: for the ranges of power, then for the stays in them. */
function look({ log, options, reportIntervalMs }: SuggestionQuestion): Seen {
  const reportMs = reportIntervalMs === null ? HOLD_MS_DEFAULT : 1.5 * reportIntervalMs;
  const holdMsMax = Math.max(options.messageTimeoutMs ?? reportMs, reportMs, HOLD_MS_MIN);
  const histogram = new PowerHistogram();
  const silences = new Silences();
  const readings = observePower(log(), options, holdMsMax, {
    held: (powerW, ms) => histogram.add(powerW, ms),
    cut: () => undefined,
    silence: (ms) => silences.add(ms),
  });
  const all = rangesOf(histogram);
  const limitsW = all.slice(1).map((range, i) => middleW(all[i] as PowerRange, range));
  const collector = new RunCollector(limitsW);
  if (limitsW.length > 0) observePower(log(), options, holdMsMax, collector);
  const seen = { ranges: all, runs: collector.runs };
  return {
    ...withoutTransients(seen, histogram.totalMs),
    all: seen,
    heardMs: histogram.totalMs,
    readings,
    habitMs: silences.habitMs(),
  };
}

/** Ranges of inrush and blips count to the one below; their powers to none. */
function withoutTransients(
  { ranges: all, runs }: Seen['all'],
  heardMs: number,
): Pick<Seen, 'ranges' | 'runs'> {
  const stays = staysOf(runs, all.length);
  const ranges: PowerRange[] = [];
  const rangeOf: number[] = [];
  for (const [i, range] of all.entries()) {
    const { visits, ms } = stays[i] ?? { visits: 0, ms: 0 };
    const isTransient = ms < visits * TRANSIENT_MS_MAX && ms < heardMs * TRANSIENT_SHARE_MAX;
    if (i === 0 || !isTransient) ranges.push(range);
    rangeOf.push(ranges.length - 1);
  }
  return { ranges, runs: coarserRuns(runs, rangeOf) };
}

function clustersOf({ ranges, runs, heardMs }: Seen, choice: Choice | null): PowerCluster[] {
  const stays = staysOf(runs, ranges.length);
  const roleOf = (i: number) => {
    if (!choice) return null;
    if (i <= choice.standby.below) return 'off';
    return !choice.working || i > choice.working.below ? 'working' : 'standby';
  };
  return ranges.map((range, i) => ({
    role: roleOf(i),
    from_w: Number(range.fromW.toPrecision(3)),
    to_w: Number(range.toW.toPrecision(3)),
    duration_s: Math.round((ranges.length === 1 ? heardMs : (stays[i]?.ms ?? 0)) / 1000),
    visits: stays[i]?.visits ?? 0,
  }));
}

function whyNot(clusters: readonly PowerCluster[]): string {
  const [first] = clusters;
  if (!first) return 'The power changes all the time and stays in no range: no threshold would hold.';
  if (clusters.length === 1) {
    return (
      `The power was in one range only, ${rangeWords(first)}: the machine was never seen both on and off, ` +
      'so there is nothing to put a threshold between.'
    );
  }
  return (
    `The power goes to and fro between ${clusters.map(rangeWords).join(' and ')} all the time: the machine regulates ` +
    'itself and was not seen to be switched, so no threshold would tell its sessions.'
  );
}

type Blank = Omit<Suggestion, 'confidence' | 'sentences'>;

/** Puts thresholds into the gaps and times beside them, and replays what they would have done. */
function propose(question: SuggestionQuestion, seen: Seen, choice: Choice, blank: Blank): Suggestion {
  const { options, reportIntervalMs } = question;
  const { standby, working } = choice;
  const { thresholdW: standbyW } = thresholdBetween(standby.margin.below_w, standby.margin.above_w);
  const workingW = working
    ? thresholdBetween(working.margin.below_w, working.margin.above_w).thresholdW
    : standbyW;
  const onOff = coarserRuns(
    seen.all.runs,
    seen.all.ranges.map(({ fromW }) => (fromW < standbyW ? 0 : 1)),
  );
  const debounces = chooseDebounces(onOff, {
    startMs: options.startDebounceMs,
    stopMs: options.stopDebounceMs,
  });
  const config: SuggestedConfig = {
    standby_threshold_w: standbyW,
    working_threshold_w: workingW,
    start_debounce_s: debounces.startS,
    stop_debounce_s: debounces.stopS,
    message_timeout_s: chooseTimeoutS(seen.habitMs, reportIntervalMs, options.messageTimeoutMs),
  };
  const confidence = confidenceOf(seen, choice);
  const { effect, changesSentence } = effectOf(question, config);
  return {
    ...blank,
    confidence,
    session_config: config,
    margins: { standby: standby.margin, working: working?.margin ?? null },
    effect,
    sentences: [
      clustersSentence(blank.clusters),
      thresholdSentence('standby', standbyW, standby),
      ...(working ? [thresholdSentence('working', workingW, working)] : []),
      ...gapSentences(choice, blank.clusters),
      ...debounceSentences(debounces),
      timeoutSentence(config, seen.habitMs),
      dataSentence(seen.heardMs, standby.rises, confidence),
      ...changesSentence,
    ],
  };
}

/** The worst of what each fact allows. */
function confidenceOf({ heardMs }: Seen, { standby, working }: Choice): Confidence {
  const grade = (value: number, sure: number, least: number): Confidence =>
    value >= sure ? 'good' : value >= least ? 'fair' : 'poor';
  const grades = [
    grade(standby.margin.factor, FACTOR_SURE, FACTOR_MIN),
    grade(working?.margin.factor ?? FACTOR_SURE, FACTOR_SURE, FACTOR_MIN),
    grade(heardMs, HEARD_MS_SURE, 0),
    grade(standby.rises, RISES_SURE, RISES_MIN),
    grade(standby.stayMs, STAY_MS_SURE, 0),
    grade(working?.stayMs ?? STAY_MS_SURE, STAY_MS_SURE, 0),
  ];
  return CONFIDENCES[Math.min(...grades.map((one) => CONFIDENCES.indexOf(one)))] ?? 'none';
}

/** Replays the period by the options in force and by the suggested ones. */
function effectOf({ log, options, fromMs, toMs }: SuggestionQuestion, config: SuggestedConfig) {
  const period = { fromMs, toMs, untilMs: null };
  const timeoutS = config.message_timeout_s;
  const before = replay(log(), options, period);
  const after = replay(
    log(),
    {
      ...options,
      standbyThresholdW: config.standby_threshold_w,
      workingThresholdW: config.working_threshold_w,
      startDebounceMs: config.start_debounce_s * 1000,
      stopDebounceMs: config.stop_debounce_s * 1000,
      ...(timeoutS !== null && { messageTimeoutMs: timeoutS * 1000 }),
    },
    period,
  );
  const isCut = before.truncated || after.truncated;
  const changes = isCut ? null : compareSessions(before.sessions, after.sessions).counts;
  const effect = { before: before.totals, after: after.totals, changes };
  return { effect, changesSentence: changes ? [effectSentence(changes)] : [] };
}
