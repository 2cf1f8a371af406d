import { measureElectrics, rounded } from './electrics.ts';
import type {
  DeviceFamily,
  DeviceOptions,
  MessageKind,
  SimulatedDevice,
  SimulatedMessage,
} from './family.ts';

const POWER_TOPIC = /^shellies\/([^/]+)\/relay\/(\d+)\/power$/;
const WMIN_PER_KWH = 60_000;

function device({ topic, qos, random }: DeviceOptions): SimulatedDevice {
  const [, id = topic, number = '0'] = POWER_TOPIC.exec(topic) ?? [];
  const own = `shellies/${id}`;
  let relay: 'on' | 'off' = 'on';
  const say = (kind: MessageKind, to: string, payload: string): SimulatedMessage => {
    return { kind, topic: to, payload, qos, retain: to === `${own}/online` };
  };
  const presence = (payload: string) => say('presence', `${own}/online`, payload);
  const relayState = () => say('relay', `${own}/relay/${number}`, relay);
  const announcement = JSON.stringify({
    id,
    model: 'SHPLG-S',
    mac: '4022D87C87CE',
    ip: '192.168.40.21',
    new_fw: false,
    fw_ver: '20230913-113421/v1.14.0-gcb84623',
  });

  return {
    topic,
    will: presence('false'),
    greet: () => [
      presence('true'),
      say('presence', 'shellies/announce', announcement),
      say('presence', `${own}/announce`, announcement),
      relayState(),
    ],
    leave: () => [presence('false')],
    measure(sample) {
      const messages: SimulatedMessage[] = [];
      if ((sample.relay ?? 'on') !== relay) {
        relay = sample.relay ?? 'on';
        messages.push(relayState());
      }
      const { powerW } = measureElectrics(sample.powerW, random);
      const live = relay === 'on' ? powerW : 0;
      messages.push(say('measurement', topic, rounded(live, 2).toFixed(2)));
      const energyWmin = Math.floor(sample.energyKwh * WMIN_PER_KWH);
      messages.push(say('measurement', `${own}/relay/${number}/energy`, String(energyWmin)));
      return messages;
    },
  };
}

/** Shelly Plug S, first generation: one plain value per topic, and it announces itself. */
export const shellyGen1: DeviceFamily = {
  defaultTopic: 'shellies/shellyplug-s-7C87CE/relay/0/power',
  topicProblem: (topic) => (POWER_TOPIC.test(topic) ? null : 'must be shellies/<id>/relay/<number>/power'),
  numberedTopic: (topic, n) => topic.replace(POWER_TOPIC, `shellies/$1-${n}/relay/$2/power`),
  device,
};
