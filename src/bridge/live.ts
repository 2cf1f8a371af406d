import type { BridgeEvent } from '../model/event.ts';
import type { LiveItem, LiveMessage } from '../model/live.ts';
import type { Reading } from '../model/reading.ts';
import type { Observer } from '../pipeline/observer.ts';
import { isoTime } from '../platform/clock.ts';
import { Feed } from '../platform/feed.ts';
import type { SessionsTable } from '../store/sessions.ts';
import type { Surroundings } from './surroundings.ts';

/** Is told of an event that Odoo has taken, or that was set aside. */
export type OnSettled = (
  event: { uid: string; eventType: string; deviceId: string },
  state: 'delivered' | 'parked',
) => void;

const CHANGES = {
  session_started: 'opened',
  session_heartbeat: 'heartbeat',
  session_stopped: 'closed',
  session_timeout: 'closed',
} as const;

function liveReading(deviceId: string, reading: Reading): LiveItem {
  const { powerW, energyTotalKwh, voltageV, currentA } = reading;
  return {
    kind: 'reading',
    data: {
      device_id: deviceId,
      at: isoTime(reading.receivedAt),
      ...(powerW !== undefined && { power_w: powerW }),
      ...(energyTotalKwh !== undefined && { energy_kwh: energyTotalKwh }),
      ...(voltageV !== undefined && { voltage_v: voltageV }),
      ...(currentA !== undefined && { current_a: currentA }),
    },
  };
}

/** What just happened, for those who watch. Costs next to nothing while nobody does. */
export function createLive(sessions: SessionsTable, { clock, log }: Surroundings) {
  const feed = new Feed<LiveItem>((error) => log.error('live_stream_failed', { message: String(error) }));

  function told(event: BridgeEvent): void {
    const { event_uid, event_type, device_id } = event;
    feed.publish({
      kind: 'event',
      data: { event_uid, event_type, device_id, state: 'pending', at: isoTime(clock.wallMs()) },
    });
    if (!(event_type in CHANGES) || !('session_id' in event.payload)) return;
    const session = sessions.one(event.payload.session_id);
    const change = CHANGES[event_type as keyof typeof CHANGES];
    if (session) feed.publish({ kind: 'session', data: { ...session, change } });
  }

  const observer: Observer = {
    input(deviceId, input) {
      if (!feed.listened || input.kind !== 'reading' || input.reading.presence) return;
      feed.publish(liveReading(deviceId, input.reading));
    },
    moved({ at, from, to }, machineNow) {
      if (!feed.listened) return;
      const machine = machineNow();
      const { device_id } = machine;
      feed.publish({ kind: 'state', data: { device_id, at: isoTime(at), from, to, machine } });
    },
  };
  const settled: OnSettled = ({ uid, eventType, deviceId }, state) => {
    if (!feed.listened) return;
    const data = { event_uid: uid, event_type: eventType, device_id: deviceId, state };
    feed.publish({ kind: 'event', data: { ...data, at: isoTime(clock.wallMs()) } });
  };
  return {
    feed,
    observer,
    settled,
    /** These events are on disk now. */
    committed(events: readonly BridgeEvent[]): void {
      if (feed.listened) for (const event of events) told(event);
    },
    message(topic: string, deviceId: string | null, record: () => LiveMessage): void {
      if (feed.listened) feed.publish({ kind: 'message', topic, device_id: deviceId, record });
    },
  };
}
export type Live = ReturnType<typeof createLive>;
