import type { Effect } from '../detect/detector.ts';
import type { Message } from '../model/message.ts';
import type { Reading, UnusableReason } from '../model/reading.ts';
import type { ParseOutcome } from '../parse/parser.ts';
import { isoTime } from '../platform/clock.ts';
import { excerpt, type Log } from '../platform/log.ts';
import type { Metrics } from '../platform/metrics.ts';
import type { LiveDevice } from './live-device.ts';

/** Problems of one device are logged once in this time. */
const PROBLEM_LOG_MS = 60_000;

/** Tells log and metrics what the pipeline did with a message. */
export class Reporter {
  readonly #log: Log;
  readonly #metrics: Metrics;

  constructor(log: Log, metrics: Metrics) {
    this.#log = log;
    this.#metrics = metrics;
  }

  effect(live: LiveDevice, effect: Effect): void {
    const device_id = live.device.deviceId;
    switch (effect.kind) {
      case 'transition': {
        const { from, to, at, cause } = effect;
        const power_w = live.state.powerW;
        this.#log.info('state_transition', { device_id, from, to, cause, power_w, at: isoTime(at) });
        break;
      }
      case 'late':
        this.#metrics.detectLate.inc();
        break;
      case 'unattributed':
        this.#metrics.detectUnattributedKwh.inc(effect.kwh);
        this.#log.warning('energy_unattributed', { device_id, energy_kwh: effect.kwh });
        break;
      case 'backlog':
        break;
    }
  }

  /** Counts what could not be used of a message, and keeps it with the device for people to see. */
  outcome(live: LiveDevice, message: Message, outcome: ParseOutcome<unknown>): void {
    const parser = live.parser.type;
    if (outcome.status === 'unusable') {
      const { reason, detail } = outcome;
      this.#metrics.parseUnusable.inc({ parser, reason });
      if (reason !== 'duplicate') this.#problem(live, message, reason, detail);
    } else if (outcome.problems) {
      this.#metrics.parseValuesLeftOut.inc({ parser }, outcome.problems.length);
      const detail = outcome.problems.map(({ field, message: text }) => `${field}: ${text}`).join('; ');
      this.#problem(live, message, 'bad_number', detail);
    }
  }

  #problem(live: LiveDevice, message: Message, reason: UnusableReason, detail: string): void {
    live.problem = { at: message.receivedAt, topic: message.topic, reason, detail };
    if (message.steadyAt - live.problemLoggedAt < PROBLEM_LOG_MS) return;
    live.problemLoggedAt = message.steadyAt;
    this.#log.warning('mqtt_message_unusable', {
      device_id: live.device.deviceId,
      topic: message.topic,
      reason,
      detail,
      payload: excerpt(message.payload),
    });
  }

  reading(live: LiveDevice, message: Message, reading: Reading): void {
    this.#metrics.detectReadings.inc();
    if (!this.#log.debugs) return;
    this.#log.debug('mqtt_message_received', {
      device_id: live.device.deviceId,
      topic: message.topic,
      power_w: reading.powerW,
      state: live.state.phase,
      retained: reading.retained,
    });
  }
}
