import type { SimulatorClock } from './clock.ts';
import type { MessageKind, SimulatedDevice, SimulatedMessage } from './families/family.ts';
import type { Link } from './link.ts';
import { MESSAGE_INTERVAL_S, type Phase } from './scenarios.ts';

/** A device with its connection. */
export type PlayedDevice = { device: SimulatedDevice; link: PlayedLink };
type PlayedLink = Pick<Link, 'publish' | 'lost' | 'inFlightMax'>;

/** What was sent and what became of it. */
export type Tally = {
  /** Taken by the broker, by kind. */
  taken: Record<MessageKind, number>;
  refused: number;
  /** Why the first one was refused. */
  refusal: string | null;
  /** Simulated energy of all devices, kWh. */
  energyKwh: number;
};

export type SimulationOptions = {
  phases: readonly Phase[];
  speed: number;
  clock: SimulatorClock;
  signal: AbortSignal;
  /** Called at every second of the first device, silent ones included. */
  onProgress(phase: Phase, elapsedS: number): void;
};

/** The counter at the start: the documents' example. */
const FIRST_ENERGY_KWH = 0.256325;
const WS_PER_KWH = 3_600_000;

export function emptyTally(): Tally {
  return { taken: { measurement: 0, presence: 0, relay: 0 }, refused: 0, refusal: null, energyKwh: 0 };
}

/** Publishes for one device, never more than its broker takes at once, and counts. */
export class CountingPublisher {
  readonly #link: PlayedLink;
  readonly #tally: Tally;
  readonly #inFlight = new Set<Promise<void>>();

  constructor(link: PlayedLink, tally: Tally) {
    this.#link = link;
    this.#tally = tally;
  }

  /** Resolves when there is room for the next message. */
  async publish(messages: readonly SimulatedMessage[]): Promise<void> {
    for (const message of messages) {
      if (this.#inFlight.size >= this.#link.inFlightMax) await Promise.race(this.#inFlight);
      const sent: Promise<void> = this.#count(message).finally(() => this.#inFlight.delete(sent));
      this.#inFlight.add(sent);
    }
  }

  /** Resolves when the broker has answered everything. */
  async settled(): Promise<void> {
    await Promise.all(this.#inFlight);
  }

  async #count(message: SimulatedMessage): Promise<void> {
    const outcome = await this.#link.publish(message);
    if (outcome.status === 'taken') {
      this.#tally.taken[message.kind]++;
    } else {
      this.#tally.refused++;
      this.#tally.refusal ??= outcome.reason;
    }
  }
}

/** The seconds of the scenario at which a device speaks or, silently, its machine goes on. */
function* beats(phases: readonly Phase[]): Generator<{ phase: Phase; offsetS: number }> {
  for (const phase of phases) {
    for (let s = 0; s < phase.durationS; s += MESSAGE_INTERVAL_S) yield { phase, offsetS: phase.startS + s };
  }
}

/** Plays one device; `shiftMs` spreads many devices over the interval. */
async function playDevice(
  played: PlayedDevice,
  tally: Tally,
  shiftMs: number,
  options: SimulationOptions & { first: boolean },
): Promise<void> {
  const { clock, speed } = options;
  const signal = AbortSignal.any([options.signal, played.link.lost]);
  const startMs = clock.nowMs();
  const dueMs = (offsetS: number) => startMs + (offsetS * 1000 + shiftMs) / speed;
  const publisher = new CountingPublisher(played.link, tally);
  let energyKwh = FIRST_ENERGY_KWH;
  let lastPowerW = 0;

  await publisher.publish(played.device.greet());
  for (const { phase, offsetS } of beats(options.phases)) {
    // Absolute times: a late message does not delay the ones behind it.
    await clock.sleep(dueMs(offsetS) - clock.nowMs(), signal);
    if (signal.aborted) break;
    const usedKwh = (lastPowerW * MESSAGE_INTERVAL_S) / WS_PER_KWH;
    energyKwh += usedKwh;
    tally.energyKwh += usedKwh;
    lastPowerW = phase.powerW;
    if (options.first) options.onProgress(phase, offsetS);
    if (phase.silent) continue;
    const atMs = startMs + offsetS * 1000 + shiftMs;
    await publisher.publish(played.device.measure({ powerW: phase.powerW, energyKwh, atMs }));
  }
  const last = options.phases.at(-1);
  if (last) await clock.sleep(dueMs(last.startS + last.durationS) - clock.nowMs(), signal);
  tally.energyKwh += signal.aborted ? 0 : (lastPowerW * MESSAGE_INTERVAL_S) / WS_PER_KWH;
  if (!played.link.lost.aborted) await publisher.publish(played.device.leave());
  await publisher.settled();
}

/**
 * Plays all devices through the phases, a message each second of simulated time, until the end, until
 * `signal` is aborted or, for a device, until its link is lost.
 */
export async function playPhases(
  devices: readonly PlayedDevice[],
  options: SimulationOptions,
): Promise<Tally> {
  const tally = emptyTally();
  const spreadMs = (MESSAGE_INTERVAL_S * 1000) / devices.length;
  await Promise.all(
    devices.map((played, i) => playDevice(played, tally, i * spreadMs, { ...options, first: i === 0 })),
  );
  return tally;
}
