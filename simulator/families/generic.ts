import { measureElectrics, rounded } from './electrics.ts';
import type { DeviceFamily, DeviceOptions, SimulatedDevice } from './family.ts';

function device({ topic, qos, random }: DeviceOptions): SimulatedDevice {
  return {
    topic,
    will: null,
    greet: () => [],
    leave: () => [],
    measure(sample) {
      const read = measureElectrics(sample.powerW, random);
      const payload = JSON.stringify({
        power: rounded(read.powerW, 1),
        energy: rounded(sample.energyKwh, 6),
        voltage: rounded(read.voltageV, 1),
        current: rounded(read.currentA, 3),
        frequency: rounded(read.frequencyHz, 2),
      });
      return [{ kind: 'measurement', topic, payload, qos, retain: false }];
    },
  };
}

/** A home-made meter: one JSON object with `power` in W and `energy` in kWh, no last will. */
export const generic: DeviceFamily = {
  defaultTopic: 'messages/workshop-meter/attribute',
  topicProblem: () => null,
  /** Below `messages/` the second level is the device's id; elsewhere the last level tells devices apart. */
  numberedTopic: (topic, n) =>
    /^messages\/[^/]+\//.test(topic) ? topic.replace(/^(messages\/[^/]+)/, `$1-${n}`) : `${topic}-${n}`,
  device,
};
