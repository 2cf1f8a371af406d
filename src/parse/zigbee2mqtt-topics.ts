import { topicMatches } from '../model/topic.ts';

/** The value of one attribute has a topic of its own: `<base>/<name>/power_l1`. */
const VALUE_TOPIC = /^(.+\/.+)\/(power|energy|voltage|current|state)(_l\d{1,2}|_(?:phase_)?[abc])?$/;
/** What has a topic of its own in attribute mode, besides the values that say nothing of power. */
const VALUE_NAMES = ['power', 'energy', 'voltage', 'current', 'state'];

/**
 * The device that a configured topic is about: `<base>/<name>`, both perhaps with slashes.
 * @returns null when a wildcard stands in its place, or when it is no topic of a device
 */
export function deviceTopicOf(mqttTopic: string): string | null {
  const device = mqttTopic.endsWith('/#')
    ? mqttTopic.slice(0, -2)
    : (VALUE_TOPIC.exec(mqttTopic)?.[1] ?? mqttTopic);
  const isOther = isCommand(device) || isBridgeTopic(device) || device.endsWith('/availability');
  return isOther || !/^[^+#]+\/[^+#]+$/.test(device) ? null : device;
}

/** What follows the name of the value that the topic names: '' or `_l2`. null: it names no single value. */
export function suffixNamedBy(mqttTopic: string): string | null {
  const value = VALUE_TOPIC.exec(mqttTopic);
  return value && (value[3] ?? '');
}

/** Whether somebody asks or tells the device something there: `…/set`, `…/get`, `…/set/state`. */
export function isCommand(topic: string): boolean {
  return /\/(?:set|get)(?:\/|$)/.test(topic);
}

/** Whether zigbee2mqtt speaks there of itself. */
export function isBridgeTopic(topic: string): boolean {
  return /\/bridge(?:\/|$)/.test(topic);
}

/**
 * The topics besides `mqttTopic`.
 * @param suffixes those of the machine's values; used where each value has a topic of its own
 */
export function siblingsOf(mqttTopic: string, suffixes: readonly string[]): string[] {
  const device = deviceTopicOf(mqttTopic);
  if (device === null) return [];
  const siblings = [`${device}/availability`, ...bridgeStatesOf(device)];
  if (suffixNamedBy(mqttTopic) !== null) {
    for (const suffix of suffixes) siblings.push(...VALUE_NAMES.map((name) => `${device}/${name}${suffix}`));
    if (!suffixes.includes('')) siblings.push(`${device}/voltage`);
  }
  return siblings.filter((sibling) => !topicMatches(mqttTopic, sibling));
}

/** Where base and name part is not to be seen, as both may have slashes: so every beginning may be the base. */
function bridgeStatesOf(device: string): string[] {
  const levels = device.split('/');
  return levels.slice(1).map((_, index) => `${levels.slice(0, index + 1).join('/')}/bridge/state`);
}
