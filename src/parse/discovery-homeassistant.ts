import type { ParserOptions } from '../model/device.ts';
import type { FoundMeter } from '../model/discovery.ts';
import type { Message } from '../model/message.ts';
import { isObject, type JsonObject, parseJson } from './json.ts';
import { candidatesOf, recogniseTopic } from './recognise.ts';

const COMPONENTS_MAX = 200;
/** `{{ value_json.a['b'][0] | float }}`: the path, and filters that change nothing of the number. */
const TEMPLATE =
  /^\{\{-?\s*value(_json((?:\.[A-Za-z_]\w*|\[\s*(?:'[^']*'|"[^"]*"|\d{1,6})\s*\])+))?\s*(?:\|\s*(?:float|int|round)(?:\(\s*[\d.]*\s*\))?\s*)*-?\}\}$/;

/** The power sensors that Home Assistant is told of on `homeassistant/sensor/…/config` or `…/device/…/config`. */
export function metersOfHomeAssistant({ topic, payload }: Message): FoundMeter[] {
  const [, kind] = /^homeassistant\/(sensor|device)\/(?:[^/]+\/){1,2}config$/.exec(topic) ?? [];
  const json = parseJson(payload);
  if (kind === undefined || 'reason' in json || !isObject(json.value)) return [];
  const whole = json.value;
  if (kind === 'sensor') return meterOf(whole, whole);
  const components = whole.cmps ?? whole.components;
  if (!isObject(components)) return [];
  return Object.values(components)
    .slice(0, COMPONENTS_MAX)
    .flatMap((component) =>
      isObject(component) && textOf(component, 'p', 'platform') === 'sensor' ? meterOf(component, whole) : [],
    );
}

/** @param whole what holds for all sensors of the announcement: `~`, the device, perhaps the topic */
function meterOf(sensor: JsonObject, whole: JsonObject): FoundMeter[] {
  const unit = textOf(sensor, 'unit_of_meas', 'unit_of_measurement');
  const deviceClass = textOf(sensor, 'dev_cla', 'device_class') ?? 'power';
  if ((unit !== 'W' && unit !== 'kW') || deviceClass !== 'power') return [];
  const told = textOf(sensor, 'stat_t', 'state_topic') ?? textOf(whole, 'stat_t', 'state_topic');
  const steps = stepsOf(textOf(sensor, 'val_tpl', 'value_template'));
  if (told === null || steps === null) return [];
  const base = textOf(whole, '~', '~') ?? '';
  const mqttTopic = told.startsWith('~')
    ? base + told.slice(1)
    : told.endsWith('~')
      ? told.slice(0, -1) + base
      : told;
  const family = familyFor(mqttTopic, steps, unit);
  return family ? [{ ...family, mqttTopic, ...aboutOf(sensor, whole) }] : [];
}

type Family = Pick<FoundMeter, 'parserType' | 'channel' | 'parserOptions'>;

/** How to read such a sensor, or null when it is not the device's power. */
function familyFor(mqttTopic: string, steps: readonly string[], unit: string): Family | null {
  const parserType = recogniseTopic(mqttTopic) ?? candidatesOf(mqttTopic)[0] ?? 'generic';
  const [first = '', second] = steps;
  if (parserType === 'zigbee2mqtt') {
    if (steps.length === 0 || first === 'power') return { parserType };
    const [, socket] = /^power_l(\d)$/.exec(first) ?? [];
    return socket === undefined ? null : { parserType, channel: Number(socket) };
  }
  if (parserType === 'tasmota') {
    if (first !== 'ENERGY' || second !== 'Power') return null;
    return { parserType, ...(steps[2] !== undefined && { channel: Number(steps[2]) }) };
  }
  if (parserType === 'shelly_pm' || parserType === 'shelly_gen1') return { parserType };
  if (parserType === 'openbeken') return mqttTopic.endsWith('/power/get') ? { parserType } : null;
  // A sensor topic with JSON on it is neither ESPHome's nor statestream's.
  if (steps.length > 0) return { parserType: 'generic', parserOptions: optionsOf(steps, unit) };
  return { parserType, ...(unit !== 'W' && { parserOptions: optionsOf(steps, unit) }) };
}

function optionsOf(steps: readonly string[], unit: string): ParserOptions {
  return {
    power: {
      ...(steps.length > 0 && { path: `$${steps.map((step) => `['${step}']`).join('')}` }),
      ...(unit !== 'W' && { unit }),
    },
  };
}

/** The way to the value in the payload; none when it is the payload. null: the template computes. */
function stepsOf(template: string | null): readonly string[] | null {
  if (template === null) return [];
  if (template.length > 256) return null;
  const found = TEMPLATE.exec(template.trim());
  if (!found) return null;
  const steps = (found[2] ?? '').match(/[A-Za-z_]\w*|'[^']*'|"[^"]*"|\d+/g) ?? [];
  const plain = steps.map((step) => step.replaceAll(/^['"]|['"]$/g, ''));
  // In a path of ours such a key could not be quoted.
  return plain.some((step) => step.includes("'")) ? null : plain;
}

function aboutOf(sensor: JsonObject, whole: JsonObject): Pick<FoundMeter, 'name' | 'model'> {
  const found = whole.dev ?? whole.device;
  const device = isObject(found) ? found : {};
  const name = textOf(device, 'name', 'name') ?? textOf(sensor, 'name', 'name');
  const model = textOf(device, 'mdl', 'model');
  return { ...(name !== null && { name }), ...(model !== null && { model }) };
}

/** A text under its short or its long key. */
function textOf(object: JsonObject, short: string, long: string): string | null {
  const value = object[short] ?? object[long];
  return typeof value === 'string' ? value : null;
}
