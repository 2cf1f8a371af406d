import { validateConfiguration } from '../config/device-config.ts';
import { resolveDevice } from '../config/device-resolution.ts';
import type { Settings } from '../config/settings.ts';
import { Administration } from '../devices/administration.ts';
import { createAttributeIntake } from '../devices/attribute-intake.ts';
import { createAuthentication } from '../devices/authentication.ts';
import type { Resolved } from '../devices/device-check.ts';
import type { Diff } from '../devices/device-diff.ts';
import { Provisioning } from '../devices/provisioning.ts';
import { DeviceRegistry } from '../devices/registry.ts';
import { sealKey } from '../devices/secret-seal.ts';
import { createTemplates } from '../devices/templates.ts';
import { Tokens } from '../devices/tokens.ts';
import type { AttributeNews } from '../model/attribute.ts';
import type { Device } from '../model/device.ts';
import type { Machine } from '../model/machine.ts';
import type { OutgoingMessage } from '../model/message.ts';
import { type TemplateInput, topicOfPattern } from '../model/template.ts';
import type { Finding } from '../model/validation.ts';
import { parserFor } from '../parse/index.ts';
import type { Stores } from './stores.ts';
import type { Surroundings } from './surroundings.ts';

const PATH = /^devices\[0\]\.?/;

const stripped = (list: Finding[]) =>
  list.map(({ path, message }) => ({ path: path.replace(PATH, ''), message }));

/** Checks one device by the rules of a configuration. */
export function resolve(config: unknown): Resolved {
  const result = validateConfiguration({ devices: [config] }, { devicesMax: 1 });
  if (!result.ok) return { ok: false, errors: stripped(result.errors) };
  const [checked] = result.configuration.devices;
  const parser = checked && parserFor(checked.parser_type, checked.mqtt_topic);
  return checked && parser
    ? { ok: true, config: checked, device: resolveDevice(checked, parser) }
    : { ok: false, errors: [{ path: '', message: 'must be a device' }] };
}

export type IdentitiesOptions = {
  settings: Settings;
  stores: Stores;
  /** The devices that run changed. */
  onChange(change: Diff<Device>): void;
  machines(): Machine[];
  /** Closes all connections of a device. */
  disconnect(deviceId: string): void;
  /** Tells a device something. */
  tell(message: OutgoingMessage): void;
  isBroker(brokerId: string): boolean;
  /** Attributes were set here. */
  onAttributes(news: readonly AttributeNews[]): void;
};

/** What is legal in the configuration of a device but probably not meant. */
function doubtsOf(config: object, isBroker: (brokerId: string) => boolean): Finding[] {
  const result = validateConfiguration({ devices: [config] }, { devicesMax: 1, isBroker });
  return result.ok ? stripped(result.warnings) : [];
}

/** What is wrong with the devices that a template would make. */
function templateProblems(registry: DeviceRegistry, { defaults }: TemplateInput): Finding[] {
  const mqttTopic = topicOfPattern(defaults.mqtt_topic, 'device', 'key') ?? '';
  const checked = registry.check('device', { ...defaults, machine_name: 'device', mqtt_topic: mqttTopic });
  if (checked.ok) return [];
  return checked.errors.map(({ path, message }) => ({ path: `defaults.${path}`, message }));
}

/** Who is who: devices, their tokens and attributes, and how they come by them. */
export function createIdentities(options: IdentitiesOptions, { clock, log }: Surroundings) {
  const { settings, stores, onChange, machines, disconnect, tell, onAttributes, isBroker } = options;
  const key = sealKey(settings.dataDir);
  const tokens = new Tokens({ table: stores.tokens, key, clock, log });
  const registry = new DeviceRegistry({
    database: stores.database,
    table: stores.devices,
    resolve,
    ownTopics: (parserType, mqttTopic) => parserFor(parserType, mqttTopic)?.ownTopics(mqttTopic) ?? [],
    onChange,
    onAccessChanged: disconnect,
    devicesMax: settings.configuration.devicesMax,
    clock,
    log,
  });
  const templates = createTemplates({ table: stores.templates, clock });
  const provisioning = new Provisioning({
    table: stores.devices,
    registry,
    templates,
    tokens,
    onTokenChanged: disconnect,
    clock,
    log,
  });
  const intake = createAttributeIntake({ isKnown: (deviceId) => registry.get(deviceId) !== null, log });
  const administration = new Administration({
    database: stores.database,
    registry,
    tokens,
    attributes: stores.attributes,
    intake,
    machines,
    disconnect,
    onAttributes,
    // One without a topic is not read; there is nothing to doubt.
    doubts: (device_id, config) =>
      config.mqtt_topic === undefined ? [] : doubtsOf({ ...config, device_id }, isBroker),
    tell: (deviceId, attributes) => {
      const payload = Buffer.from(JSON.stringify(attributes));
      tell({ topic: `messages/${deviceId}/attribute/server`, payload, qos: 1, retain: false });
    },
    clock,
  });
  const access = (deviceId: string) => registry.access(deviceId);
  const allowAnonymous = settings.embedded?.allowAnonymous ?? false;
  return {
    registry,
    sealKey: key,
    tokens,
    templates,
    provisioning,
    intake,
    administration,
    authenticate: createAuthentication({ tokens, access, allowAnonymous, clock }),
    templateProblems: (input: TemplateInput) => templateProblems(registry, input),
    stop: () => tokens.stop(),
  };
}
export type Identities = ReturnType<typeof createIdentities>;
