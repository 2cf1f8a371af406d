import type { SimulatorClock } from './clock.ts';
import type { SimulatedDevice, SimulatedMessage } from './families/family.ts';
import { deviceFamilies } from './families/registry.ts';
import { type BrokerAddress, connectLink, type Link } from './link.ts';
import { type Flaws, liveMachine, type Machine, type MachineSecond, machines } from './machines.ts';
import { seededRandom } from './random.ts';

export type WorkshopOptions = {
  /** `mqtt://`, `mqtts://`, `ws://` or `wss://`. */
  mqttUrl: string;
  username?: string;
  password?: string;
  /** Gives a number in [0, 1). */
  random: () => number;
  clock: SimulatorClock;
  /** Ends the workshop, as `stop` does. */
  signal: AbortSignal;
  /** Told why machines cannot reach the broker: once per reason, until one of them gets through again. */
  onProblem(problem: string): void;
};

export type Workshop = {
  /** Disconnects every machine in good order; resolves when nothing is left open. May be called twice. */
  stop(): Promise<void>;
};

const SECOND_MS = 1000;
const WS_PER_KWH = 3_600_000;
const RETRY_MS_MIN = 1000;
const RETRY_MS_MAX = 30_000;
/** Not all machines speak at the same instant. */
const SHIFT_MS = 150;
const GLITCH_FACTOR = 0.1;
const JUNK = ['nan', '', '{"apower":', 'null', '{"id":0,"apower":nan}', '\u0000\u0001'] as const;

/** Nobody waits for the answers: a workshop must be able to stop while its broker hangs. */
function publishAll(link: Link, messages: readonly SimulatedMessage[]): void {
  for (const message of messages) void link.publish(message);
}

/** What a bad meter makes of a message: itself, itself twice, or junk. */
function blur(message: SimulatedMessage, flaws: Flaws, random: () => number): SimulatedMessage[] {
  const lot = random();
  if (lot < flaws.repeat) return [message, message];
  if (lot >= flaws.repeat + flaws.junk) return [message];
  return [{ ...message, payload: JUNK[Math.floor(random() * JUNK.length)] ?? '' }];
}

/** A machine and its meter: they go on from where they were when a connection comes back. */
class RunningMachine {
  readonly #machine: Machine;
  readonly #device: SimulatedDevice;
  readonly #random: () => number;
  readonly #clock: SimulatorClock;
  readonly #life: Generator<MachineSecond, never>;
  #energyKwh: number;

  constructor(machine: Machine, clock: SimulatorClock, random: () => number) {
    this.#machine = machine;
    this.#random = random;
    this.#clock = clock;
    this.#device = deviceFamilies[machine.family].device({ topic: machine.topic, qos: 1, random });
    this.#life = liveMachine(machine.steps, random);
    this.#energyKwh = machine.energyKwh;
  }

  get will(): SimulatedMessage | null {
    return this.#device.will;
  }

  /** Publishes a message a second until `signal` is aborted, or drops out and waits until it may come back. */
  async play(link: Link, signal: AbortSignal): Promise<void> {
    const here = AbortSignal.any([signal, link.lost]);
    let dueMs = this.#clock.nowMs();
    let pluggedIn = true;
    publishAll(link, this.#device.greet());
    while (!here.aborted) {
      const second = this.#live();
      if (second.dropout && pluggedIn) link.drop();
      if (!second.dropout && !pluggedIn) return;
      pluggedIn = !second.dropout;
      if (pluggedIn) publishAll(link, this.#speak(second));
      dueMs += SECOND_MS;
      await this.#clock.sleep(dueMs - this.#clock.nowMs(), here);
    }
    if (pluggedIn && !link.lost.aborted) publishAll(link, this.#device.leave());
  }

  #live(): MachineSecond {
    const { value } = this.#life.next();
    this.#energyKwh += value.powerW / WS_PER_KWH;
    return value;
  }

  #speak({ powerW, relay }: MachineSecond): SimulatedMessage[] {
    const { flaws } = this.#machine;
    const glitch = flaws && this.#random() < flaws.glitch;
    const energyKwh = this.#energyKwh * (glitch ? GLITCH_FACTOR : 1);
    const messages = this.#device.measure({ powerW, energyKwh, atMs: this.#clock.nowMs(), relay });
    return flaws ? messages.flatMap((message) => blur(message, flaws, this.#random)) : messages;
  }
}

/** Keeps one machine connected for as long as the workshop is open. */
async function keepRunning(
  running: RunningMachine,
  clientId: string,
  options: WorkshopOptions & { problem(reason: string | null): void },
): Promise<void> {
  const { clock, random, signal } = options;
  const { mqttUrl: url, username, password } = options;
  const broker: BrokerAddress = { url, username, password };
  let retryMs = RETRY_MS_MIN;
  while (!signal.aborted) {
    const outcome = await connectLink({ broker, clientId, will: running.will, signal, protocolVersion: 4 });
    if (outcome.status === 'connected') {
      options.problem(null);
      retryMs = RETRY_MS_MIN;
      const { link } = outcome;
      await running.play(link, signal);
      await link.close();
      if (!link.lost.aborted) continue;
      options.problem(String(link.lost.reason));
    } else if (!signal.aborted) {
      options.problem(outcome.reason);
    }
    await clock.sleep(retryMs * (0.5 + random() / 2), signal);
    retryMs = Math.min(retryMs * 2, RETRY_MS_MAX);
  }
}

/**
 * Opens the demo's workshop: six machines publish a reading each second for ever, with sessions of 10 to
 * 40 s that begin at once. A broker that is away is tried again for ever, after 1 to 30 s.
 */
export function startWorkshop(options: WorkshopOptions): Workshop {
  const closing = new AbortController();
  const signal = AbortSignal.any([options.signal, closing.signal]);
  const run = Math.floor(options.random() * 2 ** 32).toString(16);
  let told: string | null = null;
  const problem = (reason: string | null) => {
    if (reason !== null && reason !== told) options.onProblem(reason);
    told = reason;
  };
  const ended = Promise.all(
    machines.map(async (machine, i) => {
      const random = seededRandom(options.random() * 2 ** 32);
      const running = new RunningMachine(machine, options.clock, random);
      await options.clock.sleep(i * SHIFT_MS, signal);
      await keepRunning(running, `workshop-${run}-${machine.deviceId}`, {
        ...options,
        signal,
        random,
        problem,
      });
    }),
  );
  return {
    async stop() {
      closing.abort();
      await ended;
    },
  };
}

/** One device of the workshop in the form of a pushed configuration. */
function deviceConfiguration(machine: Machine) {
  return {
    device_id: machine.deviceId,
    machine_name: machine.machineName,
    mqtt_topic: machine.topic,
    parser_type: machine.parserType,
    rated_power_w: machine.ratedW,
    session_config: {
      strategy: 'power_threshold' as const,
      standby_threshold_w: machine.standbyW,
      working_threshold_w: machine.workingW,
      start_debounce_s: 1,
      stop_debounce_s: 3,
      message_timeout_s: 15,
      heartbeat_interval_s: 10,
    },
  };
}

export type WorkshopConfiguration = { devices: ReturnType<typeof deviceConfiguration>[]; version: string };

/** The configuration for the workshop's six machines, as file, push and pull carry it (snake_case, seconds, W). */
export function workshopConfiguration(): WorkshopConfiguration {
  return { devices: machines.map(deviceConfiguration), version: '1.0' };
}
