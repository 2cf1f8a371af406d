/** What a message is about: a reading, whether the device is there, or its relay. */
export type MessageKind = 'measurement' | 'presence' | 'relay';

/** One message as a simulated device would publish it. */
export type SimulatedMessage = {
  kind: MessageKind;
  topic: string;
  payload: string;
  qos: 0 | 1;
  retain: boolean;
};

/** What is true of the machine at one instant; the device measures it, with noise. */
export type MachineSample = {
  powerW: number;
  /** The device's energy counter, kWh; never falls. */
  energyKwh: number;
  /** The device's clock, ms since the epoch. */
  atMs: number;
  /** Missing: on. Only families that have a relay show it. */
  relay?: 'on' | 'off';
};

/** A device that is being played. It remembers what the real one does: minute sums, its relay, the day. */
export type SimulatedDevice = {
  /** The topic of its measurements, as `mqtt_topic` of a configuration would name it. */
  topic: string;
  /** What the broker says when the device is gone without a word; null: such a device says nothing. */
  will: SimulatedMessage | null;
  /** What it publishes right after it connected. */
  greet(): SimulatedMessage[];
  /** What it publishes about `sample`. */
  measure(sample: MachineSample): SimulatedMessage[];
  /** What is published when it is switched off in good order. */
  leave(): SimulatedMessage[];
};

export type DeviceOptions = {
  topic: string;
  qos: 0 | 1;
  /** Gives a number in [0, 1): the noise. */
  random: () => number;
};

/** One kind of device. */
export type DeviceFamily = {
  defaultTopic: string;
  /** Why `topic` cannot be the measurement topic of such a device, or null when it can. */
  topicProblem(topic: string): string | null;
  /** The topic of the `n`th of several such devices. */
  numberedTopic(topic: string, n: number): string;
  device(options: DeviceOptions): SimulatedDevice;
};
