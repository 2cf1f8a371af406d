import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SimulatedMessage } from './families/family.ts';
import { shelly } from './families/shelly.ts';
import { fastClock } from './fast-clock.ts';
import type { PublishOutcome } from './link.ts';
import { planPhases, type ScenarioName, scenarios } from './scenarios.ts';
import { type PlayedDevice, playPhases } from './simulation.ts';

const START_MS = Date.UTC(2026, 0, 31, 10);

type Sent = { ms: number; device: number; message: SimulatedMessage };
type Setup = {
  devices?: number;
  speed?: number;
  stretch?: object;
  signal?: AbortSignal;
  answer?: (sent: Sent) => Promise<PublishOutcome> | PublishOutcome;
  lost?: AbortSignal;
};

async function play(name: ScenarioName, setup: Setup = {}) {
  const clock = fastClock(START_MS);
  const sent: Sent[] = [];
  const elapsed: number[] = [];
  const devices = Array.from(
    { length: setup.devices ?? 1 },
    (_, device): PlayedDevice => ({
      device: shelly.device({ topic: shelly.defaultTopic, qos: 1, random: () => 0.5 }),
      link: {
        inFlightMax: 16,
        lost: setup.lost ?? new AbortController().signal,
        publish: async (message) => {
          const one = { ms: clock.nowMs() - START_MS, device, message };
          sent.push(one);
          return setup.answer?.(one) ?? { status: 'taken' };
        },
      },
    }),
  );
  const tally = await playPhases(devices, {
    phases: planPhases(scenarios[name], { standbyW: 20, workingW: 100 }, setup.stretch),
    speed: setup.speed ?? 1,
    clock,
    signal: setup.signal ?? new AbortController().signal,
    onProgress: (_phase, elapsedS) => elapsed.push(elapsedS),
  });
  const readings = sent
    .filter(({ message }) => message.kind === 'measurement')
    .map(({ ms, message }) => {
      const status = JSON.parse(message.payload);
      return { ms, powerW: status.apower as number, energyWh: status.aenergy.total as number };
    });
  return { tally, sent, readings, elapsed, endMs: clock.nowMs() - START_MS };
}

/** Every whole second of [from, to), in ms. */
const seconds = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => (from + i) * 1000);

describe('a timeline', () => {
  it('has a message each second, in its phase', async () => {
    const { readings, sent, endMs, tally } = await play('full_session');
    assert.deepEqual(
      readings.map(({ ms }) => ms),
      seconds(0, 110),
    );
    const at = (s: number) => readings[s]?.powerW;
    assert.deepEqual(
      [0, 4, 5, 24, 25, 64, 65, 79, 80, 109].map(at),
      [0.4, 0.4, 30, 30, 150, 150, 30, 30, 0.4, 0.4],
    );
    assert.equal(endMs, 110_000);
    assert.deepEqual(sent.at(0)?.message.payload, 'true');
    assert.deepEqual(sent.at(-1)?.message.payload, 'false');
    assert.deepEqual(tally.taken, { measurement: 110, presence: 2, relay: 0 });
  });

  it('counts the energy of the power before, silent seconds included', async () => {
    const { readings, tally } = await play('offline_test', { stretch: { offlineDurationS: 3600 } });
    const usedWs = (from: number, to: number) =>
      Math.round(((readings[to]?.energyWh ?? 0) - (readings[from]?.energyWh ?? 0)) * 3600);
    assert.equal(usedWs(0, 9), 9 * 150);
    assert.ok(Math.abs(usedWs(9, 10) - 3601 * 150) <= 4, 'to a thousandth of a Wh');
    assert.ok(Math.abs(tally.energyKwh * 3_600_000 - 3620 * 150) < 1e-6);
  });

  it('is silent in a gap', async () => {
    const { readings, elapsed } = await play('offline_test');
    assert.deepEqual(
      readings.map(({ ms }) => ms),
      [...seconds(0, 10), ...seconds(70, 80)],
    );
    assert.equal(elapsed.length, 80, 'progress goes on');
  });

  it('runs faster, energy and all', async () => {
    const { readings, endMs, tally } = await play('working', { speed: 50 });
    assert.equal(endMs, 1200);
    assert.deepEqual(readings[59]?.ms, 1180);
    assert.ok(Math.abs(tally.energyKwh - (60 * 150) / 3_600_000) < 1e-12);
  });

  it('spreads many devices over the second', async () => {
    const { sent, tally } = await play('working', { devices: 4, stretch: { durationS: 2 } });
    const times = sent
      .filter(({ message }) => message.kind === 'measurement')
      .map(({ ms, device }) => [device, ms]);
    assert.deepEqual(times.sort(), [
      [0, 0],
      [0, 1000],
      [1, 1250],
      [1, 250],
      [2, 1500],
      [2, 500],
      [3, 1750],
      [3, 750],
    ]);
    assert.deepEqual(tally.taken, { measurement: 8, presence: 8, relay: 0 });
  });

  it('counts what the broker refuses, with the first reason', async () => {
    const { tally } = await play('working', {
      answer: ({ message, ms }) =>
        message.kind === 'presence' ? { status: 'taken' } : { status: 'refused', reason: `at ${ms}` },
    });
    assert.equal(tally.refused, 60);
    assert.equal(tally.refusal, 'at 0');
    assert.deepEqual(tally.taken, { measurement: 0, presence: 2, relay: 0 });
  });

  it('waits for a slow broker, and catches up without losing a message', async () => {
    const { promise: blocked, resolve: release } = Promise.withResolvers<void>();
    let waiting = 0;
    let waitingMax = 0;
    const { readings, endMs } = await play('working', {
      answer: async ({ ms }) => {
        waitingMax = Math.max(waitingMax, ++waiting);
        if (waiting === 16) setImmediate(release);
        if (ms < 20_000) await blocked;
        waiting--;
        return { status: 'taken' };
      },
    });
    assert.equal(waitingMax, 16);
    assert.equal(readings.length, 60);
    assert.equal(endMs, 60_000, 'the end is where it was');
  });

  it('stops in good order', async () => {
    const controller = new AbortController();
    const { readings, sent, endMs } = await play('working', {
      signal: controller.signal,
      answer: ({ ms }) => {
        if (ms === 5000) controller.abort();
        return { status: 'taken' };
      },
    });
    assert.equal(readings.length, 6);
    assert.equal(endMs, 5000);
    assert.equal(sent.at(-1)?.message.payload, 'false', 'it says goodbye');
  });

  it('ends without a goodbye when the connection is lost', async () => {
    const losing = new AbortController();
    const { sent } = await play('working', {
      lost: losing.signal,
      answer: ({ ms }) => {
        if (ms === 5000) losing.abort('gone');
        return { status: 'taken' };
      },
    });
    assert.equal(sent.length, 7);
    assert.equal(sent.at(-1)?.message.kind, 'measurement');
  });
});
