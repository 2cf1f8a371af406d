import type { AttributeChange, AttributeNews } from '../model/attribute.ts';
import type { Device } from '../model/device.ts';
import type { BridgeEvent } from '../model/event.ts';
import type { AttributesTable } from './attributes.ts';
import type { Database } from './database.ts';
import type { DeviceStatesTable } from './device-states.ts';
import type { FactsTable } from './facts.ts';
import type { OutboxRow, OutboxTable } from './outbox.ts';
import type { DroppedEvent } from './outbox-bound.ts';
import type { SessionsTable } from './sessions.ts';

/** What one turn of the event loop changed. */
export type Batch = {
  states: Iterable<{ device: Device; state: object }>;
  /** Devices that are new or whose options changed; saved with their states. */
  devices: Iterable<{ device: Device; state: object }>;
  events: readonly BridgeEvent[];
  /** What devices said about themselves. */
  attributes: readonly AttributeChange[];
  /** When the broker was last heard, on the steady clock of this process. */
  heardSteadyAt: number;
};

export type BatchWriterDeps = {
  database: Database;
  states: DeviceStatesTable;
  sessions: SessionsTable;
  outbox: OutboxTable;
  attributes: Pick<AttributesTable, 'record'>;
  facts: FactsTable;
  /** The event as it is sent, or null when the chosen dialect has no such event. */
  encode(event: BridgeEvent): { eventType: string; body: Uint8Array } | null;
  /** Most undelivered events. */
  queueMax: number;
  /** Events that are being sent; they are never dropped. */
  inFlight(): ReadonlySet<string>;
};

/**
 * What a batch did: the lanes of the outbox that got events, the events that had to go for them, and the
 * attributes that are other ones now, or found no room.
 */
export type Written = {
  lanes: Set<string>;
  dropped: DroppedEvent[];
  attributes: AttributeNews[];
  attributesLeftOut: AttributeChange[];
};

const HEARD = 'heard_steady_at';

/** Writes states, sessions and events of one batch in one transaction: all of it is on disk, or none. */
export function batchWriter(deps: BatchWriterDeps) {
  const { database, states, sessions, outbox, attributes, facts, encode, queueMax, inFlight } = deps;
  function rowOf(event: BridgeEvent): OutboxRow | null {
    const encoded = encode(event);
    if (!encoded) return null;
    const sessionId = 'session_id' in event.payload ? event.payload.session_id : null;
    return {
      uid: event.event_uid,
      deviceId: event.device_id,
      sessionId,
      ts: Date.parse(event.ts),
      ...encoded,
    };
  }
  return {
    /**
     * @throws when the disk does not take it; nothing was changed then
     */
    write(batch: Batch, nowMs: number): Written {
      return database.transaction(() => {
        for (const { device, state } of batch.devices) states.saveDevice(device, state, nowMs);
        for (const { device, state } of batch.states) states.saveState(device.deviceId, state, nowMs);
        facts.set(HEARD, String(batch.heardSteadyAt));
        const { news, leftOut } = attributes.record(batch.attributes);
        const rows: OutboxRow[] = [];
        for (const event of batch.events) {
          sessions.record(event);
          const row = rowOf(event);
          if (row) rows.push(row);
        }
        const lanes = outbox.append(rows, nowMs);
        const dropped = outbox.dropExcess(queueMax, inFlight());
        return { lanes, dropped, attributes: news, attributesLeftOut: leftOut };
      });
    },
    /** When the former process last heard its broker, on its own steady clock; null at the very first start. */
    heardSteadyAt(): number | null {
      const value = facts.get(HEARD);
      return value === null ? null : Number(value);
    },
  };
}
export type BatchWriter = ReturnType<typeof batchWriter>;
