import type { DeviceFamily } from './family.ts';
import { generic } from './generic.ts';
import { shelly } from './shelly.ts';
import { tasmota } from './tasmota.ts';

/** The device families that can be played, by the word that `--device` takes. */
export const deviceFamilies = { shelly, tasmota, generic } as const satisfies Record<string, DeviceFamily>;
export type DeviceFamilyName = keyof typeof deviceFamilies;
