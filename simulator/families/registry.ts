import type { DeviceFamily } from './family.ts';
import { generic } from './generic.ts';
import { shelly } from './shelly.ts';
import { shellyGen1 } from './shelly-gen1.ts';
import { tasmota } from './tasmota.ts';
import { zigbee2mqtt } from './zigbee2mqtt.ts';

/** The device families that can be played, by the word that `--device` takes. */
export const deviceFamilies = {
  shelly,
  shelly1: shellyGen1,
  tasmota,
  zigbee2mqtt,
  generic,
} as const satisfies Record<string, DeviceFamily>;
export type DeviceFamilyName = keyof typeof deviceFamilies;
