import { randomUUID } from 'node:crypto';
import { type Attribute, type AttributeNews, type AttributeScope, attributesOf } from '../model/attribute.ts';
import type { Machine } from '../model/machine.ts';
import type { DeviceDetail, DeviceSummary } from '../model/own-device.ts';
import type { Finding } from '../model/validation.ts';
import { type Clock, isoTime } from '../platform/clock.ts';
import type { AttributesTable } from '../store/attributes.ts';
import type { Database } from '../store/database.ts';
import type { AttributeIntake } from './attribute-intake.ts';
import { approvalOf, type Entry, isPlainLevel } from './entry.ts';
import { fieldOf } from './overrides.ts';
import type { ChangeResult, DeviceRegistry } from './registry.ts';
import type { Tokens } from './tokens.ts';

const HISTORY_MAX = 1000;

export type AdministrationDeps = {
  database: Database;
  registry: DeviceRegistry;
  tokens: Tokens;
  attributes: AttributesTable;
  intake: AttributeIntake;
  machines(): Machine[];
  /** Something about the device's access has changed: its connections are to be closed. */
  disconnect(deviceId: string): void;
  /** The device is told what was set for it; a value of null was deleted. */
  tell(deviceId: string, attributes: Record<string, unknown>): void;
  /** What is legal in a configuration but probably not meant. */
  doubts(deviceId: string, config: Entry['config']): Finding[];
  /** Attributes are other ones now. */
  onAttributes(news: readonly AttributeNews[]): void;
  clock: Pick<Clock, 'wallMs'>;
};

export type CreateResult =
  | { status: 'created'; deviceId: string }
  | { status: 'invalid'; errors: Finding[] }
  | { status: 'taken' }
  | { status: 'full' };
export type AttributesResult = { status: 'set' | 'unknown' } | { status: 'invalid'; errors: Finding[] };

/** A machine that nothing was heard of, for devices that do not run. */
const SILENT: Omit<Machine, 'device_id' | 'machine_name'> = {
  family: null,
  state: 'idle',
  state_since: null,
  power_w: null,
  status: 'unknown',
  last_message_at: null,
  session: null,
  late_messages: 0,
  last_problem: null,
};

const timeOrNull = (ms: number | null) => (ms === null ? null : isoTime(ms));

/** What people do with devices: look, make, change, remove, and hand out tokens. */
export class Administration {
  readonly #deps: AdministrationDeps;

  constructor(deps: AdministrationDeps) {
    this.#deps = deps;
  }

  /** Every device, as lists show it. */
  summaries(): DeviceSummary[] {
    const machines = new Map(this.#deps.machines().map((machine) => [machine.device_id, machine]));
    return this.#deps.registry.list().map((entry) => this.#summary(entry, machines.get(entry.deviceId)));
  }

  detail(deviceId: string): DeviceDetail | null {
    const { registry, tokens, machines, doubts } = this.#deps;
    const entry = registry.get(deviceId);
    if (!entry) return null;
    const token = tokens.info(deviceId);
    return {
      ...this.#summary(
        entry,
        machines().find(({ device_id }) => device_id === deviceId),
      ),
      configuration: entry.config,
      warnings: doubts(deviceId, entry.config),
      overrides: entry.overrides.map(({ field, value }) => ({
        field,
        value,
        configured: fieldOf(entry.configured ?? {}, field),
      })),
      topics: registry.topicsOf(entry.config),
      template_id: entry.own?.templateId ?? null,
      device_key: entry.own?.deviceKey ?? null,
      token: token && {
        created_at: isoTime(token.createdAt),
        last_used_at: timeOrNull(token.lastUsedAt),
        last_copied_at: timeOrNull(token.lastCopiedAt),
      },
    };
  }

  /** Makes a device of `input`, which may name its `device_id`. It has a token at once. */
  create(input: Record<string, unknown>): CreateResult {
    const { registry, tokens, clock } = this.#deps;
    const { device_id: deviceId = randomUUID(), ...config } = input;
    if (typeof deviceId !== 'string' || deviceId.length > 128 || !isPlainLevel(deviceId)) {
      const message =
        'must be 1 to 128 characters without / + # and control characters, not beginning with $';
      return { status: 'invalid', errors: [{ path: 'device_id', message }] };
    }
    const checked = registry.check(deviceId, config);
    if (!checked.ok) return { status: 'invalid', errors: checked.errors };
    if (registry.get(deviceId)) return { status: 'taken' };
    if (registry.isFull()) return { status: 'full' };
    const device = {
      deviceId,
      source: 'console' as const,
      config: checked.config,
      approval: 'approved' as const,
      templateId: null,
      deviceKey: null,
      createdAt: clock.wallMs(),
    };
    registry.save(device, () => tokens.issue(deviceId));
    return { status: 'created', deviceId };
  }

  patch(deviceId: string, patch: Record<string, unknown>): ChangeResult {
    return this.#deps.registry.patch(deviceId, patch);
  }

  remove(deviceId: string): 'removed' | 'managed' | 'unknown' {
    const { registry, tokens, attributes, intake } = this.#deps;
    const result = registry.remove(deviceId, () => {
      tokens.remove(deviceId);
      attributes.forget(deviceId);
    });
    if (result === 'removed') intake.forget(deviceId);
    return result;
  }

  /** The token to copy; made if there is none. null: it cannot be read any more, rotate it. */
  copyToken(deviceId: string): { token: string | null } | null {
    const { registry, tokens } = this.#deps;
    return registry.get(deviceId) && { token: tokens.copy(deviceId) };
  }

  /** A new token; connections with the old one are closed. */
  rotateToken(deviceId: string): { token: string } | null {
    const { registry, tokens, disconnect } = this.#deps;
    if (!registry.get(deviceId)) return null;
    const token = tokens.issue(deviceId);
    disconnect(deviceId);
    return { token };
  }

  /** Those that wait for approval. */
  waiting(): DeviceSummary[] {
    return this.summaries().filter(({ approval }) => approval === 'pending');
  }

  decide(deviceId: string, approval: 'approved' | 'rejected'): boolean {
    return this.#deps.registry.setApproval(deviceId, approval);
  }

  attributes(deviceId: string): Attribute[] | null {
    return this.#deps.registry.get(deviceId) && this.#deps.attributes.list(deviceId);
  }

  pastAttributes(deviceId: string, key: string, scope: AttributeScope, limit: number): Attribute[] | null {
    const { registry, attributes } = this.#deps;
    return registry.get(deviceId) && attributes.past(deviceId, key, scope, Math.min(limit, HISTORY_MAX));
  }

  /** Sets attributes for the device, all or none; null deletes one. It is told. */
  setAttributes(deviceId: string, input: Record<string, unknown>): AttributesResult {
    const { registry, attributes, database, clock, tell, onAttributes } = this.#deps;
    if (!registry.get(deviceId)) return { status: 'unknown' };
    const at = clock.wallMs();
    const outcome = attributesOf(input, { deviceId, scope: 'server', at, retained: false });
    const fault = 'fault' in outcome ? outcome.fault : outcome.problem;
    if ('fault' in outcome || fault !== null) {
      return { status: 'invalid', errors: [{ path: '', message: fault ?? '' }] };
    }
    const { news, leftOut } = database.transaction(() => attributes.record(outcome.changes));
    if (leftOut.length > 0) {
      const errors = leftOut.map(({ key }) => ({
        path: key,
        message: 'the device has as many attributes as it may have',
      }));
      return { status: 'invalid', errors };
    }
    tell(deviceId, input);
    onAttributes(news);
    return { status: 'set' };
  }

  #summary(entry: Entry, machine: Machine | undefined): DeviceSummary {
    const { deviceId, source, own, config, device } = entry;
    const problem = this.#deps.intake.problemOf(deviceId);
    const known = machine?.last_problem ?? null;
    return {
      ...(machine ?? SILENT),
      device_id: deviceId,
      machine_name: config.machine_name ?? deviceId,
      last_problem: problem && (!known || known.at <= problem.at) ? problem : known,
      source,
      returns_to: source === 'managed' ? (own?.source ?? null) : null,
      enabled: config.enabled,
      approval: approvalOf(entry),
      running: device !== null,
    };
  }
}
