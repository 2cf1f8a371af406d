import { measureElectrics, rounded } from './electrics.ts';
import type {
  DeviceFamily,
  DeviceOptions,
  MachineSample,
  SimulatedDevice,
  SimulatedMessage,
} from './family.ts';

const SENSOR_TOPIC = /^tele\/(.+)\/SENSOR$/;
const COUNTING_SINCE = '2025-06-03T15:18:50';

/** Tasmota prints local time without an offset; this one's time zone is UTC. */
const localTime = (atMs: number) => new Date(atMs).toISOString().slice(0, 19);

type DaySums = { day: string; startKwh: number; yesterdayKwh: number; lastKwh: number };

function countDay(before: DaySums | null, sample: MachineSample): DaySums {
  const day = localTime(sample.atMs).slice(0, 10);
  const energyKwh = sample.energyKwh;
  if (!before) return { day, startKwh: energyKwh, yesterdayKwh: 0, lastKwh: energyKwh };
  if (day === before.day) return { ...before, lastKwh: energyKwh };
  return { day, startKwh: energyKwh, yesterdayKwh: energyKwh - before.startKwh, lastKwh: energyKwh };
}

/** Values are 0 while the relay is off: what Tasmota says unless SetOption21 is set. */
function energyBlock(sample: MachineSample, periodKwh: number, sums: DaySums, random: () => number) {
  const read = measureElectrics(sample.powerW, random);
  const live = sample.relay !== 'off';
  const apparentVa = read.powerW / read.powerFactor;
  const reactiveVar = Math.sqrt(Math.max(0, apparentVa ** 2 - read.powerW ** 2));
  return {
    TotalStartTime: COUNTING_SINCE,
    Total: rounded(sample.energyKwh, 3),
    Yesterday: rounded(sums.yesterdayKwh, 3),
    Today: rounded(sample.energyKwh - sums.startKwh, 3),
    Period: rounded(periodKwh * 1000, 0),
    Power: live ? rounded(read.powerW, 2) : 0,
    ApparentPower: live ? rounded(apparentVa, 1) : 0,
    ReactivePower: live ? rounded(reactiveVar, 1) : 0,
    Factor: live ? rounded(read.powerFactor, 2) : 0,
    Frequency: live ? rounded(read.frequencyHz, 2) : 0,
    Voltage: live ? rounded(read.voltageV, 1) : 0,
    Current: live ? rounded(read.currentA, 3) : 0,
  };
}

function device({ topic, qos, random }: DeviceOptions): SimulatedDevice {
  const name = SENSOR_TOPIC.exec(topic)?.[1] ?? topic;
  let relay: 'on' | 'off' = 'on';
  let sums: DaySums | null = null;
  const say = (kind: 'presence' | 'relay', subtopic: string, payload: string): SimulatedMessage => {
    return { kind, topic: subtopic, payload, qos, retain: kind === 'presence' };
  };
  const presence = (payload: string) => say('presence', `tele/${name}/LWT`, payload);
  const relayState = () => say('relay', `stat/${name}/POWER`, relay.toUpperCase());

  return {
    topic,
    will: presence('Offline'),
    greet: () => [presence('Online'), relayState()],
    leave: () => [presence('Offline')],
    measure(sample) {
      const messages: SimulatedMessage[] = [];
      if ((sample.relay ?? 'on') !== relay) {
        relay = sample.relay ?? 'on';
        messages.push(relayState());
      }
      const periodKwh = sample.energyKwh - (sums?.lastKwh ?? sample.energyKwh);
      sums = countDay(sums, sample);
      const sensor = { Time: localTime(sample.atMs), ENERGY: energyBlock(sample, periodKwh, sums, random) };
      messages.push({ kind: 'measurement', topic, payload: JSON.stringify(sensor), qos, retain: false });
      return messages;
    },
  };
}

/** A metering plug with Tasmota, `TelePeriod` far below its default. */
export const tasmota: DeviceFamily = {
  defaultTopic: 'tele/lathe/SENSOR',
  topicProblem: (topic) => (SENSOR_TOPIC.test(topic) ? null : 'must be tele/<name>/SENSOR'),
  numberedTopic: (topic, n) => topic.replace(SENSOR_TOPIC, `tele/$1-${n}/SENSOR`),
  device,
};
