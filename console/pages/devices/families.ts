import type { TFunction } from 'i18next';

/** A family of meters as people choose it: `parser_type`, what it is called and how its topics look. */
export type Family = {
  type: string;
  title: string;
  /** A topic as such a device has it. */
  topic: string;
  /** The longest silence of a device whose power does not change; null: it has none. */
  reportS: number | null;
};

const DEFAULT_REPORT_S = 300;

/** In the order of docs/devices.md. Names of products are the same in every language. */
export const FAMILIES: readonly Family[] = [
  {
    type: 'shelly_pm',
    title: 'Shelly Gen2, Plus, Pro, Gen3, Gen4',
    topic: 'shellypmminig3-48f6eeb73a1c/status/pm1:0',
    reportS: 60,
  },
  {
    type: 'shelly_gen1',
    title: 'Shelly Gen1',
    topic: 'shellies/shellyplug-s-7C87CE/relay/0/power',
    reportS: 60,
  },
  { type: 'tasmota', title: 'Tasmota', topic: 'tele/lathe/SENSOR', reportS: 300 },
  { type: 'zigbee2mqtt', title: 'Zigbee2MQTT', topic: 'zigbee2mqtt/band saw', reportS: 3600 },
  { type: 'esphome', title: 'ESPHome', topic: 'lathe/sensor/lathe_power/state', reportS: 60 },
  { type: 'openbeken', title: 'OpenBeken', topic: 'obk-lathe/power/get', reportS: 60 },
  {
    type: 'ha_statestream',
    title: 'Home Assistant statestream',
    topic: 'homeassistant/sensor/lathe_power/state',
    reportS: null,
  },
  { type: 'generic', title: 'Generic (JSON)', topic: 'messages/lathe/telemetry', reportS: 300 },
];

const ALIASES: Record<string, string> = {
  shelly_pm_mini_g3: 'shelly_pm',
  shelly_gen2: 'shelly_pm',
  statestream: 'ha_statestream',
  generic_json: 'generic',
};

export function familyOf(type: string): Family | undefined {
  const name = ALIASES[type] ?? type;
  return FAMILIES.find((family) => family.type === name);
}

/** What people call a family; a type that is not known stays as it is. */
export const familyTitle = (type: string): string => familyOf(type)?.title ?? type;

/** As familyTitle, with a word for devices that are recognised by themselves. */
export const familyName = (type: string, t: TFunction): string =>
  type === 'auto' ? t('devices.family_auto') : familyTitle(type);

/** The silence that ends a session when none is given: 1.5 × the report interval; null: none. */
export function messageTimeoutS(type: string): number | null {
  const family = familyOf(type);
  const reportS = family ? family.reportS : DEFAULT_REPORT_S;
  return reportS === null ? null : reportS * 1.5;
}
