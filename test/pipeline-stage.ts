import { EXAMPLE_OPTIONS } from '../src/detect/timeline.ts';
import type { Device } from '../src/model/device.ts';
import type { BridgeEvent } from '../src/model/event.ts';
import type { Message } from '../src/model/message.ts';
import { encodeEvent } from '../src/outbox/dialect.ts';
import { parserOf } from '../src/parse/index.ts';
import type { PipelineLink } from '../src/pipeline/link.ts';
import { Pipeline } from '../src/pipeline.ts';
import { logTo } from '../src/platform/log.ts';
import { ManualClock } from '../src/platform/manual-clock.ts';
import { createMetrics } from '../src/platform/metrics.ts';
import { attributesTable } from '../src/store/attributes.ts';
import { batchWriter } from '../src/store/batch.ts';
import { type Database, openMemoryDatabase } from '../src/store/database.ts';
import { deviceStatesTable } from '../src/store/device-states.ts';
import { factsTable } from '../src/store/facts.ts';
import { outboxTable } from '../src/store/outbox.ts';
import { sessionsTable } from '../src/store/sessions.ts';

/** A device of the generic family on the topic `m/<id>`, with the figures of the worked examples. */
export function device(deviceId: string, changes: Partial<Device['detector']> = {}): Device {
  return {
    deviceId,
    broker: null,
    probe: false,
    parserType: 'generic',
    parser: { deviceId, mqttTopic: `m/${deviceId}`, channel: null, options: {} },
    detector: {
      ...EXAMPLE_OPTIONS,
      deviceId,
      machineName: deviceId,
      heartbeatIntervalMs: null,
      ...changes,
    },
  };
}

/** A link that a test plays: heard only when it says so. */
export class PlayedLink implements PipelineLink {
  readonly id: string;
  readonly general: boolean;
  heard: number;
  proofsAsked = 0;
  filters: string[] = [];
  constructor(id: string, heard: number, general = true) {
    this.id = id;
    this.general = general;
    this.heard = heard;
  }
  heardAt(): number {
    return this.heard;
  }
  prove(): void {
    this.proofsAsked++;
  }
  setFilters(filters: ReadonlySet<string>): void {
    this.filters = [...filters];
  }
}

/** A whole pipeline over a real database in memory, with time and brokers played by the test. */
export class Stage {
  readonly clock = new ManualClock();
  readonly link = new PlayedLink('main', this.clock.steadyMs());
  readonly other = new PlayedLink('other', this.clock.steadyMs());
  readonly database: Database;
  readonly pipeline: Pipeline;
  readonly acknowledged: string[] = [];
  /** Questions to devices, as `topic=payload`. */
  readonly asked: string[] = [];
  failing = false;
  writesTried = 0;

  constructor(database = openMemoryDatabase()) {
    this.database = database;
    const outbox = outboxTable(database);
    const states = deviceStatesTable(database);
    const tables = {
      database,
      states,
      sessions: sessionsTable(database),
      outbox,
      facts: factsTable(database),
      attributes: attributesTable(database, { history: true }),
    };
    const writer = batchWriter({
      ...tables,
      encode: (event: BridgeEvent) => encodeEvent(event, 'session'),
      queueMax: 1000,
      inFlight: () => new Set<string>(),
    });
    this.pipeline = new Pipeline({
      clock: this.clock,
      log: logTo({ write: () => undefined }, 'ERROR'),
      metrics: createMetrics(),
      installationId: '7f1b6a52-3d1c-4c55-9a0e-0d5c0a6a1f10',
      parserOf,
      states,
      writer: {
        ...writer,
        write: (batch, nowMs) => {
          this.writesTried++;
          if (this.failing) throw new Error('database or disk is full');
          return writer.write(batch, nowMs);
        },
      },
      onMessage: () => [],
      observer: { input: () => undefined, moved: () => undefined },
      ask: (_link, probe) => this.asked.push(`${probe.topic}=${probe.payload}`),
      onCommitted: () => undefined,
      links: [this.link, this.other],
    });
  }

  begin(...devices: Device[]): this {
    this.pipeline.change({ added: devices, updated: [], removed: [] });
    this.pipeline.start();
    this.pipeline.linkUp(this.link, false);
    return this;
  }

  say(deviceId: string, powerW: number, link = this.link, qos: 0 | 1 = 1): void {
    this.hear(`m/${deviceId}`, String(powerW), link, qos, `${deviceId}:${powerW}`);
  }

  hear(topic: string, payload: string, link = this.link, qos: 0 | 1 = 1, name = topic): void {
    link.heard = this.clock.steadyMs();
    const message: Message = {
      topic,
      payload: Buffer.from(payload),
      receivedAt: this.clock.wallMs(),
      steadyAt: this.clock.steadyMs(),
      retained: false,
      qos,
      done: () => this.acknowledged.push(name),
    };
    this.pipeline.receive(message, link);
  }

  pass(ms: number): void {
    this.link.heard = this.clock.steadyMs() + ms;
    this.clock.advance(ms);
  }

  events(): string[] {
    return this.database
      .prepare('SELECT event_type, body FROM outbox ORDER BY seq')
      .all()
      .map((row) => {
        const { payload } = JSON.parse(Buffer.from(row.body as Uint8Array).toString());
        return [row.event_type, payload.reason].join(' ');
      })
      .filter((text) => !text.startsWith('device_'));
  }

  state(): string | undefined {
    return this.pipeline.machines()[0]?.state;
  }
}
