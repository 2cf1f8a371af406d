import { type AttributeChange, attributesOf } from '../model/attribute.ts';
import type { Message } from '../model/message.ts';
import { isoTime } from '../platform/clock.ts';
import { excerpt, type Log } from '../platform/log.ts';

const TOPIC = /^messages\/([^/]+)\/attribute$/;
const PROBLEM_LOG_MS = 60_000;

/** Why the last attribute message of a device could not be used, or not all of it. */
export type AttributeProblem = { at: string; topic: string; reason: string; detail: string };

export type AttributeIntakeDeps = { isKnown(deviceId: string): boolean; log: Log };

/** Reads attributes out of messages to `messages/{device_id}/attribute`. */
export function createAttributeIntake({ isKnown, log }: AttributeIntakeDeps) {
  const problems = new Map<string, AttributeProblem & { loggedAt: number }>();

  function keep(deviceId: string, message: Message, reason: string, detail: string): void {
    const before = problems.get(deviceId);
    const due = !before || message.steadyAt - before.loggedAt >= PROBLEM_LOG_MS;
    const { topic } = message;
    const loggedAt = due ? message.steadyAt : before.loggedAt;
    problems.set(deviceId, { at: isoTime(message.receivedAt), topic, reason, detail, loggedAt });
    if (!due) return;
    log.warning('mqtt_message_unusable', {
      device_id: deviceId,
      topic,
      reason,
      detail,
      payload: excerpt(message.payload),
    });
  }

  return {
    /** The attributes that `message` sets; none when it is about something else or cannot be used. */
    read(message: Message): readonly AttributeChange[] {
      const deviceId = TOPIC.exec(message.topic)?.[1];
      if (deviceId === undefined || !isKnown(deviceId)) return [];
      let outcome: ReturnType<typeof attributesOf>;
      try {
        const input: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(message.payload));
        const { receivedAt: at, retained } = message;
        outcome = attributesOf(input, { deviceId, scope: 'device', at, retained });
      } catch {
        outcome = { fault: 'the payload is not JSON' };
      }
      if ('fault' in outcome) {
        keep(deviceId, message, 'attributes_dropped', outcome.fault);
        return [];
      }
      if (outcome.problem !== null) keep(deviceId, message, 'attribute_left_out', outcome.problem);
      return outcome.changes;
    },

    problemOf(deviceId: string): AttributeProblem | null {
      const problem = problems.get(deviceId);
      if (!problem) return null;
      const { loggedAt: _loggedAt, ...shown } = problem;
      return shown;
    },

    forget(deviceId: string): void {
      problems.delete(deviceId);
    },
  };
}
export type AttributeIntake = ReturnType<typeof createAttributeIntake>;
