import { EventEmitter, once } from 'node:events';
import type { TestContext } from 'node:test';
import { Counter } from 'prom-client';
import type { BridgeEvent } from '../model/event.ts';
import { type Flow, type FlowReport, flowInputSchema } from '../model/flow.ts';
import type { OutgoingMessage, PublishResult } from '../model/message.ts';
import type { Clock } from '../platform/clock.ts';
import type { Log, LogFields } from '../platform/log.ts';
import { ManualClock } from '../platform/manual-clock.ts';
import { createMetrics } from '../platform/metrics.ts';
import { FlowEngine } from './engine.ts';

/** Longer than anything here takes, even on a busy machine. */
const PATIENCE_MS = 20_000;
const changes = new EventEmitter();

/** Lets those who wait look again when the work in hand is done. */
export const changed = () => setImmediate(() => changes.emit('change'));

/** Waits until `isSo`, leaving the processor to others. @throws when it does not come true in 20 s */
export async function until(isSo: () => boolean): Promise<void> {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  while (!isSo()) await once(changes, 'change', { signal });
}

/** A flow as the API would take it. */
export function flowOf(flowId: string, input: object): Flow {
  const whole = { name: flowId, when: { topic: `${flowId}/#` }, ...input };
  return { ...flowInputSchema.parse(whole), flowId, createdAt: 0 };
}

export const publishing = (topic: string, body = 'payload') => ({ publish: { topic, body } });

/**
 * An engine with real expressions; what flows do comes back to it at once, as from a broker.
 * It is stopped when the test `t` ends, well or badly.
 */
export function createTestEngine<C extends Clock = ManualClock>(
  t: TestContext,
  clock: C = new ManualClock() as Clock as C,
) {
  const lines: { event: string; fields: LogFields }[] = [];
  const at = (event: string, fields: LogFields = {}) => void lines.push({ event, fields });
  const log: Log = { debug: at, info: at, warning: at, error: at, debugs: false };
  const metrics = createMetrics();
  for (const counter of Object.values(metrics)) {
    if (!(counter instanceof Counter)) continue;
    const inc = counter.inc.bind(counter);
    counter.inc = () => {
      inc();
      changed();
    };
  }
  const done: unknown[] = [];
  const around = {
    publish: async (_message: OutgoingMessage): Promise<PublishResult> => ({ sent: true }),
    attributes: new Map<string, string>(),
  };
  const engine: FlowEngine = new FlowEngine({
    clock,
    log,
    metrics,
    publish(message, brokerId) {
      changed();
      const text = message.payload.toString();
      done.push(brokerId === undefined ? [message.topic, text] : [message.topic, text, brokerId]);
      say(message.topic, text);
      return around.publish(message);
    },
    setAttribute(deviceId, key, value) {
      done.push({ deviceId, key, value });
      setAttribute(deviceId, key, value);
      return deviceId === 'nobody' ? { error: 'there is no such device' } : { ok: true };
    },
    emit(event) {
      done.push(event);
      engine.event(event);
    },
  });

  t.after(() => engine.stop());

  /** A message as it arrives. */
  function say(
    topic: string,
    payload: string | Buffer,
    brokerId = 'main',
    deviceId: string | null = null,
  ): void {
    const message = { topic, payload: Buffer.from(payload), receivedAt: 0, retained: false, qos: 0 } as const;
    engine.message(message, brokerId, deviceId);
  }

  function setAttribute(deviceId: string, key: string, value: unknown): void {
    const name = `${deviceId} ${key}`;
    const previous = around.attributes.get(name) ?? null;
    const text = value === null ? null : JSON.stringify(value);
    around.attributes.set(name, text ?? '');
    engine.attribute({ deviceId, key, value: text, previous, at: 0 });
  }

  /** Until `flowId` has settled so many triggers, in whichever way. */
  async function reports(flowId: string, isSo: (report: FlowReport) => boolean): Promise<FlowReport> {
    await until(() => isSo(engine.report(flowId)));
    return engine.report(flowId);
  }

  return { engine, clock, lines, metrics, done, around, say, setAttribute, reports };
}

/** `device_online` of a device. */
export function onlineEvent(deviceId: string, n = 1): BridgeEvent {
  return {
    schema_version: 'v1',
    event_uid: `0192f0c1-0000-5000-8000-${String(n).padStart(12, '0')}`,
    event_type: 'device_online',
    device_id: deviceId,
    ts: '2026-01-31T10:00:00.000Z',
    payload: { machine_name: deviceId, last_message_at: null, reason: 'message' },
  };
}
