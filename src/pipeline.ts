import { isDeepStrictEqual } from 'node:util';
import { type DetectorState, initialState } from './detect/state.ts';
import type { Device } from './model/device.ts';
import type { BridgeEvent } from './model/event.ts';
import type { Machine } from './model/machine.ts';
import type { Message } from './model/message.ts';
import { TopicRoutes } from './mqtt/topic-routes.ts';
import type { ParseOutcome, Parser } from './parse/parser.ts';
import { Committer } from './pipeline/committer.ts';
import type { PipelineDeps } from './pipeline/deps.ts';
import { hearing } from './pipeline/hearing.ts';
import { listensTo, NOWHERE, type PipelineLink } from './pipeline/link.ts';
import {
  asSaved,
  isSameMeter,
  type LiveDevice,
  liveDevice,
  machineOf,
  showPower,
} from './pipeline/live-device.ts';
import { Reporter } from './pipeline/reporter.ts';
import { Sources } from './pipeline/sources.ts';
import { Stepper } from './pipeline/stepper.ts';

/**
 * Messages in, events out: parse, detect, commit, acknowledge, tell. Owns the live states and the deadlines.
 * All messages that arrive in one turn of the event loop share one commit.
 */
export class Pipeline {
  readonly #deps: PipelineDeps;
  readonly #live = new Map<string, LiveDevice>();
  /** Devices that went away since the last commit: what the disk says of them is out of date. */
  readonly #departed = new Map<string, LiveDevice>();
  #routes = new TopicRoutes<LiveDevice>();
  readonly #committer: Committer;
  readonly #sources: Sources;
  readonly #stepper: Stepper;
  readonly #reporter: Reporter;

  constructor(deps: PipelineDeps) {
    this.#deps = deps;
    this.#reporter = new Reporter(deps.log, deps.metrics);
    this.#committer = new Committer({
      ...deps,
      heardAt: () => this.#sources.heardAt(),
      live: () => this.#live.values(),
      onCommitted: (...commit) => {
        this.#departed.clear();
        deps.onCommitted(...commit);
      },
    });
    this.#sources = new Sources({
      clock: deps.clock,
      runDeadline: (deviceId, steadyAt) => {
        const live = this.#live.get(deviceId);
        if (live) this.#stepper.step(live, { kind: 'deadline', steadyAt });
      },
      onSettled: (link) => {
        for (const live of this.#live.values()) if (live.link === link) this.#hearAgain(live);
      },
    });
    for (const link of deps.links) this.#sources.add(link);
    this.#stepper = new Stepper({
      ...deps,
      committer: this.#committer,
      sources: this.#sources,
      reporter: this.#reporter,
      live: (deviceId) => this.#live.get(deviceId),
    });
  }

  /** Begins, the configuration being in force: sessions of devices that are gone meanwhile end here. */
  start(): void {
    for (const saved of this.#deps.states.loadUnfinished()) {
      if (this.#live.has(saved.device.deviceId)) continue;
      const device = asSaved(saved.device);
      const live = this.#revive(device, this.#parser(device), saved.state as DetectorState);
      this.#stepper.step(live, { kind: 'removed', ...this.#now() });
    }
    this.#committer.start();
  }

  /** Takes a configuration over: who is new, other or gone. */
  change(change: { added: Device[]; updated: { after: Device }[]; removed: Device[] }): void {
    for (const device of change.removed) this.#remove(device.deviceId);
    for (const { after } of change.updated) this.#update(after);
    for (const device of change.added) this.#add(device);
    this.#listen();
  }

  /** Messages come from `link`, too. */
  addLink(link: PipelineLink): void {
    this.#sources.add(link);
    for (const live of this.#live.values()) {
      if (live.link === NOWHERE && listensTo(live.device.broker, link)) live.link = link;
    }
    this.#listen();
  }

  /** Nothing comes from `link` any more; sessions of its devices stay open. */
  removeLink(link: PipelineLink): void {
    this.linkLost(link, link.heardAt());
    this.#sources.remove(link);
    for (const live of this.#live.values()) {
      if (live.link === link) this.#moveTo(live, this.#sources.linkFor(live.device.broker));
    }
    this.#listen();
  }

  #listen(): void {
    const { routes, filters } = hearing(this.#live.values(), this.#sources.links());
    this.#routes = routes;
    for (const [link, heard] of filters) link.setFilters(heard);
  }

  /** Takes one message; it is acknowledged when what it changed is on disk. */
  receive(message: Message, link: PipelineLink): void {
    let durable = false;
    let machine: string | null = null;
    for (const live of this.#routes.match(message.topic)) {
      if (!listensTo(live.device.broker, link)) continue;
      machine ??= live.device.deviceId;
      if (live.link !== link) this.#moveTo(live, link);
      if (this.#read(live, message)) durable = true;
    }
    const attributes = this.#deps.onMessage(message, link, machine);
    if (attributes.length > 0) this.#committer.addAttributes(attributes);
    this.#committer.acknowledge(message, durable || attributes.length > 0);
  }

  /** The link is up; its devices are heard again once its backlog, if there may be one, is through. */
  linkUp(link: PipelineLink, backlog: boolean): void {
    this.#sources.up(link, backlog);
  }

  /** Nothing was heard after `steadyAt`: time stands still for the link's devices until it is back. */
  linkLost(link: PipelineLink, steadyAt: number): void {
    this.#sources.down(link);
    for (const live of this.#live.values()) {
      if (live.link === link) this.#stepper.step(live, { kind: 'link_lost', steadyAt });
    }
  }

  /** The broker is there, so silence until now was silence of the devices. */
  proven(link: PipelineLink): void {
    this.#sources.deadlines(link)?.run();
  }

  /** Puts events that come from no device's detector into the outbox. */
  emit(events: readonly BridgeEvent[]): void {
    this.#committer.addEvents(events);
    for (const event of events) this.#deps.metrics.detectEvents.inc({ type: event.event_type });
  }

  machines(): Machine[] {
    const steadyAt = this.#deps.clock.steadyMs();
    return Array.from(this.#live.values(), (live) => machineOf(live, steadyAt));
  }

  /** The devices that listen to a topic, over whichever broker. */
  listeners(topic: string): readonly Device[] {
    return this.#routes.match(topic).map(({ device }) => device);
  }

  /** The broker a device is heard over; null: it does not run. */
  brokerOf(deviceId: string): string | null {
    return this.#live.get(deviceId)?.link.id ?? null;
  }

  openSessions(): number {
    let open = 0;
    for (const { state } of this.#live.values()) if (state.session && state.phase !== 'starting') open++;
    return open;
  }

  /** Whether commits succeed; false while the disk does not take them. */
  canCommit(): boolean {
    return this.#committer.healthy();
  }

  /** Puts everything on disk and lets go of timers. The link must have been stopped before. */
  stop(): void {
    this.#sources.stop();
    this.#stepper.stop();
    this.#committer.stop();
  }

  #now() {
    return { wallAt: this.#deps.clock.wallMs(), steadyAt: this.#deps.clock.steadyMs() };
  }

  #hearAgain(live: LiveDevice): void {
    this.#stepper.step(live, { kind: 'link_back', ...this.#now() });
  }

  /** The device speaks over another broker. */
  #moveTo(live: LiveDevice, link: PipelineLink): void {
    this.#sources.deadlines(live.link)?.forget(live.device.deviceId);
    live.link = link;
    if (this.#sources.watch(link)?.settled()) this.#hearAgain(live);
    // What this broker kept must not pass for new.
    else this.#stepper.step(live, { kind: 'link_lost', steadyAt: this.#deps.clock.steadyMs() });
    this.#stepper.schedule(live);
  }

  #revive(device: Device, parser: Parser, state: DetectorState): LiveDevice {
    const link = this.#sources.linkFor(device.broker);
    const live = liveDevice(device, parser, link, { ...initialState(), ...state });
    const heardSteadyAt = this.#deps.writer.heardSteadyAt();
    this.#stepper.step(live, { kind: 'restarted', ...this.#now(), heardSteadyAt });
    return live;
  }

  #add(device: Device): void {
    const parser = this.#parser(device);
    const { deviceId } = device;
    const departed = this.#departed.get(deviceId);
    if (departed) this.#committer.forget(departed);
    const saved = departed ?? this.#deps.states.load(deviceId);
    const state = (saved?.state as DetectorState | undefined) ?? initialState();
    const live = this.#revive(saved ? asSaved(saved.device) : device, parser, state);
    this.#live.set(device.deviceId, live);
    // Also when it is as saved: what the next commit says of when the broker was heard is about this process.
    this.#committer.deviceChanged(live);
    this.#become(live, device, parser);
  }

  #update(device: Device): void {
    const live = this.#live.get(device.deviceId);
    if (live) this.#become(live, device, this.#parser(device));
  }

  #parser(device: Device): Parser {
    const parser = this.#deps.parserOf(device.parserType, device.parser.mqttTopic);
    if (!parser) throw new Error(`no parser ${device.parserType}: the configuration was not validated`);
    return parser;
  }

  /** Gives `live` another configuration; a device on another meter begins anew. */
  #become(live: LiveDevice, device: Device, parser: Parser): void {
    const same = isDeepStrictEqual(live.device, device);
    if (!isSameMeter(live.device, device)) {
      this.#stepper.step(live, { kind: 'removed', ...this.#now() });
      live.shownPowerW = null;
      live.problem = null;
    } else if (!same) {
      this.#stepper.step(live, { kind: 'reconfigured', ...this.#now() });
    }
    if (!same) {
      live.device = device;
      live.parser = parser;
      live.memory = parser.initialMemory();
      this.#committer.deviceChanged(live);
    }
    const link = this.#sources.linkFor(device.broker, live.link);
    if (link !== live.link) return this.#moveTo(live, link);
    if (this.#sources.watch(live.link)?.settled()) this.#hearAgain(live);
    this.#stepper.schedule(live);
  }

  #remove(deviceId: string): void {
    const live = this.#live.get(deviceId);
    if (!live) return;
    this.#stepper.step(live, { kind: 'removed', ...this.#now() });
    this.#live.delete(deviceId);
    this.#departed.set(deviceId, live);
    this.#stepper.forget(live);
  }

  /** Gives `message` to one device; whether something changed that must be on disk first. */
  #read(live: LiveDevice, message: Message): boolean {
    const outcome: ParseOutcome<unknown> = live.parser.parse(message, live.device.parser, live.memory);
    live.memory = outcome.memory;
    this.#reporter.outcome(live, message, outcome);
    if (outcome.status === 'unusable') return false;
    let durable = false;
    for (const reading of outcome.readings) {
      showPower(live, reading);
      if (this.#stepper.step(live, { kind: 'reading', reading })) durable = true;
      this.#reporter.reading(live, message, reading);
    }
    return durable;
  }
}
