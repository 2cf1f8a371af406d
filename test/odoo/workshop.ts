import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { MqttClient } from 'mqtt';
import { seededRandom } from '../../simulator/random.ts';
import type { RealOdoo } from './real-odoo.ts';

/** A small workshop: its machines, prices, people, and two weeks of its sessions, as events to Odoo. */
type Machine = {
  device_id: string;
  name: string;
  mqtt_topic: string;
  parser_type: string;
  standby_threshold_w: number;
  working_threshold_w: number;
  /** W while it works, hours of a session, sessions a day. */
  workingW: number;
  hours: number;
  perDay: number;
};

const MACHINES: readonly Machine[] = [
  {
    device_id: 'cnc-mill',
    name: 'CNC Mill',
    mqtt_topic: 'shellypmminig3-48f6eeb73a1c/status/pm1:0',
    parser_type: 'shelly_pm',
    standby_threshold_w: 20,
    working_threshold_w: 100,
    workingW: 1240,
    hours: 2.2,
    perDay: 2,
  },
  {
    device_id: 'laser-cutter',
    name: 'Laser Cutter',
    mqtt_topic: 'tele/laser/SENSOR',
    parser_type: 'tasmota',
    standby_threshold_w: 30,
    working_threshold_w: 180,
    workingW: 860,
    hours: 0.7,
    perDay: 3,
  },
  {
    device_id: 'lathe',
    name: 'Lathe',
    mqtt_topic: 'shellyplug-7c87ce65bd9c/status/switch:0',
    parser_type: 'shelly_pm',
    standby_threshold_w: 15,
    working_threshold_w: 90,
    workingW: 720,
    hours: 1.1,
    perDay: 1,
  },
  {
    device_id: 'band-saw',
    name: 'Band Saw',
    mqtt_topic: 'zigbee2mqtt/band-saw',
    parser_type: 'zigbee2mqtt',
    standby_threshold_w: 10,
    working_threshold_w: 60,
    workingW: 1480,
    hours: 0.4,
    perDay: 2,
  },
];
/** A meter that nobody has made a device of. */
export const STRANGER = { device_id: 'planer', name: 'Thickness Planer' };
const CUSTOMERS = ['Bright Joinery', 'Atelier Duval', 'Anna Becker'];
const DAYS = 14;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const PRICES = { standby_price: 4, working_price: 18, energy_price: 0.38 };
const MILL_PRICES = { standby_price: 9, working_price: 48, energy_price: 0.38 };

const iso = (ms: number) => new Date(ms).toISOString();
const day = (ms: number) => iso(ms).slice(0, 10);
const rounded = (value: number, digits: number) => Number(value.toFixed(digits));

type Figures = {
  startMs: number;
  seconds: number;
  workingW: number;
  reason?: 'timeout';
};

/** The event that ends a session, with figures that agree with one another. */
function ended(
  { device_id, name }: { device_id: string; name: string },
  { startMs, seconds, workingW, reason }: Figures,
): Record<string, unknown> {
  const working = rounded(seconds * 0.78, 1);
  const standby = rounded(seconds - working, 1);
  const energy = rounded((working * workingW + standby * 45) / 3.6e6, 4);
  const endMs = startMs + seconds * 1000;
  return {
    schema_version: 'v1',
    event_uid: randomUUID(),
    event_type: reason ? 'session_timeout' : 'session_stopped',
    device_id,
    ts: iso(endMs + 15_000),
    payload: {
      session_id: randomUUID(),
      machine_name: name,
      started_at: iso(startMs),
      ended_at: iso(endMs),
      duration_s: seconds,
      standby_duration_s: standby,
      working_duration_s: working,
      interruption_duration_s: 0,
      power_w: 1.1,
      avg_power_w: rounded((energy * 3.6e6) / seconds, 1),
      max_power_w: rounded(workingW * 1.31, 1),
      energy_kwh: energy,
      energy_source: 'counter',
      message_count: Math.round(seconds),
      reason: reason ?? 'normal',
      ...(reason && { last_message_at: iso(endMs) }),
    },
  };
}

/** Two weeks of sessions up to an hour ago, between 8 and 17 h of working days, oldest first. */
function history(nowMs: number, random: () => number): Record<string, unknown>[] {
  const midnightMs = Math.floor(nowMs / DAY_MS) * DAY_MS;
  const found: { startMs: number; event: Record<string, unknown> }[] = [];
  for (let days = DAYS; days >= 0; days--) {
    const dayMs = midnightMs - days * DAY_MS;
    if ([0, 6].includes(new Date(dayMs).getUTCDay())) continue;
    for (const machine of MACHINES) {
      for (let nth = 0; nth < machine.perDay; nth++) {
        const hour = 7 + ((nth + 0.6 * random()) * 9) / machine.perDay;
        const startMs = dayMs + Math.round(hour * HOUR_MS);
        const seconds = Math.round(machine.hours * 3600 * (0.5 + random()));
        if (startMs + seconds * 1000 > nowMs - HOUR_MS) continue;
        const figures = { startMs, seconds, workingW: machine.workingW * (0.9 + 0.2 * random()) };
        const isLost = random() < 0.04;
        found.push({ startMs, event: ended(machine, { ...figures, ...(isLost && { reason: 'timeout' }) }) });
      }
    }
  }
  return found.toSorted((a, b) => a.startMs - b.startMs).map(({ event }) => event);
}

/** Delivers events as the bridge does, many at a time. */
async function deliver(
  odoo: RealOdoo,
  token: string,
  events: readonly Record<string, unknown>[],
): Promise<void> {
  for (let begin = 0; begin < events.length; begin += 100) {
    const response = await fetch(`${odoo.url}/ows/iot/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ events: events.slice(begin, begin + 100) }),
    });
    const { results } = (await response.json()) as { results?: { status: string }[] };
    assert.ok(
      results?.every(({ status }) => status === 'ok'),
      `${response.status} ${JSON.stringify(results)}`,
    );
  }
}

/** The device as Odoo takes it. */
function deviceValues(machine: Machine): Record<string, unknown> {
  const { device_id, name, mqtt_topic, parser_type, standby_threshold_w, working_threshold_w } = machine;
  const rated_power_w = Math.ceil((machine.workingW * 1.5) / 100) * 100;
  return {
    device_id,
    name,
    mqtt_topic,
    parser_type,
    standby_threshold_w,
    working_threshold_w,
    rated_power_w,
  };
}

/** Fills Odoo: people, devices, prices, sessions, and an event that nobody knows the device of. */
export async function furnish(odoo: RealOdoo, token: string, nowMs: number): Promise<void> {
  const random = seededRandom(60);
  await odoo.call('res.company', 'write', [[1], { name: 'Open Workshop' }]);
  const customers = await odoo.call<number[]>('res.partner', 'create', [CUSTOMERS.map((name) => ({ name }))]);
  const devices = await odoo.call<number[]>('mqtt.device', 'create', [MACHINES.map(deviceValues)]);
  const from = day(nowMs - 60 * DAY_MS);
  await odoo.call('mqtt.price', 'create', [
    [
      { date_from: from, ...PRICES },
      { date_from: from, device_id: devices[0], ...MILL_PRICES },
    ],
  ]);
  await deliver(odoo, token, history(nowMs, random));
  const sessions = await odoo.call<number[]>('mqtt.session', 'search', [[]]);
  for (const [k, partner_id] of customers.entries()) {
    const theirs = sessions.filter((_session, i) => i % 4 === k);
    await odoo.call('mqtt.session', 'write', [theirs, { partner_id }]);
  }
  const unknown = { startMs: nowMs - 3 * HOUR_MS, seconds: 2400, workingW: 1900 };
  await deliver(odoo, token, [ended(STRANGER, unknown)]);
}

/** Lets three meters tell their power once: the mill works, the laser stands by, the lathe is off. */
export async function tellPowers(client: MqttClient, nth: number): Promise<void> {
  const watts = { mill: 1180.4 + nth, laser: 64, lathe: 0.4 };
  const says: [topic: string, payload: object][] = [
    [MACHINES[0]?.mqtt_topic ?? '', { id: 0, voltage: 231.4, current: 5.1, apower: watts.mill }],
    [MACHINES[1]?.mqtt_topic ?? '', { ENERGY: { Power: watts.laser, Voltage: 230 } }],
    [MACHINES[2]?.mqtt_topic ?? '', { id: 0, voltage: 230.9, current: 0, apower: watts.lathe }],
  ];
  for (const [topic, payload] of says) await client.publishAsync(topic, JSON.stringify(payload), { qos: 1 });
}
