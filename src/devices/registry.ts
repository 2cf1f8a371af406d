import type { Device, DeviceConfig } from '../model/device.ts';
import type { Approval, Override, OwnConfig, OwnDevice } from '../model/own-device.ts';
import type { Finding } from '../model/validation.ts';
import type { Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import type { Database } from '../store/database.ts';
import type { DevicesTable } from '../store/devices.ts';
import {
  type CheckedOwn,
  checkOwn,
  type Resolve,
  runningOwn,
  unknownFields,
  withOverrides,
} from './device-check.ts';
import { type Diff, diffOf } from './device-diff.ts';
import { type Entry, isReserved, overlap, refusalOf } from './entry.ts';
import { changedOverrides, fieldsOf, survivingOverrides, withFields } from './overrides.ts';

export type RegistryDeps = {
  database: Database;
  table: DevicesTable;
  /** Checks one device of a configuration. */
  resolve: Resolve;
  /** What a device of this family may use at the broker inside, besides its own `messages/…`. */
  ownTopics(parserType: string, mqttTopic: string): string[];
  /** The devices that run changed. */
  onChange(change: Diff<Device>): void;
  /** What the device may do has changed or ended: its connections are to be closed. */
  onAccessChanged(deviceId: string): void;
  devicesMax: number;
  clock: Pick<Clock, 'soon'>;
  log: Log;
};

export type ChangeResult =
  | { status: 'changed' }
  | { status: 'invalid'; errors: Finding[] }
  | { status: 'unknown' };

/**
 * Who is who: the devices of the configuration and those made here, in one place. A device made here that
 * the configuration names too is adopted; when it is let go it is what it was.
 */
export class DeviceRegistry {
  readonly #deps: RegistryDeps;
  readonly #own = new Map<string, OwnDevice>();
  #configured: ReadonlyMap<string, DeviceConfig> = new Map();
  readonly #overrides: Map<string, Override[]>;
  readonly #entries = new Map<string, Entry>();
  #announced = new Map<string, Device>();
  #announcing = false;

  constructor(deps: RegistryDeps) {
    this.#deps = deps;
    this.#overrides = deps.table.overrides();
    for (const own of deps.table.list()) {
      this.#own.set(own.deviceId, own);
      this.#set(own.deviceId, this.#ownEntry(own));
    }
  }

  get(deviceId: string): Entry | null {
    return this.#entries.get(deviceId) ?? null;
  }

  /** All devices: those of the configuration in its order, then those made here, oldest first. */
  list(): Entry[] {
    const ids = new Set([...this.#configured.keys(), ...this.#own.keys()]);
    return Array.from(ids, (id) => this.#entries.get(id)).filter((entry) => entry !== undefined);
  }

  counts(): { all: number; running: number } {
    return { all: this.#entries.size, running: this.#announced.size };
  }

  /** What a device may use when it connects, or why it may not. */
  access(deviceId: string): { topics: readonly string[] } | { refusal: string } {
    const entry = this.#entries.get(deviceId);
    if (!entry) return { refusal: 'no such device' };
    const refusal = refusalOf(entry);
    return refusal === null ? { topics: this.topicsOf(entry.config) } : { refusal };
  }

  /** The topics that a configuration opens to its device at the broker inside. */
  topicsOf({ parser_type, mqtt_topic }: Pick<OwnConfig, 'parser_type' | 'mqtt_topic'>): string[] {
    if (mqtt_topic === undefined) return [];
    return this.#deps.ownTopics(parser_type, mqtt_topic).filter((filter) => !isReserved(filter));
  }

  isNameTaken(name: string): boolean {
    for (const { config, deviceId } of this.#entries.values()) {
      if ((config.machine_name ?? deviceId) === name) return true;
    }
    return false;
  }

  /** Whether another device may use some of `topics` too. */
  areTopicsTaken(topics: readonly string[]): boolean {
    if (topics.length === 0) return false;
    return this.list().some(({ config }) =>
      this.topicsOf(config).some((other) => topics.some((topic) => overlap(topic, other))),
    );
  }

  isFull(): boolean {
    return this.#own.size >= this.#deps.devicesMax;
  }

  /** Takes over what the configuration says; `devices` are its enabled ones, resolved. */
  setConfigured(configs: ReadonlyMap<string, DeviceConfig>, devices: ReadonlyMap<string, Device>): void {
    const gone = [...this.#configured.keys()].filter((id) => !configs.has(id));
    this.#configured = configs;
    for (const id of this.#overrides.keys()) if (!configs.has(id)) this.#saveOverrides(id, []);
    for (const id of gone) {
      const own = this.#own.get(id);
      this.#set(id, own ? this.#ownEntry(own) : null);
    }
    for (const [id, config] of configs) {
      const before = this.#overrides.get(id);
      if (before) this.#set(id, this.#overridden(config, before));
      else this.#set(id, this.#managedEntry(config, [], config, devices.get(id) ?? null));
    }
    this.announce();
  }

  /** Checks a device that is to be made here. */
  check(deviceId: string, input: unknown): CheckedOwn {
    return checkOwn(this.#deps.resolve, deviceId, input);
  }

  /**
   * Adds a device that was checked, or changes it; `also` is part of the same transaction.
   * @throws when the disk does not take it; nothing was changed then
   */
  save<T>(device: OwnDevice, also: () => T): T {
    const { database, table } = this.#deps;
    const result = database.transaction(() => {
      table.save(device);
      return also();
    });
    this.#own.set(device.deviceId, device);
    if (!this.#configured.has(device.deviceId)) this.#set(device.deviceId, this.#ownEntry(device));
    else this.#adopt(device);
    this.#announceSoon();
    return result;
  }

  /** Changes fields of a device; on a configured one they become overrides. null: the default, or no override. */
  patch(deviceId: string, patch: Record<string, unknown>): ChangeResult {
    const config = this.#configured.get(deviceId);
    if (config) return this.#override(config, patch);
    const own = this.#own.get(deviceId);
    if (!own) return { status: 'unknown' };
    const checked = this.check(deviceId, withFields(own.config, fieldsOf(patch)));
    if (!checked.ok) return { status: 'invalid', errors: checked.errors };
    this.save({ ...own, config: checked.config }, () => undefined);
    return { status: 'changed' };
  }

  setApproval(deviceId: string, approval: Approval): boolean {
    const own = this.#own.get(deviceId);
    if (!own) return false;
    this.save({ ...own, approval }, () => undefined);
    return true;
  }

  /**
   * Removes a device that was made here; one the configuration names stays.
   * @param also part of the same transaction
   */
  remove(deviceId: string, also: () => void): 'removed' | 'managed' | 'unknown' {
    if (this.#configured.has(deviceId)) return 'managed';
    if (!this.#own.has(deviceId)) return 'unknown';
    const { database, table } = this.#deps;
    database.transaction(() => {
      table.remove(deviceId);
      also();
    });
    this.#own.delete(deviceId);
    this.#set(deviceId, null);
    this.#announceSoon();
    return 'removed';
  }

  #ownEntry(own: OwnDevice): Entry {
    const { deviceId, config, source } = own;
    const device = runningOwn(this.#deps.resolve, own);
    return { deviceId, source, own, configured: null, overrides: [], config, device };
  }

  #managedEntry(
    configured: DeviceConfig,
    overrides: Override[],
    config: DeviceConfig,
    device: Device | null,
  ): Entry {
    const deviceId = configured.device_id;
    const own = this.#own.get(deviceId) ?? null;
    return { deviceId, source: 'managed', own, configured, overrides, config, device };
  }

  /** The entry of a configured device with overrides; those that no longer hold or fit are dropped. */
  #overridden(config: DeviceConfig, before: readonly Override[]): Entry {
    const { log, resolve } = this.#deps;
    const kept = survivingOverrides(before, config);
    const resolved = resolve(withOverrides(config, kept));
    const overrides = resolved.ok ? kept : [];
    if (overrides.length < before.length) {
      const dropped = before.filter((one) => !overrides.includes(one)).map(({ field }) => field);
      log.info('device_overrides_dropped', { device_id: config.device_id, fields: dropped });
      this.#saveOverrides(config.device_id, overrides);
    }
    const sound = resolved.ok ? resolved : resolve(config);
    const device = sound.ok && sound.config.enabled ? sound.device : null;
    return this.#managedEntry(config, overrides, sound.ok ? sound.config : config, device);
  }

  #override(config: DeviceConfig, patch: Record<string, unknown>): ChangeResult {
    const id = config.device_id;
    const overrides = changedOverrides(this.#overrides.get(id) ?? [], config, patch);
    const resolved = this.#deps.resolve(withOverrides(config, overrides));
    const errors = [...unknownFields(patch), ...(resolved.ok ? [] : resolved.errors)];
    if (!resolved.ok || errors.length > 0) return { status: 'invalid', errors };
    this.#deps.database.transaction(() => this.#deps.table.saveOverrides(id, overrides));
    this.#overrides.set(id, overrides);
    if (overrides.length === 0) this.#overrides.delete(id);
    const device = resolved.config.enabled ? resolved.device : null;
    this.#set(id, this.#managedEntry(config, overrides, resolved.config, device));
    this.#announceSoon();
    return { status: 'changed' };
  }

  #adopt(own: OwnDevice): void {
    const entry = this.#entries.get(own.deviceId);
    if (entry) this.#entries.set(own.deviceId, { ...entry, own });
  }

  #saveOverrides(deviceId: string, overrides: Override[]): void {
    if (overrides.length === 0) this.#overrides.delete(deviceId);
    else this.#overrides.set(deviceId, overrides);
    try {
      this.#deps.database.transaction(() => this.#deps.table.saveOverrides(deviceId, overrides));
    } catch (error) {
      // They are judged again at the next configuration, with the same result.
      this.#deps.log.error('device_overrides_not_saved', {
        device_id: deviceId,
        message: (error as Error).message,
      });
    }
  }

  #set(deviceId: string, entry: Entry | null): void {
    const before = this.#entries.get(deviceId);
    if (entry) this.#entries.set(deviceId, entry);
    else this.#entries.delete(deviceId);
    if (before && refusalOf(before) === null && !this.#isAllowedAsBefore(before, entry)) {
      this.#deps.onAccessChanged(deviceId);
    }
  }

  #isAllowedAsBefore(before: Entry, after: Entry | null): boolean {
    if (!after || refusalOf(after) !== null) return false;
    const { config: a } = before;
    const { config: b } = after;
    if (a.mqtt_topic === b.mqtt_topic && a.parser_type === b.parser_type) return true;
    return this.topicsOf(a).join() === this.topicsOf(b).join();
  }

  /** Devices that come in a row, as in provisioning, are one change to the pipeline. */
  #announceSoon(): void {
    if (this.#announcing) return;
    this.#announcing = true;
    this.#deps.clock.soon(() => {
      if (this.#announcing) this.announce();
    });
  }

  /** Tells the pipeline which devices run now. */
  announce(): void {
    this.#announcing = false;
    const running = new Map<string, Device>();
    for (const { device, deviceId } of this.list()) if (device) running.set(deviceId, device);
    const change = diffOf(this.#announced, running);
    this.#announced = running;
    this.#deps.onChange(change);
  }
}
