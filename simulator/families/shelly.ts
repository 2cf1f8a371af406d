import { measureElectrics, rounded } from './electrics.ts';
import type { DeviceFamily, DeviceOptions, MachineSample, SimulatedDevice } from './family.ts';

const MINUTE_MS = 60_000;
/** `aenergy.by_minute` tells this many full minutes, the newest first. */
const MINUTES_TOLD = 3;
const STATUS_TOPIC = /^(.+)\/status\/pm1:(\d+)$/;

type MinuteSums = { minute: number; startMwh: number; byMinuteMwh: number[] };

/** The sums after `sample`; energy of a silent time is spread evenly over its minutes. */
function countMinutes(before: MinuteSums | null, sample: MachineSample): MinuteSums {
  const minute = Math.floor(sample.atMs / MINUTE_MS);
  const energyMwh = sample.energyKwh * 1_000_000;
  if (!before) {
    return { minute, startMwh: energyMwh, byMinuteMwh: Array.from({ length: MINUTES_TOLD }, () => 0) };
  }
  const passed = minute - before.minute;
  if (passed <= 0) return before;
  const each = Math.max(0, energyMwh - before.startMwh) / passed;
  const finished = Array.from({ length: Math.min(passed, MINUTES_TOLD) }, () => each);
  const byMinuteMwh = [...finished, ...before.byMinuteMwh].slice(0, MINUTES_TOLD);
  return { minute, startMwh: energyMwh, byMinuteMwh };
}

function device({ topic, qos, random }: DeviceOptions): SimulatedDevice {
  const [, prefix = topic, component = '0'] = STATUS_TOPIC.exec(topic) ?? [];
  let sums: MinuteSums | null = null;
  const presence = (payload: string) =>
    ({ kind: 'presence', topic: `${prefix}/online`, payload, qos, retain: true }) as const;

  return {
    topic,
    will: presence('false'),
    greet: () => [presence('true')],
    leave: () => [presence('false')],
    measure(sample) {
      sums = countMinutes(sums, sample);
      const read = measureElectrics(sample.powerW, random);
      const minuteTs = sums.minute * 60;
      const status = {
        id: Number(component),
        voltage: rounded(read.voltageV, 1),
        current: rounded(read.currentA, 3),
        apower: rounded(read.powerW, 1),
        freq: rounded(read.frequencyHz, 2),
        aenergy: {
          total: rounded(sample.energyKwh * 1000, 3),
          by_minute: sums.byMinuteMwh.map((mwh) => rounded(mwh, 3)),
          minute_ts: minuteTs,
        },
        ret_aenergy: { total: 0, by_minute: [0, 0, 0], minute_ts: minuteTs },
      };
      return [{ kind: 'measurement', topic, payload: JSON.stringify(status), qos, retain: false }];
    },
  };
}

/** Shelly PM Mini Gen3 with "generic status update" turned on: its whole `pm1` status each time. */
export const shelly: DeviceFamily = {
  defaultTopic: 'shellypmminig3-48f6eeb73a1c/status/pm1:0',
  topicProblem: (topic) => (STATUS_TOPIC.test(topic) ? null : 'must be <prefix>/status/pm1:<number>'),
  numberedTopic: (topic, n) => topic.replace(STATUS_TOPIC, `$1-${n}/status/pm1:$2`),
  device,
};
