import { randomUUID } from 'node:crypto';
import type { OwnConfig, OwnDevice } from '../model/own-device.ts';
import {
  type ProvisionAnswer,
  type ProvisionError,
  type ProvisionRequest,
  provisionRequestSchema,
} from '../model/provisioning.ts';
import { type Template, topicOfPattern } from '../model/template.ts';
import type { Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import type { DevicesTable } from '../store/devices.ts';
import { refusalOf } from './entry.ts';
import type { DeviceRegistry } from './registry.ts';
import type { Templates } from './templates.ts';
import type { Tokens } from './tokens.ts';
import { WrongTries } from './wrong-tries.ts';

/** Wrong keys of one address, after which it must be quiet for a minute; and of all in a minute. */
const WRONG_PER_SENDER_MAX = 10;
const WRONG_IN_ALL_MAX = 300;
const WINDOW_MS = 60_000;

/** ThingsBoard's names of our fields. */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ['deviceName', 'device_name'],
  ['deviceKey', 'device_key'],
  ['provisionDeviceKey', 'provision_key'],
  ['provisionDeviceSecret', 'provision_secret'],
]);

export type ProvisioningDeps = {
  table: Pick<DevicesTable, 'byKey'>;
  registry: DeviceRegistry;
  templates: Templates;
  tokens: Tokens;
  /** The device's token is another one now: its connections are to be closed. */
  onTokenChanged(deviceId: string): void;
  clock: Clock;
  log: Log;
};

class Failure extends Error {
  readonly code: ProvisionError;
  constructor(code: ProvisionError, message: string) {
    super(message);
    this.code = code;
  }
}

function readRequest(input: unknown): ProvisionRequest {
  const isObject = typeof input === 'object' && input !== null && !Array.isArray(input);
  if (!isObject) throw new Failure('INVALID_REQUEST', 'the request must be a JSON object');
  const entries = Object.entries(input).filter(([, value]) => value !== null);
  const named = Object.fromEntries(entries.map(([name, value]) => [ALIASES.get(name) ?? name, value]));
  const parsed = provisionRequestSchema.safeParse(named);
  if (parsed.success) return parsed.data;
  const fields = new Set(parsed.error.issues.map(({ path }) => String(path[0])));
  throw new Failure('INVALID_REQUEST', `missing or unusable: ${[...fields].join(', ')}`);
}

/** Lets devices ask for an identity: one function for MQTT and HTTP. */
export class Provisioning {
  readonly #deps: ProvisioningDeps;
  readonly #wrong: WrongTries;
  #all = { count: 0, endsAt: 0 };

  constructor(deps: ProvisioningDeps) {
    this.#deps = deps;
    this.#wrong = new WrongTries(deps.clock, { forgetMs: WINDOW_MS });
  }

  /**
   * Answers one request. Nothing waits in between, so of several at once each sees what the one before did.
   * @param input the request as it came, parsed
   * @param address who asks; wrong keys are limited by it
   */
  answer(input: unknown, address: string): ProvisionAnswer {
    const { log } = this.#deps;
    try {
      const { deviceId, token } = this.#provision(input, address);
      log.info('device_provisioned', { device_id: deviceId, address });
      return { device_id: deviceId, status: 'SUCCESS', token };
    } catch (error) {
      if (!(error instanceof Failure)) {
        log.error('provisioning_failed', { address, message: (error as Error).message });
        return { status: 'FAILURE', error: 'DISABLED', errorMsg: 'the bridge cannot store devices now' };
      }
      log.warning('provisioning_refused', { address, error: error.code });
      return { status: 'FAILURE', error: error.code, errorMsg: error.message };
    }
  }

  /** Answers a request that came as bytes, over MQTT. */
  answerBytes(payload: Uint8Array, address: string): ProvisionAnswer {
    let input: unknown;
    try {
      input = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload));
    } catch {
      return { status: 'FAILURE', error: 'INVALID_REQUEST', errorMsg: 'the request is not JSON' };
    }
    return this.answer(input, address);
  }

  #isLimited(address: string): boolean {
    const now = this.#deps.clock.steadyMs();
    if (now >= this.#all.endsAt) this.#all = { count: 0, endsAt: now + WINDOW_MS };
    return this.#wrong.count(address) >= WRONG_PER_SENDER_MAX || this.#all.count >= WRONG_IN_ALL_MAX;
  }

  #wrongKey(address: string, message: string): Failure {
    this.#wrong.note(address);
    this.#all.count++;
    return new Failure('INVALID_KEY', message);
  }

  #provision(input: unknown, address: string): { deviceId: string; token: string } {
    if (this.#isLimited(address)) {
      throw new Failure('RATE_LIMITED', 'too many wrong keys; try again in a minute');
    }
    const request = readRequest(input);
    const template = this.#templateOf(request, address);
    const known = request.device_key && this.#deps.table.byKey(template.templateId, request.device_key);
    if (!known) return this.#make(template, request);
    return { deviceId: known.deviceId, token: this.#again(template, known) };
  }

  #templateOf(request: ProvisionRequest, address: string): Template {
    const { templates } = this.#deps;
    const template = templates.byCredentials(request.provision_key, request.provision_secret);
    if (!template) throw this.#wrongKey(address, 'provision key or secret not accepted');
    if (!template.enabled) throw new Failure('DISABLED', 'this template is disabled');
    const { allowed_keys: allowed } = template;
    if (allowed && !(request.device_key !== undefined && allowed.includes(request.device_key))) {
      throw this.#wrongKey(address, 'this device_key is not accepted');
    }
    return template;
  }

  /** The token of a device that was provisioned before, as the template has it. */
  #again({ key_policy: policy }: Template, { deviceId }: OwnDevice): string {
    if (policy === 'refuse') throw new Failure('ALREADY_PROVISIONED', 'this device_key has a device already');
    const { registry, tokens, onTokenChanged } = this.#deps;
    const entry = registry.get(deviceId);
    const refusal = entry && entry.own?.approval !== 'pending' ? refusalOf(entry) : null;
    if (refusal !== null) throw new Failure('DISABLED', refusal);
    const known = policy === 'same_token' ? tokens.reveal(deviceId) : null;
    if (known !== null) return known;
    const token = tokens.issue(deviceId);
    onTokenChanged(deviceId);
    return token;
  }

  #make(template: Template, request: ProvisionRequest): { deviceId: string; token: string } {
    const { registry, tokens, clock } = this.#deps;
    if (registry.isNameTaken(request.device_name)) {
      throw new Failure('NAME_TAKEN', 'another device has this device_name');
    }
    if (registry.isFull()) throw new Failure('DISABLED', 'there are as many devices as there may be');
    const deviceId = randomUUID();
    const device: OwnDevice = {
      deviceId,
      source: 'provisioned',
      config: this.#configOf(template, request, deviceId),
      approval: template.approval_required ? 'pending' : 'approved',
      templateId: template.templateId,
      deviceKey: request.device_key ?? null,
      createdAt: clock.wallMs(),
    };
    return { deviceId, token: registry.save(device, () => tokens.issue(deviceId)) };
  }

  #configOf(template: Template, request: ProvisionRequest, deviceId: string): OwnConfig {
    const { registry } = this.#deps;
    const mqttTopic = topicOfPattern(template.defaults.mqtt_topic, deviceId, request.device_key ?? null);
    if (mqttTopic === null) throw new Failure('INVALID_REQUEST', 'this template needs a device_key');
    const wanted = { ...template.defaults, machine_name: request.device_name, mqtt_topic: mqttTopic };
    const checked = registry.check(deviceId, wanted);
    if (!checked.ok) throw new Failure('INVALID_REQUEST', `unusable device: ${checked.errors[0]?.message}`);
    if (registry.areTopicsTaken(registry.topicsOf(checked.config))) {
      throw new Failure('INVALID_REQUEST', 'the topics of this device belong to another one');
    }
    return checked.config;
  }
}
