import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { type DeviceFamilyName, deviceFamilies } from '../../simulator/families/registry.ts';
import { type ScenarioName, scenarios } from '../../simulator/scenarios.ts';
import { eventsOf, inWords, pause, type Rig, startRig } from './rig.ts';
import { eventually } from './running-bridge.ts';

const MAIN = join(import.meta.dirname, '..', '..', 'src', 'main.ts');
const SPEED = 10;
/** Simulators start so far apart: twenty at once would keep the processors from everything else. */
const STAGGER_MS = 400;
const STANDBY_W = 20;
const WORKING_W = 100;
const SESSION_CONFIG = {
  standby_threshold_w: STANDBY_W,
  working_threshold_w: WORKING_W,
  start_debounce_s: 3 / SPEED,
  stop_debounce_s: 15 / SPEED,
  message_timeout_s: 20 / SPEED,
  heartbeat_interval_s: 0,
};
const OFFLINE_TIMEOUT_S = 30 / SPEED;

const PARSERS: Record<DeviceFamilyName, string> = {
  shelly: 'shelly_pm',
  shelly1: 'shelly_gen1',
  tasmota: 'tasmota',
  zigbee2mqtt: 'zigbee2mqtt',
  generic: 'generic',
};
const TOPICS: Record<DeviceFamilyName, (scenario: ScenarioName) => string> = {
  shelly: (scenario) => `shelly-${scenario}/status/pm1:0`,
  shelly1: (scenario) => `shellies/${scenario}/relay/0/power`,
  tasmota: (scenario) => `tele/${scenario}/SENSOR`,
  zigbee2mqtt: (scenario) => `zigbee2mqtt/${scenario}`,
  generic: (scenario) => `messages/${scenario}/attribute`,
};

const SESSION = { standby: 'session_started standby', working: 'session_started working' } as const;
const STOPPED = 'session_stopped normal';
const TIMED_OUT = 'session_timeout timeout';
/** A family with a last will tells when it comes and goes; of the others silence tells. */
const online = (will: boolean) => `device_online ${will ? 'last_will' : 'message'}`;
const OFFLINE_WILL = 'device_offline last_will';
const OFFLINE_SILENCE = 'device_offline silence';

/** Loaded to the end, then gone: the timeout ends the session, before or after the device is offline. */
const loaded = (state: keyof typeof SESSION) => (will: boolean) => [
  online(will),
  SESSION[state],
  ...(will ? [OFFLINE_WILL, TIMED_OUT] : [TIMED_OUT, OFFLINE_SILENCE]),
];
const wentOff = (state: keyof typeof SESSION) => (will: boolean) => [
  online(will),
  SESSION[state],
  STOPPED,
  will ? OFFLINE_WILL : OFFLINE_SILENCE,
];

/** What Odoo is told of each scenario, in order. */
const EXPECTED: Record<ScenarioName, (will: boolean) => string[]> = {
  full_session: wentOff('standby'),
  session_end: wentOff('working'),
  standby: loaded('standby'),
  working: loaded('working'),
  online_test: loaded('standby'),
  timeout: (will) => [online(will), SESSION.working, TIMED_OUT, OFFLINE_SILENCE],
  offline_test: (will) => [
    online(will),
    SESSION.working,
    TIMED_OUT,
    OFFLINE_SILENCE,
    'device_online message',
    SESSION.working,
    ...(will ? [OFFLINE_WILL, TIMED_OUT] : [TIMED_OUT, OFFLINE_SILENCE]),
  ],
};

const TOLD = ['session_started', 'session_stopped', 'session_timeout', 'device_online', 'device_offline'];
const ROWS = (Object.keys(deviceFamilies) as DeviceFamilyName[]).flatMap((family) =>
  (Object.keys(scenarios) as ScenarioName[]).map((scenario) => ({
    family,
    scenario,
    id: `${family}-${scenario}`,
    topic: TOPICS[family](scenario),
  })),
);
type Row = (typeof ROWS)[number];

const DEVICES = ROWS.map(({ family, id, topic }) => ({
  device_id: id,
  mqtt_topic: topic,
  parser_type: PARSERS[family],
  offline_timeout_s: OFFLINE_TIMEOUT_S,
  session_config: SESSION_CONFIG,
}));

/** Plays one row with `iot-bridge simulate`, as a person would. */
async function simulate(rig: Rig, { family, scenario, topic }: Row): Promise<{ code: number; said: string }> {
  const options = {
    port: rig.broker.port,
    broker: '127.0.0.1',
    device: family,
    topic,
    scenario,
    speed: SPEED,
    'standby-w': STANDBY_W,
    'working-w': WORKING_W,
  };
  const words = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const child = spawn(process.execPath, [MAIN, 'simulate', ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  }
  const [code] = await once(child, 'close');
  return { code, said };
}

describe(`simulated devices, ${SPEED} times as fast`, () => {
  test('every scenario of every family', async (t) => {
    const rig = await startRig(t, DEVICES);
    const outcomes = await Promise.all(
      ROWS.map(async (row, i) => {
        await pause(i * STAGGER_MS);
        return simulate(rig, row);
      }),
    );
    const wanted = ROWS.reduce(
      (sum, { family, scenario }) => sum + EXPECTED[scenario](family !== 'generic').length,
      0,
    );
    const count = () => ROWS.reduce((sum, { id }) => sum + eventsOf(rig.odoo, id, TOLD).length, 0);
    // Whether they come is judged below, row by row.
    await eventually('all events', () => (count() >= wanted ? true : null)).catch(() => undefined);
    for (const [i, { family, scenario, id }] of ROWS.entries()) {
      await t.test(`${family}: ${scenario}`, () => {
        assert.equal(outcomes[i]?.code, 0, outcomes[i]?.said ?? '');
        assert.match(outcomes[i]?.said ?? '', /\d+ measurements.* 0 refused/);
        assert.deepEqual(eventsOf(rig.odoo, id, TOLD).map(inWords), EXPECTED[scenario](family !== 'generic'));
      });
    }
    const { events_parked, events_pending } = await rig.bridge.health();
    assert.deepEqual({ events_parked, events_pending }, { events_parked: 0, events_pending: 0 });
  });
});
