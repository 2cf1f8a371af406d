import { isDeepStrictEqual } from 'node:util';
import { type Input, nextDeadline, step } from './detect/detector.ts';
import { type DetectorState, initialState } from './detect/state.ts';
import type { AttributeChange } from './model/attribute.ts';
import type { Device } from './model/device.ts';
import type { Machine } from './model/machine.ts';
import type { Message } from './model/message.ts';
import type { Reading } from './model/reading.ts';
import { TopicRoutes } from './mqtt/topic-routes.ts';
import type { ParseOutcome, Parser } from './parse/parser.ts';
import { Committer } from './pipeline/committer.ts';
import { DeadlineRunner } from './pipeline/deadline-runner.ts';
import type { PipelineLink } from './pipeline/link.ts';
import { LinkWatch } from './pipeline/link-watch.ts';
import {
  filtersOf,
  isSameMeter,
  type LiveDevice,
  liveDevice,
  machineOf,
  showPower,
} from './pipeline/live-device.ts';
import { Reporter } from './pipeline/reporter.ts';
import type { Clock } from './platform/clock.ts';
import type { Log } from './platform/log.ts';
import type { Metrics } from './platform/metrics.ts';
import type { BatchWriter, Written } from './store/batch.ts';
import type { DeviceStatesTable } from './store/device-states.ts';

export type PipelineDeps = {
  clock: Clock;
  log: Log;
  metrics: Metrics;
  installationId: string;
  parserOf(type: string): Parser | undefined;
  writer: BatchWriter;
  states: DeviceStatesTable;
  /** The attributes that a message sets, if it does. `measured`: a machine listens to its topic. */
  onMessage(message: Message, link: PipelineLink, measured: boolean): readonly AttributeChange[];
  /** What a commit did to the outbox. */
  onCommitted(written: Written): void;
  /** What messages come from; a device belongs to the first until another one brings a message of it. */
  links: readonly [PipelineLink, ...PipelineLink[]];
};

/** What the pipeline keeps for each link. */
type Source = { watch: LinkWatch; deadlines: DeadlineRunner };

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
  readonly #sources: ReadonlyMap<PipelineLink, Source>;
  readonly #reporter: Reporter;

  constructor(deps: PipelineDeps) {
    this.#deps = deps;
    this.#reporter = new Reporter(deps.log, deps.metrics);
    this.#committer = new Committer({
      ...deps,
      heardAt: () => Math.min(...deps.links.map((link) => link.heardAt())),
      live: () => this.#live.values(),
      onCommitted: (written) => {
        this.#departed.clear();
        deps.onCommitted(written);
      },
    });
    this.#sources = new Map(deps.links.map((link) => [link, this.#source(link)]));
  }

  /** Begins, the configuration being in force: sessions of devices that are gone meanwhile end here. */
  start(): void {
    for (const saved of this.#deps.states.loadUnfinished()) {
      if (this.#live.has(saved.device.deviceId)) continue;
      const live = this.#revive(saved.device, this.#parser(saved.device), saved.state as DetectorState);
      this.#step(live, { kind: 'removed', ...this.#now() });
    }
    this.#committer.start();
  }

  /** Takes a configuration over: who is new, other or gone. */
  change(change: { added: Device[]; updated: { after: Device }[]; removed: Device[] }): void {
    for (const device of change.removed) this.#remove(device.deviceId);
    for (const { after } of change.updated) this.#update(after);
    for (const device of change.added) this.#add(device);
    const routes = new TopicRoutes<LiveDevice>();
    const filters = new Set<string>();
    for (const live of this.#live.values()) {
      for (const filter of filtersOf(live.device, live.parser)) {
        routes.add(filter, live);
        filters.add(filter);
      }
    }
    this.#routes = routes;
    for (const link of this.#deps.links) link.setFilters(filters);
  }

  /** Takes one message; it is acknowledged when what it changed is on disk. */
  receive(message: Message, link: PipelineLink): void {
    let durable = false;
    const machines = this.#routes.match(message.topic);
    for (const live of machines) {
      if (live.link !== link) this.#moveTo(live, link);
      if (this.#read(live, message)) durable = true;
    }
    const attributes = this.#deps.onMessage(message, link, machines.length > 0);
    if (attributes.length > 0) this.#committer.addAttributes(attributes);
    this.#committer.acknowledge(message, durable || attributes.length > 0);
  }

  /** The link is up; its devices are heard again once its backlog, if there may be one, is through. */
  linkUp(link: PipelineLink, backlog: boolean): void {
    this.#sources.get(link)?.watch.up(backlog);
  }

  /** Nothing was heard after `steadyAt`: time stands still for the link's devices until it is back. */
  linkLost(link: PipelineLink, steadyAt: number): void {
    this.#sources.get(link)?.watch.down();
    for (const live of this.#live.values()) {
      if (live.link === link) this.#step(live, { kind: 'link_lost', steadyAt });
    }
  }

  /** The broker is there, so silence until now was silence of the devices. */
  proven(link: PipelineLink): void {
    this.#sources.get(link)?.deadlines.run();
  }

  machines(): Machine[] {
    const steadyAt = this.#deps.clock.steadyMs();
    return Array.from(this.#live.values(), (live) => machineOf(live, steadyAt));
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
    for (const { watch, deadlines } of this.#sources.values()) {
      watch.down();
      deadlines.stop();
    }
    this.#committer.stop();
  }

  #now() {
    return { wallAt: this.#deps.clock.wallMs(), steadyAt: this.#deps.clock.steadyMs() };
  }

  #source(link: PipelineLink): Source {
    const { clock } = this.#deps;
    const deadlines = new DeadlineRunner({
      clock,
      heardAt: () => link.heardAt(),
      prove: () => link.prove(),
      run: (deviceId, steadyAt) => {
        const live = this.#live.get(deviceId);
        if (live) this.#step(live, { kind: 'deadline', steadyAt });
      },
    });
    const onSettled = () => {
      for (const live of this.#live.values()) if (live.link === link) this.#hearAgain(live);
    };
    return { deadlines, watch: new LinkWatch({ clock, onSettled }) };
  }

  #hearAgain(live: LiveDevice): void {
    this.#step(live, { kind: 'link_back', ...this.#now() });
  }

  /** The device speaks over another broker. */
  #moveTo(live: LiveDevice, link: PipelineLink): void {
    this.#sources.get(live.link)?.deadlines.forget(live.device.deviceId);
    live.link = link;
    if (this.#sources.get(link)?.watch.settled()) this.#hearAgain(live);
    // What this broker kept must not pass for new.
    else this.#step(live, { kind: 'link_lost', steadyAt: this.#deps.clock.steadyMs() });
    this.#schedule(live);
  }

  #revive(device: Device, parser: Parser, state: DetectorState): LiveDevice {
    const live = liveDevice(device, parser, this.#deps.links[0], { ...initialState(), ...state });
    const heardSteadyAt = this.#deps.writer.heardSteadyAt();
    this.#step(live, { kind: 'restarted', ...this.#now(), heardSteadyAt });
    return live;
  }

  #add(device: Device): void {
    const parser = this.#parser(device);
    const { deviceId } = device;
    const departed = this.#departed.get(deviceId);
    if (departed) this.#committer.forget(departed);
    const saved = departed ?? this.#deps.states.load(deviceId);
    const state = (saved?.state as DetectorState | undefined) ?? initialState();
    const live = this.#revive(saved?.device ?? device, parser, state);
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
    const parser = this.#deps.parserOf(device.parserType);
    if (!parser) throw new Error(`no parser ${device.parserType}: the configuration was not validated`);
    return parser;
  }

  /** Gives `live` another configuration; a device on another meter begins anew. */
  #become(live: LiveDevice, device: Device, parser: Parser): void {
    const same = isDeepStrictEqual(live.device, device);
    if (!isSameMeter(live.device, device)) {
      this.#step(live, { kind: 'removed', ...this.#now() });
      live.shownPowerW = null;
      live.problem = null;
    } else if (!same) {
      this.#step(live, { kind: 'reconfigured', ...this.#now() });
    }
    if (!same) {
      live.device = device;
      live.parser = parser;
      live.memory = parser.initialMemory();
      this.#committer.deviceChanged(live);
    }
    if (this.#sources.get(live.link)?.watch.settled()) this.#hearAgain(live);
    this.#schedule(live);
  }

  #remove(deviceId: string): void {
    const live = this.#live.get(deviceId);
    if (!live) return;
    this.#step(live, { kind: 'removed', ...this.#now() });
    this.#live.delete(deviceId);
    this.#departed.set(deviceId, live);
    this.#sources.get(live.link)?.deadlines.forget(deviceId);
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
      if (this.#step(live, { kind: 'reading', reading })) durable = true;
      this.#reporter.reading(live, message, reading);
    }
    return durable;
  }

  #step(live: LiveDevice, input: Input): boolean {
    const result = step(live.state, live.device.detector, input, this.#deps.installationId);
    live.state = result.state;
    live.unsaved = true;
    for (const effect of result.effects) {
      this.#reporter.effect(live, effect);
      if (effect.kind === 'backlog' && input.kind === 'reading')
        this.#awaitBacklog(live, input.reading, effect.dated);
    }
    if (result.durable) this.#committer.add(live, result.events);
    for (const event of result.events) this.#deps.metrics.detectEvents.inc({ type: event.event_type });
    this.#schedule(live);
    return result.durable;
  }

  /** Says that the link has not settled yet. QoS 0 is not kept by brokers as they come, so it shows nothing. */
  #awaitBacklog(live: LiveDevice, reading: Reading, dated: boolean): void {
    const watch = this.#sources.get(live.link)?.watch;
    if (dated) watch?.backlog();
    else if (reading.qos > 0) watch?.undated(live.undatedAt, reading.steadyAt);
    live.undatedAt = reading.steadyAt;
  }

  #schedule(live: LiveDevice): void {
    const due = nextDeadline(live.state, live.device.detector);
    const steadyAt = due === null ? null : due.at - live.state.offsetMs;
    this.#sources.get(live.link)?.deadlines.set(live.device.deviceId, steadyAt);
  }
}
