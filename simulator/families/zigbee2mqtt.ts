import { measureElectrics, rounded } from './electrics.ts';
import type { DeviceFamily, DeviceOptions, SimulatedDevice } from './family.ts';

/** `<base>/<friendly name>`; zigbee2mqtt itself speaks below `bridge`, the other levels follow a name. */
const STATE_TOPIC = /^[^/]+\/(?!bridge(?:\/|$)).*?(?<!\/(?:availability|set|get))$/;

function device({ topic, qos, random }: DeviceOptions): SimulatedDevice {
  const availability = (state: 'online' | 'offline') =>
    ({
      kind: 'presence',
      topic: `${topic}/availability`,
      payload: JSON.stringify({ state }),
      qos,
      retain: true,
    }) as const;

  return {
    topic,
    will: availability('offline'),
    greet: () => [availability('online')],
    leave: () => [availability('offline')],
    measure(sample) {
      const relay = sample.relay ?? 'on';
      const read = measureElectrics(sample.powerW, random);
      const live = relay === 'on';
      // Such plugs know whole watts and hundredths of a kWh; a message repeats all that is known.
      const payload = JSON.stringify({
        state: relay.toUpperCase(),
        power: live ? rounded(read.powerW, 0) : 0,
        current: live ? rounded(read.currentA, 2) : 0,
        voltage: rounded(read.voltageV, 0),
        energy: rounded(sample.energyKwh, 2),
        linkquality: 144,
        update: { state: 'idle' },
        child_lock: null,
      });
      return [{ kind: 'measurement', topic, payload, qos, retain: false }];
    },
  };
}

/** A metering plug behind zigbee2mqtt, with availability turned on. */
export const zigbee2mqtt: DeviceFamily = {
  defaultTopic: 'zigbee2mqtt/lathe-plug',
  topicProblem: (topic) => (STATE_TOPIC.test(topic) ? null : 'must be <base>/<friendly name>'),
  numberedTopic: (topic, n) => `${topic}-${n}`,
  device,
};
