import type { FoundMeter } from '../model/discovery.ts';
import type { Message } from '../model/message.ts';
import { metersOn, socketsOf } from './discovery-measured.ts';
import { isObject, type JsonObject, parseJson } from './json.ts';

/** A network of more than 100 devices fits; what is read is read at once, so it must not be much more. */
const PAYLOAD_BYTES_MAX = 1_048_576;
const DEVICES_MAX = 1000;
/** More than any device exposes; some nest their features once. */
const EXPOSES_MAX = 200;

/** The metering devices in the list that zigbee2mqtt retains on `<base>/bridge/devices`. */
export function metersOfZigbee2mqtt({ topic, payload }: Message): FoundMeter[] {
  const json = parseJson(payload, PAYLOAD_BYTES_MAX);
  if ('reason' in json || !Array.isArray(json.value)) return [];
  const base = topic.slice(0, -'/bridge/devices'.length);
  return json.value.slice(0, DEVICES_MAX).flatMap((device: unknown) => {
    if (!isObject(device) || device.disabled === true || typeof device.friendly_name !== 'string') return [];
    const { definition, friendly_name: name } = device;
    if (!isObject(definition)) return [];
    const model = [definition.vendor, definition.model].filter((part) => typeof part === 'string').join(' ');
    const meter: FoundMeter = { parserType: 'zigbee2mqtt', mqttTopic: `${base}/${name}`, name };
    if (model !== '') meter.model = model;
    return metersOn(meter, socketsOf(powersIn(definition)));
  });
}

/** The names of the values in W that the device publishes. */
function powersIn({ exposes }: JsonObject): string[] {
  if (!Array.isArray(exposes)) return [];
  const features = exposes.slice(0, EXPOSES_MAX).flatMap((expose: unknown): unknown[] => {
    const nested = isObject(expose) && Array.isArray(expose.features) ? expose.features : [];
    return [expose].concat(nested.slice(0, EXPOSES_MAX));
  });
  return features.flatMap((feature: unknown) =>
    isObject(feature) && feature.unit === 'W' && typeof feature.property === 'string'
      ? [feature.property]
      : [],
  );
}
