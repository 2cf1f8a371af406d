import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { endOf, eventsOf, genericDevice, inWords, sessionEvents, startRig, stateOf } from './rig.ts';
import { eventually } from './running-bridge.ts';

const VIEW_TOKEN = 'view-token-of-enough-length';
const SESSION_CONFIG = {
  standby_threshold_w: 5,
  working_threshold_w: 50,
  start_debounce_s: 0.1,
  stop_debounce_s: 0.3,
  message_timeout_s: 600,
  heartbeat_interval_s: 0,
};
const device = (id: string, session: object = {}, more: object = {}) =>
  genericDevice(id, { ...SESSION_CONFIG, ...session }, more);
const good = () => [device('saw'), device('lathe')];

type Answer = { status: number; body: unknown };
type Push = {
  name: string;
  /** Text as it is, anything else as JSON. */
  body: unknown;
  headers?: Record<string, string>;
  status: number;
  /** Paths of the faults, all of them. */
  paths?: string[];
};

const first = (session: object, more: object = {}) => ({
  devices: [device('saw', session, more), device('lathe')],
});
const topic = (filter: string) => first({}, { mqtt_topic: filter });
const AT = 'devices[0].session_config';

const BAD: Push[] = [
  {
    name: 'thresholds inverted',
    body: first({ standby_threshold_w: 60 }),
    status: 422,
    paths: [`${AT}.working_threshold_w`],
  },
  {
    name: 'negative',
    body: first({ standby_threshold_w: -1, stop_debounce_s: -0.1 }),
    status: 422,
    paths: [`${AT}.standby_threshold_w`, `${AT}.stop_debounce_s`],
  },
  {
    name: 'NaN in quotes',
    body: first({ working_threshold_w: 'NaN' }),
    status: 422,
    paths: [`${AT}.working_threshold_w`],
  },
  {
    name: 'NaN as it stands',
    body: JSON.stringify(first({ working_threshold_w: 123 })).replace('123', 'NaN'),
    status: 400,
  },
  {
    name: 'an id twice',
    body: { devices: [device('saw'), device('saw')] },
    status: 422,
    paths: ['devices[1].device_id'],
  },
  ...['a#', 'a/#/b', '+x', ''].map((filter) => ({
    name: `topic filter ${JSON.stringify(filter)}`,
    body: topic(filter),
    status: 422,
    paths: ['devices[0].mqtt_topic'],
  })),
  {
    name: 'unknown parser',
    body: first({}, { parser_type: 'crystal_ball' }),
    status: 422,
    paths: ['devices[0].parser_type'],
  },
  {
    name: 'faults in several devices',
    body: {
      devices: [
        device('saw', { message_timeout_s: 0.5 }),
        { ...device('lathe'), mqtt_topic: 'x#', parser_type: 'none' },
        7,
      ],
    },
    status: 422,
    paths: [`${AT}.message_timeout_s`, 'devices[1].mqtt_topic', 'devices[1].parser_type', 'devices[2]'],
  },
  {
    name: '100 000 devices',
    body: {
      devices: Array.from({ length: 100_000 }, (_, i) => ({
        device_id: `d${i}`,
        mqtt_topic: `m/${i}`,
        parser_type: 'generic',
      })),
    },
    status: 422,
    paths: ['devices'],
  },
  { name: 'no object', body: [1, 2], status: 422, paths: [''] },
  { name: 'no devices', body: {}, status: 422, paths: ['devices'] },
  { name: '11 MB', body: { devices: good(), version: 'x'.repeat(11 * 1024 * 1024) }, status: 413 },
  { name: 'not JSON', body: '{"devices": [', status: 400 },
  { name: 'nothing', body: '', status: 400 },
  {
    name: 'another content type',
    body: { devices: [] },
    headers: { 'content-type': 'text/yaml' },
    status: 415,
  },
  { name: 'a wrong token', body: { devices: [] }, headers: { authorization: 'Bearer wrong' }, status: 401 },
  { name: 'no token', body: { devices: [] }, headers: { authorization: '' }, status: 401 },
  {
    name: 'the view token',
    body: { devices: [] },
    headers: { authorization: `Bearer ${VIEW_TOKEN}` },
    status: 403,
  },
];
/** A refusal must not hold up the readings. */
const ANSWER_MS = 3000;

describe('pushed configurations', () => {
  test('bad ones change nothing, good ones change what runs', async (t) => {
    const rig = await startRig(t, [], { environment: { BRIDGE_VIEW_TOKEN: VIEW_TOKEN } });
    const { bridge, odoo, meters } = rig;
    const push = async ({ body, headers = {} }: Pick<Push, 'body' | 'headers'>): Promise<Answer> =>
      bridge.request('/config', {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      });
    const inForce = () => readFileSync(join(rig.dataDir, 'config-active.yaml'));
    const devices = async () => (await bridge.request('/config')).text;
    /** Says 60 W until it is heard: the broker may get a message before the new subscription. */
    const works = (id: string, state = 'working') =>
      eventually(`${id} is ${state}`, async () => {
        await meters.publish(`meters/${id}`, 60);
        return (await stateOf(bridge, id)) === state ? true : null;
      });

    const answer = await push({ body: { devices: good() } });
    assert.equal(answer.status, 200);
    assert.deepEqual((answer.body as { added: string[] }).added, ['saw', 'lathe']);
    await meters.publish('meters/saw', 60);
    await works('saw');
    const [before, runningBefore] = [inForce(), await devices()];

    for (const bad of BAD) {
      await t.test(`${bad.name}: ${bad.status}`, async () => {
        const beganMs = performance.now();
        const { status, body } = await push(bad);
        const tookMs = performance.now() - beganMs;
        const { message, errors } = body as { message: string; errors: { path: string; message: string }[] };
        assert.equal(status, bad.status, message);
        assert.notEqual(message, '');
        assert.deepEqual(
          errors.map(({ path }) => path),
          bad.paths ?? [],
        );
        assert.ok(
          errors.every((error) => error.message !== ''),
          'every fault says what it is',
        );
        assert.ok(tookMs < ANSWER_MS, `took ${tookMs} ms`);
        assert.deepEqual(inForce(), before);
        assert.equal(await devices(), runningBefore);
        assert.equal(await stateOf(bridge, 'saw'), 'working');
      });
    }

    await t.test('new thresholds: the session goes on and is judged by them', async () => {
      const body = {
        devices: [device('saw', { working_threshold_w: 100 }), device('lathe'), device('drill')],
      };
      const { status, body: result } = await push({ body });
      assert.equal(status, 200);
      const { added, updated, removed } = result as Record<string, string[]>;
      assert.deepEqual({ added, updated, removed }, { added: ['drill'], updated: ['saw'], removed: [] });
      assert.notDeepEqual(inForce(), before);
      await works('saw', 'standby');
      assert.deepEqual(eventsOf(odoo, 'saw').map(inWords), ['session_started working']);
      await works('drill');
    });

    await t.test('a device that leaves with an open session: device_removed', async () => {
      const { status, body } = await push({
        body: { devices: [device('saw', { working_threshold_w: 100 }), device('lathe')] },
      });
      assert.equal(status, 200);
      assert.deepEqual((body as Record<string, string[]>).removed, ['drill']);
      const events = await sessionEvents(odoo, 'drill', 2);
      assert.deepEqual(events.map(inWords), ['session_started working', 'session_stopped device_removed']);
      await meters.publish('meters/saw', 0);
      const [start, stop] = await sessionEvents(odoo, 'saw', 2);
      const { payload } = endOf(stop);
      assert.equal(start?.event_type, 'session_started');
      assert.equal('session_id' in start.payload && start.payload.session_id, payload.session_id);
      assert.ok(payload.standby_duration_s > 0 && payload.working_duration_s > 0);
    });
  });
});
