import assert from 'node:assert/strict';
import {
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, type TestContext, test } from 'node:test';
import { startStandInOdoo } from '../../simulator/stand-in-odoo.ts';
import type { SessionRecord } from '../../src/model/machine.ts';
import { startMosquitto } from '../mosquitto.ts';
import { readStore } from './outbox-copy.ts';
import { connectMeters, eventsOf, genericDevice, pause, startBridge, stateOf } from './rig.ts';
import { eventually, RunningBridge, temporaryFolder } from './running-bridge.ts';
import { type SmallDisk, smallDisks } from './small-disk.ts';

const QUICK = { start_debounce_s: 0.1, stop_debounce_s: 0.1, heartbeat_interval_s: 0, message_timeout_s: 60 };
const HOLD_MS = 250;
const NO_BROKER = { EMBEDDED_BROKER: 'off' };
const END_TIMEOUT_MS = 15_000;

function folderOf(t: TestContext): string {
  const folder = temporaryFolder();
  t.after(() => folder.remove());
  return folder.path;
}

/** Starts the program where it must refuse to; its exit code and what it said. */
async function refusedStart(
  t: TestContext,
  dataDir: string,
): Promise<{ exitCode: number | null; said: string }> {
  const cwd = folderOf(t);
  const bridge = RunningBridge.spawn(cwd, { ...NO_BROKER, DATA_DIR: dataDir });
  t.after(() => bridge.end('SIGKILL'));
  await eventually('the end', () => bridge.process.exitCode, END_TIMEOUT_MS);
  await eventually('its words', () => bridge.errors || null);
  return { exitCode: bridge.process.exitCode, said: bridge.errors };
}

async function problemsOf(bridge: RunningBridge): Promise<string> {
  const health = await bridge.health();
  assert.equal(health.status, (health.problems as string[]).length > 0 ? 'degraded' : 'ok');
  return (health.problems as string[]).join('\n');
}

async function sessionsOf(bridge: RunningBridge): Promise<SessionRecord[]> {
  return ((await bridge.request('/api/sessions')).body as { sessions: SessionRecord[] }).sessions;
}

/** A DATA_DIR with one ended session in it, as a bridge left it, and what is needed for another one. */
async function usedFolder(t: TestContext) {
  const dataDir = folderOf(t);
  const broker = await startMosquitto();
  t.after(() => broker.stop());
  const odoo = await startStandInOdoo({ now: Date.now });
  t.after(() => odoo.close());
  const environment = { MQTT_URL: broker.url, ODOO_BASE_URL: odoo.url };
  const meters = await connectMeters(t, broker.url);
  // What comes right after a reconnect may be backlog, and an undated one opens no session: hence repeated.
  const hold = (bridge: RunningBridge, powerW: number, state: string) =>
    eventually(`the saw is ${state}`, async () => {
      if ((await stateOf(bridge, 'saw')) === state) return true;
      await meters.publish('meters/saw', powerW);
      await pause(HOLD_MS);
      return null;
    });
  const playSession = async (bridge: RunningBridge) => {
    await hold(bridge, 0, 'idle');
    await hold(bridge, 120, 'working');
    await hold(bridge, 0, 'idle');
  };
  const configuration = { devices: [genericDevice('saw', QUICK)] };
  const first = await startBridge(t, dataDir, environment, configuration);
  await playSession(first);
  await odoo.eventsReach(3);
  return { dataDir, environment, odoo, playSession, first, broker, meters };
}

describe('storage', { concurrency: 3 }, () => {
  test('a second process on the same DATA_DIR is refused, and a killed first one leaves no lock', async (t) => {
    const dataDir = folderOf(t);
    const first = await RunningBridge.start(dataDir, NO_BROKER);
    t.after(() => first.end('SIGKILL'));
    const { exitCode, said } = await refusedStart(t, dataDir);
    assert.equal(exitCode, 1);
    assert.match(said, /^another iot-bridge is using .*Stop it, or set DATA_DIR to a folder of its own\.\n$/);
    assert.equal((await first.request('/health')).status, 200);
    await first.end('SIGKILL');
    const second = await RunningBridge.start(dataDir, NO_BROKER);
    assert.equal(await second.end(), 0);
  });

  const DAMAGES: [what: string, harm: (path: string) => void][] = [
    [
      'an overwritten page',
      (path) => {
        const fd = openSync(path, 'r+');
        // The first page holds the schema; those after it the tables.
        for (let page = 1; page < statSync(path).size / 4096; page++)
          writeSync(fd, Buffer.alloc(2048, 0xa5), 0, 2048, page * 4096);
      },
    ],
    ['a file that was cut', (path) => truncateSync(path, 4096 * 2)],
    ['a header of garbage', (path) => writeFileSync(path, Buffer.alloc(8192, 'garbage '))],
  ];
  for (const [what, harm] of DAMAGES) {
    test(`${what}: bridge.db is set aside, and the bridge works on`, async (t) => {
      const { dataDir, environment, first, playSession, odoo } = await usedFolder(t);
      assert.equal(await first.end(), 0);
      harm(join(dataDir, 'bridge.db'));
      const bridge = await startBridge(t, dataDir, environment);
      const aside = readdirSync(dataDir).filter((name) => /^bridge\.db\.corrupt-[\dTZ-]+$/.test(name));
      assert.equal(aside.length, 1);
      const problems = await problemsOf(bridge);
      assert.match(problems, /bridge\.db was damaged .* set aside as .*Restore a backup/);
      assert.ok(problems.includes(aside[0] ?? '?'));
      await bridge.logged(
        'store_notice',
        ({ level, notice }) => level === 'error' && problems.includes(String(notice)),
      );
      await playSession(bridge);
      await odoo.eventsReach(6);
      assert.equal(new Set(odoo.events().map(({ event_uid }) => event_uid)).size, 6);
    });
  }

  const LOSSES: [what: string, lose: (path: string) => void][] = [
    ['vanished', (path) => rmSync(path)],
    ['is empty', (path) => truncateSync(path, 0)],
  ];
  for (const [what, lose] of LOSSES) {
    test(`bridge.db ${what}: it is noticed`, async (t) => {
      const dataDir = folderOf(t);
      const first = await RunningBridge.start(dataDir, NO_BROKER);
      assert.doesNotMatch(await problemsOf(first), /bridge\.db/);
      await first.end();
      lose(join(dataDir, 'bridge.db'));
      const second = await RunningBridge.start(dataDir, NO_BROKER);
      t.after(() => second.end('SIGKILL'));
      assert.match(
        await problemsOf(second),
        /although it held data before: open sessions and waiting events are lost/,
      );
      await second.logged('store_notice');
    });
  }

  test('a newer schema is refused and left as it is', async (t) => {
    const dataDir = folderOf(t);
    const first = await RunningBridge.start(dataDir, NO_BROKER);
    await first.end();
    const path = join(dataDir, 'bridge.db');
    const newer = new DatabaseSync(path);
    newer.exec('PRAGMA user_version = 99');
    newer.close();
    const before = readFileSync(path);
    const { exitCode, said } = await refusedStart(t, dataDir);
    assert.equal(exitCode, 1);
    assert.match(said, /has schema 99, this program knows up to \d+\. Start the newer version of the bridge/);
    assert.deepEqual(readFileSync(path), before);
  });

  test('a DATA_DIR that cannot be written is named in plain words', async (t) => {
    const file = join(folderOf(t), 'file');
    writeFileSync(file, 'in the way');
    for (const dataDir of [file, join(file, 'below')]) {
      const { exitCode, said } = await refusedStart(t, dataDir);
      assert.equal(exitCode, 1);
      assert.match(said, /^DATA_DIR .*file.* cannot be created: .*\n$/);
      assert.doesNotMatch(said, /\n\s+at /);
    }
  });

  test('a token-key that is damaged is named in plain words, and the process ends', async (t) => {
    const dataDir = folderOf(t);
    writeFileSync(join(dataDir, 'token-key'), 'no key\n');
    const { exitCode, said } = await refusedStart(t, dataDir);
    assert.equal(exitCode, 1);
    assert.match(said, /token-key is damaged\. Restore it/);
  });

  test('a backup under load, restored elsewhere, has the sessions and another installation id', async (t) => {
    const { dataDir, environment, playSession, first, meters } = await usedFolder(t);
    const copied = new AbortController();
    const load = (async () => {
      for (let i = 0; !copied.signal.aborted; i++) await meters.publish('meters/saw', i % 2 === 0 ? 120 : 0);
    })();
    const restored = folderOf(t);
    const backup = RunningBridge.spawn(dataDir, {}, undefined, ['backup', join(restored, 'bridge.db')]);
    assert.equal(await eventually('the copy', () => backup.process.exitCode, END_TIMEOUT_MS), 0);
    copied.abort();
    await load;
    await playSession(first);
    const sessions = await sessionsOf(first);
    assert.equal(await first.end(), 0);

    const bridge = await startBridge(
      t,
      restored,
      { ...environment, MQTT_CLIENT_ID: 'restored' },
      {
        devices: [genericDevice('saw', QUICK)],
      },
    );
    const original = sessions.at(-1);
    assert.deepEqual(
      (await sessionsOf(bridge)).find(({ session_id }) => session_id === original?.session_id),
      original,
    );
    await playSession(bridge);
    assert.doesNotMatch(await problemsOf(bridge), /bridge\.db/);
    const known = new Set(sessions.map(({ session_id }) => session_id));
    assert.ok(!known.has((await sessionsOf(bridge))[0]?.session_id ?? ''));
    assert.equal(await bridge.end(), 0);
    assert.notEqual(readStore(restored)?.installationId, readStore(dataDir)?.installationId);
  });

  test('a config-active.yaml that cannot be read is set aside, and the initial file is used', async (t) => {
    const dataDir = folderOf(t);
    const initial = { devices: [genericDevice('initial', QUICK)] };
    const first = await RunningBridge.start(dataDir, NO_BROKER, initial);
    t.after(() => first.end('SIGKILL'));
    assert.equal(
      (await first.push({ devices: [genericDevice('a', QUICK), genericDevice('b', QUICK)] })).status,
      200,
    );
    await first.end();
    const active = join(dataDir, 'config-active.yaml');
    writeFileSync(active, `${readFileSync(active, 'utf8').slice(0, -30)}\u0000`);
    const second = await RunningBridge.start(dataDir, NO_BROKER, initial);
    t.after(() => second.end('SIGKILL'));
    const problems = await problemsOf(second);
    const aside = /config-active\.yaml could not be used .* set aside as (\S+)/.exec(problems)?.[1];
    assert.ok(aside && existsSync(aside), problems);
    await second.logged('config_set_aside');
    const { devices } = (await second.request('/config')).body as { devices: { device_id: string }[] };
    assert.deepEqual(
      devices.map(({ device_id }) => device_id),
      ['initial'],
    );
  });

  test('a full disk loses nothing: health says so, and it recovers by itself', async (t) => {
    for (const disk of smallDisks(t)) await proveFullDisk(t, disk);
  });
});

async function proveFullDisk(t: TestContext, disk: SmallDisk): Promise<void> {
  const broker = await startMosquitto();
  t.after(() => broker.stop());
  const odoo = await startStandInOdoo({ now: Date.now });
  t.after(() => odoo.close());
  const environment = { MQTT_URL: broker.url, ODOO_BASE_URL: odoo.url };
  const devices = ['saw', 'mill', 'lathe'].map((id) => genericDevice(id, QUICK));
  const bridge = await startBridge(t, disk.path, environment, { devices });
  const meters = await connectMeters(t, broker.url);
  await meters.publish('meters/saw', 120);
  await odoo.eventsReach(2);
  disk.fill(bridge);
  await meters.publish('meters/saw', 0);
  await meters.publish('meters/mill', 120);
  await eventually('health names the disk', async () =>
    (await problemsOf(bridge)).includes('The disk does not take what is written') ? true : null,
  );
  await bridge.logged('store_failed');
  await meters.publish('meters/lathe', 120);
  await pause(HOLD_MS);
  assert.equal(odoo.events().length, 2);
  disk.free(bridge);
  await bridge.logged('store_recovered');
  await meters.publish('meters/mill', 0);
  await meters.publish('meters/lathe', 0);
  await eventually('the session of the saw ends', () => (eventsOf(odoo, 'saw').length === 2 ? true : null));
  await eventually('all are heard', () => {
    return devices.every(({ device_id }) => eventsOf(odoo, device_id, ['device_online']).length === 1)
      ? true
      : null;
  });
  await eventually('health is well', async () => ((await problemsOf(bridge)) === '' ? true : null));
  assert.equal(await bridge.end(), 0);
}
