import { createFlows } from '../flows/flows.ts';
import type { Pipeline } from '../pipeline.ts';
import type { Identities } from './identities.ts';
import type { Messaging } from './messaging.ts';
import type { Stores } from './stores.ts';
import type { Surroundings } from './surroundings.ts';

export type FlowsPart = {
  stores: Stores;
  pipeline: Pipeline;
  messaging: Messaging;
  identities: Identities;
};

/** The flows, with what they may do. */
export function createFlowsPart(
  { stores, pipeline, messaging, identities }: FlowsPart,
  surroundings: Surroundings,
) {
  return createFlows({
    ...surroundings,
    table: stores.flows,
    publish(message, brokerId = messaging.brokers.defaultId() ?? '') {
      return messaging.publish(brokerId, message);
    },
    setAttribute(deviceId, key, value) {
      const result = identities.administration.setAttributes(deviceId, { [key]: value });
      if (result.status === 'set') return { ok: true };
      if (result.status === 'invalid') {
        return { error: result.errors.map(({ message }) => message).join('; ') };
      }
      return { error: `there is no device ${deviceId}` };
    },
    emit: (event) => pipeline.emit([event]),
  });
}
