import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { connectAsync } from 'mqtt';
import { deviceConfigSchema } from '../src/model/device.ts';
import { startMosquitto } from '../test/mosquitto.ts';
import { realClock, type SimulatorClock } from './clock.ts';
import { liveMachine, type MachineSecond, machines } from './machines.ts';
import { seededRandom } from './random.ts';
import { startWorkshop, workshopConfiguration } from './workshop.ts';

const STOP_DEBOUNCE_S = 3;
const SPEED = 100;

/** Real time, so many times as fast: a minute passes in 0.6 s. */
function hastyClock(): SimulatorClock {
  const real = realClock();
  const startMs = real.nowMs();
  return {
    nowMs: () => startMs + (real.nowMs() - startMs) * SPEED,
    sleep: (ms, signal) => real.sleep(ms / SPEED, signal),
  };
}

/** The sessions of a machine's first `seconds`, by power alone; a dropout ends them. */
function sessions(life: Iterator<MachineSecond>, standbyW: number, seconds: number) {
  const ended: { startS: number; endS: number }[] = [];
  let startS: number | null = null;
  let offSinceS: number | null = null;
  for (let s = 0; s < seconds; s++) {
    const second: MachineSecond = life.next().value;
    if (second.powerW >= standbyW && !second.dropout) {
      startS ??= s;
      offSinceS = null;
    } else if (startS !== null) {
      offSinceS ??= s;
      if (s - offSinceS < STOP_DEBOUNCE_S) continue;
      ended.push({ startS, endS: offSinceS });
      startS = null;
      offSinceS = null;
    }
  }
  return ended;
}

/** A destroyed socket is gone some turns later; one that stays is a leak. */
async function noSocketLeft(): Promise<void> {
  const deadline = performance.now() + 2000;
  while (sockets() > 0 && performance.now() < deadline) await new Promise(setImmediate);
  assert.equal(sockets(), 0);
}

describe('machines', () => {
  it('begin at once, and end several sessions of 10 to 40 s in the first minute', () => {
    for (let seed = 0; seed < 100; seed++) {
      for (const machine of machines) {
        const life = liveMachine(machine.steps, seededRandom(seed));
        const ended = sessions(life, machine.standbyW, 60);
        assert.ok(ended.length >= 1, `${machine.deviceId}, seed ${seed}`);
        const [first] = ended;
        const lengthS = (first?.endS ?? 0) - (first?.startS ?? 0);
        assert.equal(first?.startS, 0);
        assert.ok(lengthS >= 10 && lengthS <= 40, `${machine.deviceId}, seed ${seed}: ${lengthS} s`);
      }
    }
  });

  it('never draw more than their rating', () => {
    for (const { steps, ratedW, deviceId } of machines) {
      for (const { powerW } of steps) assert.ok(powerW[1] < ratedW, deviceId);
    }
  });
});

describe('configuration', () => {
  const { devices } = workshopConfiguration();

  it('is valid, every device', () => {
    for (const device of devices) assert.ok(deviceConfigSchema.safeParse(device).success, device.device_id);
  });

  it('names six machines, each once', () => {
    assert.equal(devices.length, 6);
    for (const key of ['device_id', 'machine_name', 'mqtt_topic'] as const) {
      assert.equal(new Set(devices.map((device) => device[key])).size, 6, key);
    }
  });

  it('is quick enough for people who watch', () => {
    const { standby_threshold_w, working_threshold_w, ...times } =
      devices[0]?.session_config ?? assert.fail();
    assert.deepEqual(times, {
      strategy: 'power_threshold',
      start_debounce_s: 1,
      stop_debounce_s: 3,
      message_timeout_s: 15,
      heartbeat_interval_s: 10,
    });
    assert.deepEqual([standby_threshold_w, working_threshold_w], [20, 200]);
  });
});

const sockets = () => process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length;
type Heard = { topic: string; payload: string };
const isJunk = ({ payload }: Heard) => !/^\{.*"minute_ts":\d+\}\}$/.test(payload);
const isRepeat = ({ payload }: Heard, i: number, all: readonly Heard[]) => payload === all[i + 1]?.payload;

describe('workshop', () => {
  it('publishes for all machines, flaws and last will included, and leaves nothing open', async () => {
    const broker = await startMosquitto();
    const listener = await connectAsync(broker.url);
    await listener.subscribeAsync('#', { qos: 1 });
    const messages: Heard[] = [];
    const workshop = startWorkshop({
      mqttUrl: broker.url,
      random: seededRandom(4),
      clock: hastyClock(),
      signal: new AbortController().signal,
      onProblem: (problem) => assert.fail(problem),
    });
    const of = (topic: string) => messages.filter((message) => message.topic === topic);
    const lathe = machines.find(({ deviceId }) => deviceId === 'lathe')?.topic ?? '';
    const latheOnline = lathe.replace(/status.*/, 'online');
    const seenAll = () =>
      machines.every(({ topic }) => of(topic).length >= 60) &&
      of('stat/compressor/POWER').some(({ payload }) => payload === 'OFF') &&
      of(latheOnline).length >= 3 &&
      of(lathe).some(isJunk) &&
      of(lathe).some(isRepeat);
    await new Promise<void>((resolve) => {
      listener.on('message', (topic, payload) => {
        messages.push({ topic, payload: payload.toString() });
        if (seenAll()) resolve();
      });
    });
    assert.deepEqual(
      of(latheOnline)
        .slice(0, 3)
        .map(({ payload }) => payload),
      ['true', 'false', 'true'],
    );
    await workshop.stop();
    await workshop.stop();
    await listener.endAsync();
    await broker.stop();
    await noSocketLeft();
  });

  it('waits for a broker that is away, and tells why once', async () => {
    const gone = await startMosquitto();
    await gone.stop();
    const problems: string[] = [];
    const stopping = new AbortController();
    const clock = hastyClock();
    const waits: number[] = [];
    const workshop = startWorkshop({
      mqttUrl: gone.url,
      random: seededRandom(4),
      clock: {
        nowMs: clock.nowMs,
        sleep: (ms, signal) => {
          waits.push(ms);
          return clock.sleep(ms, signal);
        },
      },
      signal: stopping.signal,
      onProblem: (problem) => problems.push(problem),
    });
    while (waits.length < 30) await new Promise(setImmediate);
    assert.deepEqual(problems, ['connection refused: nobody listens there']);

    const broker = await startMosquitto(['allow_anonymous true'], {}, gone.port);
    const listener = await connectAsync(broker.url);
    const topics = new Set<string>();
    await listener.subscribeAsync('#');
    await new Promise<void>((resolve) => {
      listener.on('message', (topic) => {
        topics.add(topic);
        if (machines.every((machine) => topics.has(machine.topic))) resolve();
      });
    });
    await listener.endAsync();
    const told = problems.length;
    await broker.stop();
    while (problems.length === told) await new Promise(setImmediate);
    stopping.abort();
    await workshop.stop();
    await noSocketLeft();
  });
});
