import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createIdentities } from '../src/bridge/identities.ts';
import type { Stores } from '../src/bridge/stores.ts';
import { validateConfiguration } from '../src/config/device-config.ts';
import { readSettings } from '../src/config/environment.ts';
import type { Message } from '../src/model/message.ts';
import { logTo } from '../src/platform/log.ts';
import { ManualClock } from '../src/platform/manual-clock.ts';
import { createMetrics } from '../src/platform/metrics.ts';
import { attributesTable } from '../src/store/attributes.ts';
import { type Database, openMemoryDatabase } from '../src/store/database.ts';
import { devicesTable } from '../src/store/devices.ts';
import { templatesTable } from '../src/store/templates.ts';
import { tokensTable } from '../src/store/tokens.ts';

/** A device of a configuration, of the generic family. */
export function configured(device_id: string, more: object = {}) {
  return { device_id, mqtt_topic: `m/${device_id}`, parser_type: 'generic', ...more };
}

/** Devices, tokens, templates and attributes over a database in memory; brokers and machines are played. */
export class IdentitiesStage {
  readonly clock: ManualClock;
  readonly database: Database;
  readonly identities: ReturnType<typeof createIdentities>;
  /** What the pipeline was told: `+id`, `~id`, `-id`. */
  readonly changes: string[] = [];
  readonly disconnected: string[] = [];
  readonly published: { topic: string; payload: string }[] = [];
  readonly folder: string;

  /** @param from a stage whose database and keys are taken over, as by a new process */
  constructor(options: { environment?: Record<string, string>; from?: IdentitiesStage } = {}) {
    const { environment = {}, from } = options;
    this.clock = from?.clock ?? new ManualClock();
    this.folder = from?.folder ?? mkdtempSync(join(tmpdir(), 'iot-bridge-identities-'));
    this.database = from?.database ?? openMemoryDatabase();
    const read = readSettings({}, { DATA_DIR: this.folder, ...environment }, {});
    if ('faults' in read) throw new Error(read.faults.join('; '));
    const tables = {
      database: this.database,
      devices: devicesTable(this.database),
      tokens: tokensTable(this.database),
      templates: templatesTable(this.database),
      attributes: attributesTable(this.database, { history: true }),
    };
    this.identities = createIdentities(
      {
        settings: read.settings,
        stores: tables as unknown as Stores,
        onChange: ({ added, updated, removed }) => {
          for (const { deviceId } of added) this.changes.push(`+${deviceId}`);
          for (const { after } of updated) this.changes.push(`~${after.deviceId}`);
          for (const { deviceId } of removed) this.changes.push(`-${deviceId}`);
        },
        machines: () => [],
        disconnect: (deviceId) => this.disconnected.push(deviceId),
        tell: ({ topic, payload }) => this.published.push({ topic, payload: payload.toString() }),
        isBroker: () => false,
        onAttributes: () => undefined,
      },
      {
        clock: this.clock,
        random: () => 0.5,
        log: logTo({ write: () => undefined }, 'ERROR'),
        metrics: createMetrics(),
      },
    );
  }

  /** Puts a configuration in force. */
  push(...devices: object[]): void {
    const result = validateConfiguration({ devices }, { devicesMax: 100 });
    if (!result.ok) throw new Error(JSON.stringify(result.errors));
    const configs = new Map(result.configuration.devices.map((config) => [config.device_id, config]));
    const running = new Map(result.devices.map((device) => [device.deviceId, device]));
    this.identities.registry.setConfigured(configs, running);
  }

  /** Waits until the pipeline was told what changed. */
  settled(): Promise<void> {
    return new Promise((resolve) => {
      setImmediate(() => setImmediate(resolve));
    });
  }

  /** A message to the device's attributes. */
  say(deviceId: string, payload: string | Buffer): void {
    const message: Message = {
      topic: `messages/${deviceId}/attribute`,
      payload: Buffer.from(payload),
      receivedAt: this.clock.wallMs(),
      steadyAt: this.clock.steadyMs(),
      retained: false,
      qos: 1,
      done: () => undefined,
    };
    const changes = this.identities.intake.read(message);
    this.database.transaction(() => attributesTable(this.database, { history: true }).record(changes));
  }

  end(): void {
    this.identities.stop();
    this.database.close();
    rmSync(this.folder, { recursive: true });
  }
}
