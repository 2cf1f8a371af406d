import type { AttributeChange } from '../model/attribute.ts';
import type { BridgeEvent } from '../model/event.ts';
import type { Flow, FlowInput, FlowReport, FlowSample, FlowTrial } from '../model/flow.ts';
import type { Message } from '../model/message.ts';
import { Actions, type ActionsDeps } from './actions.ts';
import { Backlog } from './backlog.ts';
import { attributeKey, Causes, eventKey, messageKey } from './causes.ts';
import { Evaluator } from './evaluator.ts';
import { Lane, type Run } from './lane.ts';
import { LaneIndex } from './lane-index.ts';
import { Tally, type TallyDeps } from './tally.ts';
import { tryFlow } from './trial.ts';
import type { Trigger } from './trigger.ts';
import { Webhooks } from './webhooks.ts';

export type FlowEngineDeps = TallyDeps & Omit<ActionsDeps, 'causes' | 'webhooks'>;

/** An attribute that was set or deleted. Values are JSON; null: there is, or was, none. */
export type AttributeNews = Pick<AttributeChange, 'deviceId' | 'key' | 'value' | 'at'> & {
  previous: string | null;
};

/** Trials that may wait at once. */
const TRIALS_MAX = 8;

/**
 * Runs the flows. What it is told of costs next to nothing when no flow wants it, and never waits: a trigger is
 * queued per flow, its expressions are worked out in another process, and its actions are carried out later.
 */
export class FlowEngine {
  readonly #deps: FlowEngineDeps;
  readonly #causes: Causes;
  readonly #evaluator: Evaluator;
  readonly #webhooks: Webhooks;
  readonly #actions: Actions;
  readonly #backlog = new Backlog<Lane, Run>((lane) => lane.tally.add('dropped'));
  readonly #tallies = new Map<string, Tally>();
  readonly #lanes = new Map<string, Lane>();
  #index = new LaneIndex([]);
  #trials = 0;

  constructor(deps: FlowEngineDeps) {
    this.#deps = deps;
    this.#causes = new Causes(deps.clock);
    this.#evaluator = new Evaluator(deps);
    this.#webhooks = new Webhooks(deps.clock);
    this.#actions = new Actions({ ...deps, causes: this.#causes, webhooks: this.#webhooks });
  }

  /** Takes in flows, new or changed; one that was suspended starts afresh. */
  put(...flows: readonly Flow[]): void {
    for (const flow of flows) {
      this.#lanes.get(flow.flowId)?.close();
      this.#lanes.delete(flow.flowId);
      const tally = this.#tallies.get(flow.flowId) ?? new Tally(flow.flowId, this.#deps);
      this.#tallies.set(flow.flowId, tally);
      const deps = {
        ...this.#deps,
        evaluator: this.#evaluator,
        actions: this.#actions,
        backlog: this.#backlog,
      };
      if (flow.enabled) this.#lanes.set(flow.flowId, new Lane(flow, tally, deps));
    }
    this.#changed();
  }

  remove(flowId: string): void {
    this.#lanes.get(flowId)?.close();
    this.#lanes.delete(flowId);
    this.#tallies.delete(flowId);
    this.#changed();
  }

  /** A message has arrived. Its payload is copied when a flow wants it. */
  message(
    message: Pick<Message, 'topic' | 'payload' | 'receivedAt' | 'retained' | 'qos'>,
    brokerId: string,
    deviceId: string | null,
  ): void {
    const lanes = this.#index.ofTopic(message.topic);
    if (lanes.length === 0) return;
    const { topic, payload, receivedAt: at, retained, qos } = message;
    const trigger = once(
      (): Trigger => ({
        kind: 'message',
        topic,
        payload: new Uint8Array(payload),
        qos,
        retained,
        at,
        brokerId,
        deviceId,
      }),
    );
    const depth = once(() => this.#causes.depthOf(() => messageKey(topic, payload)));
    for (const lane of lanes) {
      if ((lane.flow.when.broker_id ?? brokerId) === brokerId) lane.offer(trigger, payload.length, depth);
    }
  }

  /** An event is on its way to Odoo. */
  event(event: BridgeEvent): void {
    const lanes = this.#index.ofEvent(event.event_type);
    if (lanes.length === 0) return;
    const { event_type: type, device_id: deviceId } = event;
    const text = once(() => JSON.stringify(event));
    const trigger = once((): Trigger => ({ kind: 'event', type, deviceId, text: text() }));
    const depth = once(() => this.#causes.depthOf(() => eventKey(event.event_uid)));
    for (const lane of lanes) {
      if ((lane.flow.when.device_id ?? deviceId) === deviceId) lane.offer(trigger, text().length, depth);
    }
  }

  /** An attribute was set. One that keeps its value is no news. */
  attribute({ deviceId, key, value, previous, at }: AttributeNews): void {
    const lanes = this.#index.ofAttribute(key);
    if (lanes.length === 0 || value === previous) return;
    const trigger = once((): Trigger => ({ kind: 'attribute', deviceId, key, value, previous, at }));
    const depth = once(() => this.#causes.depthOf(() => attributeKey(deviceId, key, value ?? 'null')));
    for (const lane of lanes) {
      if ((lane.flow.when.device_id ?? deviceId) === deviceId) lane.offer(trigger, value?.length ?? 0, depth);
    }
  }

  /** What `flow` would do with `sample`; nothing is carried out. Null: too many trials at once. */
  async test(flow: FlowInput, sample: FlowSample): Promise<FlowTrial | null> {
    if (this.#trials >= TRIALS_MAX) return null;
    this.#trials += 1;
    try {
      return await tryFlow(flow, sample, this.#evaluator, this.#deps.clock.wallMs());
    } finally {
      this.#trials -= 1;
      this.#restWhenUnused();
    }
  }

  /** How a flow fares. */
  report(flowId: string): FlowReport {
    const lane = this.#lanes.get(flowId);
    const because = lane?.suspendedBecause ?? null;
    const state = lane === undefined ? 'disabled' : because === null ? 'enabled' : 'suspended';
    const tally = this.#tallies.get(flowId) ?? new Tally(flowId, this.#deps);
    return { state, suspended_because: because, ...tally.report() };
  }

  /** Drops what waits, ends requests and the evaluator. It cannot be used again. */
  async stop(): Promise<void> {
    for (const lane of this.#lanes.values()) lane.close();
    this.#lanes.clear();
    this.#index = new LaneIndex([]);
    await Promise.all([this.#evaluator.stop(), this.#webhooks.stop()]);
  }

  #changed(): void {
    this.#index = new LaneIndex(this.#lanes.values());
    if (this.#lanes.size > 0) this.#evaluator.warm();
    else this.#restWhenUnused();
  }

  #restWhenUnused(): void {
    if (this.#lanes.size === 0 && this.#trials === 0) this.#evaluator.rest();
  }
}

/** `make`, called at most once, and only when its result is wanted. */
function once<T>(make: () => T): () => T {
  let made: { value: T } | null = null;
  return () => (made ??= { value: make() }).value;
}
