import type { ChangeCounts, Confidence, PowerCluster, SuggestedConfig } from '../model/replay.ts';
import type { Debounces } from './debounce-choice.ts';
import type { Choice, Gap } from './threshold-choice.ts';

/** A figure as people say it: two digits. */
function figure(value: number): string {
  return value < 0.1 ? '0' : String(Number(value.toPrecision(2)));
}

/** A length of time as people say it. */
export function lengthOf(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 120) return `${figure(seconds)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${figure(seconds / 3600)} h` : `${figure(seconds / 86_400)} days`;
}

export function rangeWords({ from_w, to_w }: Pick<PowerCluster, 'from_w' | 'to_w'>): string {
  const [from, to] = [figure(from_w), figure(to_w)];
  return from === to ? `${to} W` : `${from}–${to} W`;
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

/** "Off draws 0.4–1.1 W, standby 11–14 W, working 60–900 W." */
export function clustersSentence(clusters: readonly PowerCluster[]): string {
  const parts = (['off', 'standby', 'working'] as const).flatMap((role) => {
    const ranges = clusters.filter((one) => one.role === role).map(rangeWords);
    return ranges.length === 0 ? [] : [`${role} ${verbOf(role)}${ranges.join(' and ')}`];
  });
  return `${capital(parts.join(', '))}.`;
}

const verbOf = (role: string) => (role === 'off' ? 'draws ' : '');

/** What a threshold leaves, and whether that is enough. */
export function thresholdSentence(name: string, thresholdW: number, { margin }: Gap): string {
  const room = `A ${name} threshold of ${thresholdW} W leaves a factor of ${margin.factor} to both sides`;
  if (margin.factor >= 2) return `${room}.`;
  const between = `between ${figure(margin.below_w)} and ${figure(margin.above_w)} W`;
  return margin.factor >= 1.4
    ? `${room}: the gap ${between} is narrow.`
    : `${room}: the gap ${between} is too narrow to trust.`;
}

/** What speaks for caution about the two gaps. */
export function gapSentences(choice: Choice, clusters: readonly PowerCluster[]): string[] {
  const { standby, working } = choice;
  const lowest = clusters[0];
  const sentences: string[] = [];
  if (!working) {
    sentences.push(
      'Nothing tells standby from working, so both thresholds are the same: whatever is on counts as working.',
    );
  } else if (working.stayMs < 60_000) {
    sentences.push(
      `While it runs the power crosses the working threshold for ${lengthOf(working.stayMs)} at a time on average: ` +
        'that divides its time into standby and working and moves no session.',
    );
  }
  if (standby.stayMs < 60_000) {
    sentences.push(
      `It crosses the standby threshold for ${lengthOf(standby.stayMs)} at a time on average: look whether that is ` +
        'a machine that regulates itself rather than one that is switched.',
    );
  }
  if (lowest && lowest.from_w >= 10) {
    sentences.push(
      `The machine never drew less than ${figure(lowest.from_w)} W: what is called off here may be its standby.`,
    );
  }
  return sentences;
}

/** No longer stop debounce can be configured. */
const JOINABLE_MS_MAX = 3_600_000;

/** Why the debounces are what they are. */
export function debounceSentences({ pauses, uses, startS, stopS }: Debounces): string[] {
  const sentences: string[] = [];
  if (!pauses) {
    sentences.push(
      `Its pauses are of all lengths: the stop debounce decides what is one session, and ${stopS} s is kept.`,
    );
  } else if (pauses.shortMs !== null) {
    const long =
      pauses.longMs === null ? '' : `, shorter than its pauses of ${lengthOf(pauses.longMs)} and more`;
    sentences.push(
      `A stop debounce of ${stopS} s is longer than the ${pauses.shorts} dips of up to ${lengthOf(pauses.shortMs)}${long}.`,
    );
  } else if (pauses.longMs !== null) {
    const advice =
      pauses.longMs < JOINABLE_MS_MAX
        ? ' To make one session of uses with short pauses, give a longer one.'
        : '';
    sentences.push(
      `A stop debounce of ${stopS} s is shorter than every pause; the shortest is ${lengthOf(pauses.longMs)}.${advice}`,
    );
  }
  if (uses && uses.shortMs !== null && uses.longMs !== null) {
    sentences.push(
      `A start debounce of ${startS} s is meant for ${uses.shorts} blips of up to ${lengthOf(uses.shortMs)}; ` +
        `the shortest use is ${lengthOf(uses.longMs)}.`,
    );
  }
  return sentences;
}

export function timeoutSentence(
  { message_timeout_s: timeoutS }: SuggestedConfig,
  habitMs: number | null,
): string {
  if (habitMs === null) return 'Nothing is known of how long the device is silent.';
  const habit = `The device is silent for up to ${lengthOf(habitMs)} while all is well`;
  return timeoutS === null
    ? `${habit}: no message timeout can be told from that, leave it as it is.`
    : `${habit}: a message timeout of ${timeoutS} s does not mistake that for an end.`;
}

const DATA_WORDS: Record<Confidence, string> = {
  none: '',
  poor: ' Do not use this without a look at the sessions it gives.',
  fair: ' Look at the sessions it gives before you use it.',
  good: '',
};

export function dataSentence(heardMs: number, rises: number, confidence: Confidence): string {
  return `Seen: ${lengthOf(heardMs)} of known power, switched on ${rises === 1 ? 'once' : `${rises} times`}.${DATA_WORDS[confidence]}`;
}

export function effectSentence({ same, changed, new: added, lost }: ChangeCounts): string {
  if (changed + added + lost === 0) return `All ${same} sessions of the period would stay as they are.`;
  return `Of the sessions of the period ${same} would stay the same, ${changed} change, ${lost} vanish and ${added} be new.`;
}
