import { connectAsync, type MqttClient } from 'mqtt';
import type { SimulatedDevice } from '../../simulator/families/family.ts';
import { generic } from '../../simulator/families/generic.ts';
import { shelly } from '../../simulator/families/shelly.ts';
import { tasmota } from '../../simulator/families/tasmota.ts';
import { pause } from './rig.ts';

const PARSER = { shelly: 'shelly_pm', generic: 'generic', tasmota: 'tasmota', dated: 'generic' } as const;
type Family = keyof typeof PARSER;
/** Backlog older than this is dated by the device's own time. */
const SKEW_MS = 300;
const OFF_W = 0;
/** Below the standby threshold, and unlike any other reading: the last word of a machine. */
const FINAL_W = 3;
const ON_W = [20, 120, 900];

/** A machine: how its meter speaks, and how restlessly it is switched on and off. */
export type Machine = {
  id: string;
  family: Family;
  /** Between two messages. */
  everyMs: number;
  /** Shortest and longest time on, and off. */
  phaseMs: readonly [number, number];
  /** How often it falls silent for this long after a phase. */
  silence?: { chance: number; ms: number };
  session: { [field: string]: number };
  more?: { [field: string]: unknown };
};

/** One time a machine was on, as it was published: ms since the epoch. */
export type OnPhase = { onAt: number; offAt: number };

/**
 * Messages of dated machines carry their time, and their phases are much longer than their debounces: every
 * time they are on must become a session of its own, whatever happens to the bridge.
 */
export const MACHINES: readonly Machine[] = [
  ...['dated-1', 'dated-2', 'dated-3'].map((id): Machine => {
    const session = {
      start_debounce_s: 0.1,
      stop_debounce_s: 0.15,
      heartbeat_interval_s: 0,
      message_timeout_s: 60,
    };
    return { id, family: 'dated', everyMs: 150, phaseMs: [1000, 1600], session };
  }),
  ...['shelly-1', 'shelly-2', 'shelly-3'].map((id): Machine => {
    const session = {
      start_debounce_s: 0.1,
      stop_debounce_s: 0.3,
      heartbeat_interval_s: 1,
      message_timeout_s: 2,
    };
    const more = { offline_timeout_s: 2 };
    return {
      id,
      family: 'shelly',
      everyMs: 260,
      phaseMs: [600, 2200],
      silence: { chance: 0.15, ms: 2600 },
      session,
      more,
    };
  }),
  ...['tasmota-1', 'tasmota-2', 'tasmota-3'].map((id): Machine => {
    const session = { start_debounce_s: 0.2, stop_debounce_s: 0.2, heartbeat_interval_s: 1 };
    return { id, family: 'tasmota', everyMs: 280, phaseMs: [600, 1500], session };
  }),
  ...['generic-1', 'generic-2'].map((id): Machine => {
    const session = {
      start_debounce_s: 0.5,
      stop_debounce_s: 0.5,
      heartbeat_interval_s: 1,
      message_timeout_s: 3,
    };
    const more = { gap_max_s: 1, start_on: 'working' };
    return { id, family: 'generic', everyMs: 300, phaseMs: [700, 2000], session, more };
  }),
];

/** The machine whose messages the acknowledgement is held back for; it speaks only when it is told to. */
const WITNESS: Machine = {
  id: 'witness',
  family: 'dated',
  everyMs: 0,
  phaseMs: [0, 0],
  session: { start_debounce_s: 0.1, stop_debounce_s: 0.1, heartbeat_interval_s: 0, message_timeout_s: 3600 },
};

function topicOf({ id, family }: Machine): string {
  if (family === 'shelly') return `${id}/status/pm1:0`;
  return family === 'tasmota' ? `tele/${id}/SENSOR` : `meters/${id}`;
}

/** The configuration of the machines, as it is pushed to the bridge. */
export function parkConfiguration() {
  const dated = {
    parser_options: {
      power: { path: '$.power' },
      energy: { path: '$.energy' },
      ts: { path: '$.t', format: 'epoch_ms' },
    },
    max_clock_skew_s: SKEW_MS / 1000,
  };
  const deviceOf = (machine: Machine) => ({
    device_id: machine.id,
    mqtt_topic: topicOf(machine),
    parser_type: PARSER[machine.family],
    ...(machine.family === 'dated' ? dated : {}),
    session_config: machine.session,
    ...machine.more,
  });
  return { devices: [...MACHINES, WITNESS].map(deviceOf) };
}

/** The machines at work: publishes with QoS 1 what their meters say. */
export class MachinePark {
  readonly #client: MqttClient;
  readonly #random: () => number;
  readonly #meters = new Map<string, { meter: SimulatedDevice; energyKwh: number }>();
  readonly #phases = new Map<string, OnPhase[]>();
  #running: Promise<void>[] = [];
  #stopping = false;
  messages = 0;

  private constructor(client: MqttClient, random: () => number) {
    this.#client = client;
    this.#random = random;
  }

  static async connect(url: string, random: () => number): Promise<MachinePark> {
    return new MachinePark(await connectAsync(url, { reconnectPeriod: 0 }), random);
  }

  start(): void {
    this.#running = MACHINES.map((machine) => this.#work(machine));
  }

  /** Ends the phase each machine is in; their last word is unlike all others. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#running);
    for (let again = 0; again < 2; again++) {
      await Promise.all([...MACHINES, WITNESS].map((machine) => this.#say(machine, FINAL_W)));
      await pause(400);
    }
  }

  /** Whether `powerW` is the last word of a machine, the noise of its meter included. */
  static isFinal(powerW: number | null): boolean {
    return powerW !== null && Math.abs(powerW - FINAL_W) < FINAL_W / 10;
  }

  /** Switches the witness; resolves when the broker has the message. */
  switchWitness(on: boolean): Promise<unknown> {
    return this.#say(WITNESS, on ? 120 : OFF_W);
  }

  /** When the machine was on, oldest first. */
  phasesOf(id: string): readonly OnPhase[] {
    return this.#phases.get(id) ?? [];
  }

  close(): Promise<void> {
    return this.#client.endAsync(true);
  }

  async #work(machine: Machine): Promise<void> {
    const { id, phaseMs, silence } = machine;
    const phases: OnPhase[] = [];
    this.#phases.set(id, phases);
    while (!this.#stopping) {
      await this.#during(machine, OFF_W, this.#between(phaseMs));
      if (this.#stopping) return;
      if (silence && this.#random() < silence.chance) await pause(silence.ms);
      const onAt = Date.now();
      const powerW = ON_W[Math.floor(this.#random() * ON_W.length)] ?? 20;
      await this.#during(machine, powerW, this.#between(phaseMs));
      phases.push({ onAt, offAt: Date.now() });
      if (silence && !this.#stopping && this.#random() < silence.chance) await pause(silence.ms);
    }
    await this.#during(machine, OFF_W, phaseMs[0]);
  }

  /** A phase is spoken of at its beginning and then in its own rhythm, not in its last part. */
  async #during(machine: Machine, powerW: number, lengthMs: number): Promise<void> {
    const endsAt = performance.now() + lengthMs;
    for (;;) {
      void this.#say(machine, powerW);
      const leftMs = endsAt - performance.now();
      if (leftMs < 3 * machine.everyMs) {
        await pause(leftMs);
        return;
      }
      await pause(machine.everyMs);
    }
  }

  #between([shortestMs, longestMs]: readonly [number, number]): number {
    return shortestMs + (longestMs - shortestMs) * this.#random();
  }

  async #say(machine: Machine, powerW: number): Promise<void> {
    const atMs = Date.now();
    const known = this.#meters.get(machine.id);
    const entry = known ?? { meter: this.#meterOf(machine), energyKwh: 1 };
    this.#meters.set(machine.id, entry);
    entry.energyKwh += (powerW * Math.max(machine.everyMs, 1)) / 3.6e9;
    const sample = { powerW, energyKwh: entry.energyKwh, atMs };
    for (const { topic, payload } of entry.meter.measure(sample)) {
      this.messages++;
      await this.#client.publishAsync(
        topic,
        machine.family === 'dated' ? JSON.stringify({ ...JSON.parse(payload), t: atMs }) : payload,
        { qos: 1 },
      );
    }
  }

  #meterOf(machine: Machine): SimulatedDevice {
    const family = { shelly, tasmota, generic, dated: generic }[machine.family];
    return family.device({ topic: topicOf(machine), qos: 1, random: this.#random });
  }
}
