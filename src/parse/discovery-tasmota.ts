import type { FoundMeter } from '../model/discovery.ts';
import type { Message } from '../model/message.ts';
import { channelsOf, metersOn } from './discovery-measured.ts';
import { isObject, type JsonObject, parseJson } from './json.ts';
import { energyBlockOf } from './recognise.ts';

/**
 * What Tasmota devices announced, by MAC: `config` has the topic, `sensors` whether there is a meter, and
 * they come in any order. At most 1000 devices, then the oldest goes.
 */
export type TasmotaAnnouncements = Map<
  string,
  { meter: FoundMeter | null; channels: readonly (number | null)[] }
>;

const DEVICES_MAX = 1000;

/** The meters of a device, once both halves of its announcement have come; otherwise none. */
export function metersOfTasmota(
  { topic, payload }: Message,
  announcements: TasmotaAnnouncements,
): FoundMeter[] {
  const [, mac, half] = /^tasmota\/discovery\/([\dA-F]{6,12})\/(config|sensors)$/i.exec(topic) ?? [];
  const json = parseJson(payload);
  if (mac === undefined || 'reason' in json || !isObject(json.value)) return [];
  const known = announcements.get(mac) ?? { meter: null, channels: [] };
  const announced =
    half === 'config'
      ? { ...known, meter: meterOf(json.value, mac) }
      : { ...known, channels: channelsIn(json.value) };
  const oldest = announcements.has(mac) ? undefined : announcements.keys().next().value;
  if (oldest !== undefined && announcements.size >= DEVICES_MAX) announcements.delete(oldest);
  announcements.set(mac, announced);
  const { meter, channels } = announced;
  return meter === null ? [] : metersOn(meter, channels);
}

/** `ft` is the pattern of its topics, `t` its own level, `tp` the prefixes for commands, answers, telemetry. */
function meterOf(config: JsonObject, mac: string): FoundMeter | null {
  const { ft: pattern, t: topic, tp: prefixes, hn: host, dn: name, md: model } = config;
  const telemetry: unknown = Array.isArray(prefixes) ? prefixes[2] : null;
  if (typeof pattern !== 'string' || typeof topic !== 'string' || typeof telemetry !== 'string') return null;
  const parts = new Map([
    ['%prefix%', telemetry],
    ['%topic%', topic],
    ['%hostname%', typeof host === 'string' ? host : ''],
    ['%id%', mac.slice(-6)],
  ]);
  const path = pattern.replaceAll(/%[a-z]+%/g, (token) => parts.get(token) ?? token);
  return {
    parserType: 'tasmota',
    mqttTopic: `${path}${path.endsWith('/') ? '' : '/'}SENSOR`,
    ...(typeof name === 'string' && { name }),
    ...(typeof model === 'string' && { model }),
  };
}

function channelsIn({ sn: sensors }: JsonObject): (number | null)[] {
  const energy = isObject(sensors) ? energyBlockOf(sensors) : null;
  return energy?.Power === undefined ? [] : channelsOf(energy);
}
