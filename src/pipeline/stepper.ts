import { timeoutAt } from '../detect/deadlines.ts';
import { type Input, nextDeadline, step } from '../detect/detector.ts';
import type { Reading } from '../model/reading.ts';
import type { Probe } from '../parse/parser.ts';
import type { Clock } from '../platform/clock.ts';
import type { Metrics } from '../platform/metrics.ts';
import type { Committer } from './committer.ts';
import type { PipelineLink } from './link.ts';
import { type LiveDevice, machineOf, probeOf } from './live-device.ts';
import type { Observer } from './observer.ts';
import { Prober } from './prober.ts';
import type { Reporter } from './reporter.ts';
import type { Sources } from './sources.ts';

export type StepperDeps = {
  clock: Clock;
  metrics: Metrics;
  installationId: string;
  committer: Committer;
  sources: Sources;
  reporter: Reporter;
  observer: Observer;
  live(deviceId: string): LiveDevice | undefined;
  /** Sends a question to a device over its link. */
  ask(link: PipelineLink, probe: Probe): void;
};

/** Tells the detectors of devices what happened, and sees to what follows: commits, deadlines, questions. */
export class Stepper {
  readonly #deps: StepperDeps;
  readonly #prober: Prober;

  constructor(deps: StepperDeps) {
    this.#deps = deps;
    this.#prober = new Prober({ clock: deps.clock, ask: (deviceId) => this.#ask(deviceId) });
  }

  /** @returns whether something changed that must be on disk before a message is acknowledged */
  step(live: LiveDevice, input: Input): boolean {
    const { installationId, reporter, observer, committer, metrics, clock } = this.#deps;
    const result = step(live.state, live.device.detector, input, installationId);
    // What follows may be another meter: how long the former was still says nothing of it.
    if (input.kind === 'removed') live.sinceAt = null;
    live.state = result.state;
    live.unsaved = true;
    if (input.kind !== 'deadline' || result.durable) observer.input(live.device.deviceId, input);
    for (const effect of result.effects) {
      reporter.effect(live, effect);
      if (effect.kind === 'transition') {
        live.sinceAt = effect.at;
        observer.moved(effect, () => machineOf(live, clock.steadyMs()));
      }
      if (effect.kind === 'backlog' && input.kind === 'reading')
        this.#awaitBacklog(live, input.reading, effect.dated);
    }
    if (result.durable) committer.add(live, result.events);
    for (const event of result.events) metrics.detectEvents.inc({ type: event.event_type });
    this.schedule(live);
    return result.durable;
  }

  /** Sets the next deadline of the device, and when it is to be asked. */
  schedule(live: LiveDevice): void {
    const { state, device } = live;
    const due = nextDeadline(state, device.detector);
    const steadyAt = due === null ? null : due.at - state.offsetMs;
    this.#deps.sources.deadlines(live.link)?.set(device.deviceId, steadyAt);
    if (!device.probe) return;
    const silentAt = timeoutAt(state, device.detector);
    const askedBy = silentAt === null ? null : silentAt - state.offsetMs;
    this.#prober.set(device.deviceId, askedBy, device.detector.messageTimeoutMs ?? 0);
  }

  /** Nothing is due on the device any more. */
  forget({ link, device: { deviceId } }: LiveDevice): void {
    this.#deps.sources.deadlines(link)?.forget(deviceId);
    this.#prober.forget(deviceId);
  }

  stop(): void {
    this.#prober.stop();
  }

  /** Says that the link has not settled yet. QoS 0 is not kept by brokers as they come, so it shows nothing. */
  #awaitBacklog(live: LiveDevice, reading: Reading, dated: boolean): void {
    const watch = this.#deps.sources.watch(live.link);
    if (dated) watch?.backlog();
    else if (reading.qos > 0) watch?.undated(live.undatedAt, reading.steadyAt);
    live.undatedAt = reading.steadyAt;
  }

  #ask(deviceId: string): void {
    const live = this.#deps.live(deviceId);
    const probe = live && probeOf(live.device, live.parser);
    if (probe) this.#deps.ask(live.link, probe);
  }
}
