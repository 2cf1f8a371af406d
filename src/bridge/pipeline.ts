import type { Settings } from '../config/settings.ts';
import { encodeEvent } from '../outbox/dialect.ts';
import { parserFor } from '../parse/index.ts';
import { Pipeline } from '../pipeline.ts';
import { batchWriter, type Written } from '../store/batch.ts';
import type { DeliveryPart } from './delivery.ts';
import type { Late } from './late.ts';
import type { Live } from './live.ts';
import type { Messages } from './messages.ts';
import type { Reception } from './reception.ts';
import type { Stores } from './stores.ts';
import type { Surroundings } from './surroundings.ts';

export type PipelinePart = {
  settings: Settings;
  stores: Stores;
  live: Live;
  delivery: DeliveryPart;
  messages: Messages;
  reception: Reception;
};

/** The pipeline, with those who are told what it does. */
export function createPipeline(part: PipelinePart, late: Late, surroundings: Surroundings): Pipeline {
  const { settings, stores, live, delivery, messages, reception } = part;
  return new Pipeline({
    ...surroundings,
    installationId: stores.installationId,
    parserOf: parserFor,
    states: stores.states,
    writer: batchWriter({
      ...stores,
      encode: (event) => encodeEvent(event, settings.delivery.dialect),
      queueMax: settings.delivery.queueMax,
      inFlight: () => delivery.inFlightUids(),
    }),
    onMessage: (message, link, machine) => messages.received(message, link.id, machine),
    onCommitted(written, events) {
      reportLosses(written, surroundings);
      delivery.wake(written.lanes);
      live.committed(events);
      const { flows } = late();
      for (const event of events) flows.event(event);
      for (const news of written.attributes) flows.attribute(news);
    },
    observer: {
      input(deviceId, input) {
        stores.history.input(deviceId, input);
        live.observer.input(deviceId, input);
      },
      moved: live.observer.moved,
    },
    ask(link, { topic, payload }) {
      const message = { topic, payload: Buffer.from(payload), qos: 1 as const, retain: false };
      // Not heard is as good as not answered: silence goes on.
      void late().messaging.publish(link.id, message);
    },
    links: reception.links,
  });
}

function reportLosses({ dropped, attributesLeftOut }: Written, { log, metrics }: Surroundings): void {
  for (const { eventType, uid, deviceId } of dropped) {
    metrics.outboxDropped.inc({ type: eventType });
    const event = { event_uid: uid, event_type: eventType, device_id: deviceId };
    log.error('event_dropped', { ...event, reason: 'outbox full' });
  }
  for (const { deviceId, key } of attributesLeftOut) {
    const reason = 'the device has as many attributes as it may have';
    log.warning('attribute_left_out', { device_id: deviceId, key, reason });
  }
}
