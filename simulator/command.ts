import { randomBytes } from 'node:crypto';
import { parseSimulateArguments, type SimulateOptions, simulateUsage } from './arguments.ts';
import type { SimulatorClock } from './clock.ts';
import { deviceFamilies } from './families/registry.ts';
import { type BrokerAddress, connectLink, type Link } from './link.ts';
import { type Phase, planPhases, scenarios } from './scenarios.ts';
import { type PlayedDevice, playPhases, type Tally } from './simulation.ts';

/** Where `simulate` writes, and its time and chance. */
export type SimulatorIo = {
  out(line: string): void;
  err(line: string): void;
  /** Shows `text` in place of what it showed before, the empty text to clear it. Missing: no terminal, a line per phase. */
  rewrite?(text: string): void;
  clock: SimulatorClock;
  /** Gives a number in [0, 1). */
  random: () => number;
  /** Ends the simulation in good order. Missing: SIGINT and SIGTERM do. */
  signal?: AbortSignal;
};

const EXIT_OK = 0;
const EXIT_NOT_TAKEN = 1;
const EXIT_WRONG_OPTIONS = 2;

const CONNECTS_AT_ONCE = 20;
const PROGRESS_INTERVAL_MS = 200;

type LinkedDevice = PlayedDevice & { link: Link };
type ConnectAllOutcome = { status: 'connected' } | { status: 'failed'; reason: string };

function brokerAddress(options: SimulateOptions): BrokerAddress {
  const host = options.host.includes(':') ? `[${options.host}]` : options.host;
  return {
    url: `${options.tls ? 'mqtts' : 'mqtt'}://${host}:${options.port}`,
    username: options.username,
    password: options.password,
    ca: options.ca,
    tlsInsecure: options.tlsInsecure,
  };
}

/** SIGINT and SIGTERM as a signal of ours; a second one ends the process as usual. */
function untilInterrupted(): { signal: AbortSignal; release(): void } {
  const controller = new AbortController();
  const abort = () => controller.abort();
  process.once('SIGINT', abort).once('SIGTERM', abort);
  return {
    signal: controller.signal,
    release: () => process.off('SIGINT', abort).off('SIGTERM', abort),
  };
}

/** Connects every device and adds it to `linked`; stops at the first that fails. */
async function connectAll(
  options: SimulateOptions,
  random: () => number,
  signal: AbortSignal,
  linked: LinkedDevice[],
): Promise<ConnectAllOutcome> {
  const broker = brokerAddress(options);
  const run = randomBytes(4).toString('hex');
  const connectOne = async (topic: string, index: number): Promise<ConnectAllOutcome> => {
    const device = deviceFamilies[options.device].device({ topic, qos: options.qos, random });
    const known = linked[0]?.link.protocolVersion;
    const outcome = await connectLink({
      broker,
      clientId: `simulator-${run}-${index + 1}`,
      will: device.will,
      signal,
      ...(known ? { protocolVersion: known } : {}),
    });
    if (outcome.status === 'failed') return outcome;
    linked.push({ device, link: outcome.link });
    return { status: 'connected' };
  };
  // The first one alone: it finds out what the broker speaks, and a wrong password is tried only once.
  for (let from = 0, count = 1; from < options.topics.length; from += count, count = CONNECTS_AT_ONCE) {
    const group = options.topics.slice(from, from + count);
    const outcomes = await Promise.all(group.map((topic, i) => connectOne(topic, from + i)));
    const failed = outcomes.find((outcome) => outcome.status === 'failed');
    if (failed) return failed;
  }
  return { status: 'connected' };
}

function describePhase(phase: Phase): string {
  return phase.silent ? `${phase.name}: no messages` : `${phase.name}: ${Number(phase.powerW.toFixed(2))} W`;
}

/** Tells how far the scenario is: one line that is rewritten, or one line per phase. */
function progressTeller(io: SimulatorIo, phases: readonly Phase[]): (phase: Phase, elapsedS: number) => void {
  const totalS = phases.reduce((sum, phase) => sum + phase.durationS, 0);
  let told: Phase | null = null;
  let toldAtMs = 0;
  return (phase, elapsedS) => {
    const { rewrite } = io;
    if (rewrite) {
      const nowMs = io.clock.nowMs();
      if (phase === told && nowMs - toldAtMs < PROGRESS_INTERVAL_MS) return;
      rewrite(`${elapsedS}/${totalS} s  ${describePhase(phase)}`);
      toldAtMs = nowMs;
    } else if (phase !== told) {
      io.out(`${phase.startS}/${totalS} s  ${describePhase(phase)} for ${phase.durationS} s`);
    }
    told = phase;
  };
}

function summary(tally: Tally, devices: number): string {
  const { measurement, presence, relay } = tally.taken;
  return [
    `${devices} ${devices === 1 ? 'device' : 'devices'}`,
    `${measurement} measurements`,
    `${presence} presence messages`,
    ...(relay > 0 ? [`${relay} relay messages`] : []),
    `${tally.energyKwh.toFixed(4)} kWh`,
    `${tally.refused} refused`,
  ].join(', ');
}

async function simulate(options: SimulateOptions, io: SimulatorIo, signal: AbortSignal): Promise<number> {
  const linked: LinkedDevice[] = [];
  const where = `${options.host}:${options.port}`;
  try {
    const connected = await connectAll(options, io.random, signal, linked);
    if (connected.status === 'failed') {
      io.err(signal.aborted ? 'interrupted' : `cannot connect to ${where}: ${connected.reason}`);
      return EXIT_NOT_TAKEN;
    }
    const phases = planPhases(scenarios[options.scenario], options.thresholds, options);
    const [first = ''] = options.topics;
    io.out(
      `playing ${options.scenario} on ${first}${linked.length > 1 ? ` and ${linked.length - 1} more` : ''}`,
    );
    const onProgress = progressTeller(io, phases);
    const tally = await playPhases(linked, {
      phases,
      speed: options.speed,
      clock: io.clock,
      signal,
      onProgress,
    });
    io.rewrite?.('');
    io.out(`${signal.aborted ? 'interrupted: ' : ''}${summary(tally, linked.length)}`);
    const lost = linked.find(({ link }) => link.lost.aborted);
    if (lost) io.err(`connection to ${where} lost: ${String(lost.link.lost.reason)}`);
    else if (tally.refused > 0) io.err(`${tally.refused} messages refused: ${tally.refusal}`);
    return lost || tally.refused > 0 ? EXIT_NOT_TAKEN : EXIT_OK;
  } finally {
    await Promise.all(linked.map(({ link }) => link.close()));
  }
}

/**
 * `iot-bridge simulate`: plays devices against a broker.
 * @returns the exit code: 0 the broker took everything that was sent (also when interrupted), 1 it did not
 *   (the reason goes to `err`), 2 the options are wrong (all faults go to `err`)
 */
export async function runSimulate(argv: readonly string[], io: SimulatorIo): Promise<number> {
  const outcome = parseSimulateArguments(argv);
  if (outcome.status === 'help') {
    io.out(simulateUsage);
    return EXIT_OK;
  }
  if (outcome.status === 'faulty') {
    for (const fault of outcome.faults) io.err(fault);
    return EXIT_WRONG_OPTIONS;
  }
  if (io.signal) return simulate(outcome.options, io, io.signal);
  const interruption = untilInterrupted();
  try {
    return await simulate(outcome.options, io, interruption.signal);
  } finally {
    interruption.release();
  }
}
