import type { ParserDevice, ParserOptions } from './device.ts';
import type { Reading } from './reading.ts';

/** A meter that a message shows: what a configuration needs to listen to it. */
export type FoundMeter = {
  parserType: string;
  /** What goes into `mqtt_topic`. */
  mqttTopic: string;
  channel?: NonNullable<ParserDevice['channel']>;
  parserOptions?: ParserOptions;
  /** What the device calls itself. */
  name?: string;
  model?: string;
};

/** What one message tells about meters that may not be configured yet. `values`: what the message measured. */
export type Sighting = {
  meters: readonly FoundMeter[];
  values: Pick<Reading, 'powerW' | 'energyTotalKwh' | 'voltageV' | 'currentA'> | null;
};
