import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { seededRandom } from '../random.ts';
import { measureElectrics } from './electrics.ts';
import type { DeviceFamily, MachineSample } from './family.ts';
import { generic } from './generic.ts';
import { shelly } from './shelly.ts';
import { shellyGen1 } from './shelly-gen1.ts';
import { tasmota } from './tasmota.ts';
import { zigbee2mqtt } from './zigbee2mqtt.ts';

/** The middle of every range: no noise. */
const quiet = () => 0.5;
const at = (time: string) => Date.parse(`2026-01-31T${time}Z`);
const sample = (time: string, powerW: number, energyKwh: number): MachineSample => ({
  atMs: at(time),
  powerW,
  energyKwh,
});

function play(family: DeviceFamily, samples: readonly MachineSample[], topic = family.defaultTopic) {
  const device = family.device({ topic, qos: 1, random: quiet });
  const messages = samples.map((one) => device.measure(one));
  const payloads = messages.map((sent) => JSON.parse(sent.at(-1)?.payload ?? ''));
  return { device, messages, payloads };
}

describe('electrics', () => {
  it('agree with each other and stay within 2 % of the power', () => {
    const random = seededRandom(1);
    const powers = Array.from({ length: 1000 }, () => {
      const read = measureElectrics(120, random);
      const productW = read.voltageV * read.currentA * read.powerFactor;
      assert.ok(Math.abs(productW - read.powerW) < 1e-9);
      assert.ok(read.voltageV >= 228 && read.voltageV <= 232);
      assert.ok(read.frequencyHz >= 49.97 && read.frequencyHz <= 50.03);
      return read.powerW;
    });
    const lowest = Math.min(...powers);
    const highest = Math.max(...powers);
    assert.ok(lowest >= 117.6 && lowest < 118, `${lowest}`);
    assert.ok(highest <= 122.4 && highest > 122, `${highest}`);
  });

  it('read nothing when nothing flows', () => {
    const { powerW, currentA, voltageV } = measureElectrics(0, quiet);
    assert.deepEqual({ powerW, currentA, voltageV }, { powerW: 0, currentA: 0, voltageV: 230 });
  });
});

describe('shelly', () => {
  it('publishes its whole status, energy in Wh', () => {
    const { messages, payloads } = play(shelly, [sample('10:30:15', 120.5, 0.256325)]);
    const minuteTs = at('10:30:00') / 1000;
    assert.deepEqual(payloads[0], {
      id: 0,
      voltage: 230,
      current: 0.64,
      apower: 120.5,
      freq: 50,
      aenergy: { total: 256.325, by_minute: [0, 0, 0], minute_ts: minuteTs },
      ret_aenergy: { total: 0, by_minute: [0, 0, 0], minute_ts: minuteTs },
    });
    const [message] = messages[0] ?? [];
    assert.equal(message?.topic, 'shellypmminig3-48f6eeb73a1c/status/pm1:0');
    assert.deepEqual([message?.kind, message?.qos, message?.retain], ['measurement', 1, false]);
  });

  it('tells the last three full minutes in mWh, the newest first', () => {
    const { payloads } = play(shelly, [
      sample('10:00:00', 60, 1),
      sample('10:01:00', 60, 1.001),
      sample('10:02:30', 60, 1.0025),
      sample('10:02:59', 60, 1.0029),
      sample('10:05:00', 60, 1.0055),
    ]);
    assert.deepEqual(
      payloads.map((status) => status.aenergy.by_minute),
      [
        [0, 0, 0],
        [1000, 0, 0],
        [1500, 1000, 0],
        [1500, 1000, 0],
        [1000, 1000, 1000],
      ],
    );
    assert.equal(payloads.at(-1).aenergy.minute_ts, at('10:05:00') / 1000);
  });

  it('has a retained last will beside its status', () => {
    const { device } = play(shelly, [], 'hall/1/status/pm1:2');
    const presence = { kind: 'presence', topic: 'hall/1/online', qos: 1, retain: true };
    assert.deepEqual(device.will, { ...presence, payload: 'false' });
    assert.deepEqual(device.greet(), [{ ...presence, payload: 'true' }]);
    assert.deepEqual(device.leave(), [{ ...presence, payload: 'false' }]);
  });

  it('takes the number of the component from its topic', () => {
    const { payloads } = play(shelly, [sample('10:00:00', 1, 1)], 'hall/1/status/pm1:2');
    assert.equal(payloads[0].id, 2);
  });
});

describe('tasmota', () => {
  it('publishes SENSOR, energy in kWh', () => {
    const { messages, payloads } = play(tasmota, [sample('11:30:15', 119.05, 15.1184)]);
    assert.deepEqual(payloads[0], {
      Time: '2026-01-31T11:30:15',
      ENERGY: {
        TotalStartTime: '2025-06-03T15:18:50',
        Total: 15.118,
        Yesterday: 0,
        Today: 0,
        Period: 0,
        Power: 119.05,
        ApparentPower: 145.7,
        ReactivePower: 84.1,
        Factor: 0.82,
        Frequency: 50,
        Voltage: 230,
        Current: 0.634,
      },
    });
    assert.deepEqual(
      messages[0]?.map(({ topic, retain }) => [topic, retain]),
      [['tele/lathe/SENSOR', false]],
    );
  });

  it('counts the day and the time since the last message', () => {
    const { payloads } = play(tasmota, [
      sample('23:00:00', 100, 15),
      sample('23:59:59', 100, 15.1),
      { atMs: at('23:59:59') + 60_000, powerW: 100, energyKwh: 15.102 },
      { atMs: at('23:59:59') + 3_600_000, powerW: 100, energyKwh: 15.2 },
    ]);
    const sums = payloads.map(({ ENERGY: { Yesterday, Today, Period } }) => [Yesterday, Today, Period]);
    assert.deepEqual(sums, [
      [0, 0, 0],
      [0, 0.1, 100],
      [0.102, 0, 2],
      [0.102, 0.098, 98],
    ]);
  });

  it('says that its relay was switched, and reads nothing while it is off', () => {
    const { messages, payloads } = play(tasmota, [
      sample('10:00:00', 100, 1),
      { ...sample('10:00:01', 100, 1), relay: 'off' },
      { ...sample('10:00:02', 100, 1), relay: 'off' },
      { ...sample('10:00:03', 100, 1), relay: 'on' },
    ]);
    const relays = messages.map((sent) => sent.filter(({ kind }) => kind === 'relay'));
    assert.deepEqual(
      relays.map(([message]) => message && [message.topic, message.payload, message.retain]),
      [undefined, ['stat/lathe/POWER', 'OFF', false], undefined, ['stat/lathe/POWER', 'ON', false]],
    );
    const reads = payloads.map(({ ENERGY: { Power, Voltage, Current } }) => [Power, Voltage, Current]);
    assert.deepEqual(reads[1], [0, 0, 0]);
    assert.deepEqual(reads[3], [100, 230, 0.543]);
  });

  it('greets with its presence and its relay', () => {
    const { device } = play(tasmota, []);
    assert.deepEqual(
      device.greet().map(({ topic, payload, retain }) => [topic, payload, retain]),
      [
        ['tele/lathe/LWT', 'Online', true],
        ['stat/lathe/POWER', 'ON', false],
      ],
    );
    assert.equal(device.will?.payload, 'Offline');
    assert.deepEqual(device.leave(), [device.will]);
  });
});

describe('generic', () => {
  it('publishes power in W and energy in kWh, and has no last will', () => {
    const { device, payloads, messages } = play(generic, [sample('10:00:00', 120.5, 0.256325)]);
    assert.deepEqual(payloads[0], {
      power: 120.5,
      energy: 0.256325,
      voltage: 230,
      current: 0.64,
      frequency: 50,
    });
    assert.equal(messages[0]?.[0]?.topic, 'messages/workshop-meter/attribute');
    assert.deepEqual([device.will, device.greet(), device.leave()], [null, [], []]);
  });
});

describe('shelly gen1', () => {
  const told = (sent: { topic: string; payload: string; retain: boolean }[] = []) =>
    sent.map(({ topic, payload, retain }) => [topic, payload, retain]);
  const own = 'shellies/shellyplug-s-7C87CE';

  it('publishes one plain value per topic, energy in W·min, and its relay when it is switched', () => {
    const device = shellyGen1.device({ topic: shellyGen1.defaultTopic, qos: 0, random: quiet });
    assert.deepEqual(told(device.measure(sample('10:00:00', 118.42, 23.38967))), [
      [`${own}/relay/0/power`, '118.42', false],
      [`${own}/relay/0/energy`, '1403380', false],
    ]);
    assert.deepEqual(told(device.measure({ ...sample('10:00:01', 118.42, 23.38967), relay: 'off' })), [
      [`${own}/relay/0`, 'off', false],
      [`${own}/relay/0/power`, '0.00', false],
      [`${own}/relay/0/energy`, '1403380', false],
    ]);
  });

  it('says who it is when it comes, and has a retained last will', () => {
    const device = shellyGen1.device({ topic: shellyGen1.defaultTopic, qos: 0, random: quiet });
    const greeting = device.greet();
    assert.deepEqual(
      greeting.map(({ topic, retain }) => [topic, retain]),
      [
        [`${own}/online`, true],
        ['shellies/announce', false],
        [`${own}/announce`, false],
        [`${own}/relay/0`, false],
      ],
    );
    assert.equal(JSON.parse(greeting[1]?.payload ?? '').id, 'shellyplug-s-7C87CE');
    assert.deepEqual(told(device.leave()), [[`${own}/online`, 'false', true]]);
    assert.deepEqual(device.will, device.leave()[0]);
  });
});

describe('zigbee2mqtt', () => {
  it('publishes all it knows in whole watts, and nothing flows while its relay is off', () => {
    const { device, payloads, messages } = play(zigbee2mqtt, [
      sample('10:00:00', 120.5, 7.4149),
      { ...sample('10:00:01', 120.5, 7.4149), relay: 'off' },
    ]);
    assert.deepEqual(payloads[0], {
      state: 'ON',
      power: 121,
      current: 0.64,
      voltage: 230,
      energy: 7.41,
      linkquality: 144,
      update: { state: 'idle' },
      child_lock: null,
    });
    assert.deepEqual([payloads[1].state, payloads[1].power, payloads[1].current], ['OFF', 0, 0]);
    assert.deepEqual([messages[0]?.[0]?.topic, messages[0]?.[0]?.retain], ['zigbee2mqtt/lathe-plug', false]);
    assert.deepEqual(device.greet()[0], {
      kind: 'presence',
      topic: 'zigbee2mqtt/lathe-plug/availability',
      payload: '{"state":"online"}',
      qos: 1,
      retain: true,
    });
    assert.equal(device.will?.payload, '{"state":"offline"}');
  });
});

describe('topics', () => {
  const cases: [DeviceFamily, string, string | null][] = [
    [shelly, shelly.defaultTopic, 'shellypmminig3-48f6eeb73a1c-7/status/pm1:0'],
    [shelly, 'hall/1/status/pm1:3', 'hall/1-7/status/pm1:3'],
    [shelly, 'hall/status/switch:0', null],
    [shelly, 'status/pm1:0', null],
    [tasmota, 'tele/hall/saw/SENSOR', 'tele/hall/saw-7/SENSOR'],
    [tasmota, 'tele/SENSOR', null],
    [shellyGen1, 'shellies/saw/relay/1/power', 'shellies/saw-7/relay/1/power'],
    [shellyGen1, 'shellies/saw/relay/1', null],
    [zigbee2mqtt, 'z2m/hall/saw', 'z2m/hall/saw-7'],
    [zigbee2mqtt, 'zigbee2mqtt', null],
    [zigbee2mqtt, 'zigbee2mqtt/bridge/state', null],
    [zigbee2mqtt, 'zigbee2mqtt/saw/set', null],
    [generic, 'messages/saw/attribute', 'messages/saw-7/attribute'],
    [generic, 'hall/saw', 'hall/saw-7'],
  ];
  for (const [family, topic, seventh] of cases) {
    it(`${topic} ${seventh ? `becomes ${seventh}` : 'is refused'}`, () => {
      assert.equal(family.topicProblem(topic) === null, seventh !== null);
      if (seventh !== null) assert.equal(family.numberedTopic(topic, 7), seventh);
    });
  }
});
