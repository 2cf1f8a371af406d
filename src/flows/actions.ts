import { randomUUID } from 'node:crypto';
import type { BridgeEvent } from '../model/event.ts';
import type { Flow, RenderedAction } from '../model/flow.ts';
import type { OutgoingMessage, PublishResult } from '../model/message.ts';
import { type Clock, isoTime } from '../platform/clock.ts';
import { attributeKey, type Causes, eventKey, messageKey } from './causes.ts';
import type { Webhooks } from './webhooks.ts';

export type ActionResult = { ok: true } | { error: string };

export type ActionsDeps = {
  publish(message: OutgoingMessage, brokerId?: string): Promise<PublishResult>;
  /** Sets an attribute for a device (scope `server`); null deletes it. */
  setAttribute(deviceId: string, key: string, value: unknown): ActionResult;
  /** Puts an event into the outbox. */
  emit(event: BridgeEvent): void;
  causes: Causes;
  webhooks: Webhooks;
  clock: Clock;
};

const PUBLISH_MS_MAX = 10_000;

/** Carries out what flows ask for, and remembers it as theirs. */
export class Actions {
  readonly #deps: ActionsDeps;

  constructor(deps: ActionsDeps) {
    this.#deps = deps;
  }

  /**
   * Never throws.
   * @param depth of what it sets off
   */
  async carryOut(flow: Flow, action: RenderedAction, depth: number): Promise<ActionResult> {
    try {
      if ('publish' in action) return await this.#publish(action.publish, depth);
      if ('webhook' in action) return await this.#deps.webhooks.send(action.webhook);
      if ('odoo_event' in action) return this.#emit(flow, action.odoo_event, depth);
      const { device_id, key, value } = action.set_attribute;
      this.#deps.causes.remember(attributeKey(device_id, key, JSON.stringify(value)), depth);
      return this.#deps.setAttribute(device_id, key, value);
    } catch (error) {
      return { error: error instanceof Error ? error.message : String(error) };
    }
  }

  async #publish(
    { topic, broker_id, qos, retain, payload }: Extract<RenderedAction, { publish: unknown }>['publish'],
    depth: number,
  ): Promise<ActionResult> {
    const { causes, clock, publish } = this.#deps;
    const message = { topic, payload: Buffer.from(payload), qos, retain };
    const key = messageKey(topic, message.payload);
    // Before it is sent: it may be back before we hear that it was sent.
    causes.remember(key, depth);
    let cancel = () => {};
    const late = new Promise<PublishResult>((resolve) => {
      const reason = `the broker did not confirm the message within ${PUBLISH_MS_MAX / 1000} s`;
      cancel = clock.after(PUBLISH_MS_MAX, () => resolve({ sent: false, reason }));
    });
    try {
      const sending = broker_id === null ? publish(message) : publish(message, broker_id);
      const result = await Promise.race([sending, late]);
      causes.remember(key, depth);
      return result.sent ? { ok: true } : { error: result.reason };
    } finally {
      cancel();
    }
  }

  #emit(
    { flowId, name: flow }: Flow,
    { device_id, name, data }: Extract<RenderedAction, { odoo_event: unknown }>['odoo_event'],
    depth: number,
  ): ActionResult {
    const eventUid = randomUUID();
    this.#deps.causes.remember(eventKey(eventUid), depth);
    this.#deps.emit({
      schema_version: 'v1',
      event_uid: eventUid,
      event_type: 'flow_event',
      device_id,
      ts: isoTime(this.#deps.clock.wallMs()),
      payload: { flow_id: flowId, flow, name, data },
    });
    return { ok: true };
  }
}
