import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { certificatesIn } from '../certificates.ts';
import { freePort, passwordFile, startMosquitto, WITH_LOGIN } from '../mosquitto.ts';
import { atEnd, connectMeters, genericDevice, pause, startBridge, stateOf } from './rig.ts';
import { eventually, RunningBridge, temporaryFolder } from './running-bridge.ts';

const DEVICES = { devices: [genericDevice('saw', { start_debounce_s: 0 })] };
/** Each test starts a process or two; more at once would only wait for one another. */
const STARTS_AT_ONCE = 3;
const FIGHT_MS = 12_000;

function folder(t: TestContext): string {
  const made = temporaryFolder();
  atEnd(t, () => made.remove());
  return made.path;
}

async function mosquitto(t: TestContext, lines: readonly string[], files: Record<string, string> = {}) {
  const broker = await startMosquitto(lines, files);
  atEnd(t, () => broker.stop());
  return broker;
}

/** Starts a bridge that cannot connect; gives what its health says about that. */
async function healthWithoutLink(t: TestContext, environment: Record<string, string>): Promise<string> {
  const bridge = RunningBridge.spawn(folder(t), environment, DEVICES);
  atEnd(t, () => bridge.end('SIGKILL'));
  await bridge.ready();
  await bridge.logged('mqtt_connection_failed');
  const health = await bridge.health();
  assert.equal(health.status, 'degraded');
  assert.equal(health.mqtt_connected, false);
  return (health.problems as string[]).join('\n');
}

/** Whether what a meter says gets to the bridge. */
async function assertHears(
  t: TestContext,
  bridge: RunningBridge,
  meterUrl: string,
  options = {},
): Promise<void> {
  const meters = await connectMeters(t, meterUrl, options);
  await meters.publish('meters/saw', 60);
  await eventually('it works', async () => ((await stateOf(bridge, 'saw')) === 'working' ? true : null));
}

/** A private authority with a certificate for 127.0.0.1 and one for a client, in `path`, PEM. */
function makeCertificates(path: string) {
  const { authority, signed, ...made } = certificatesIn(path);
  authority('authority');
  authority('stranger');
  signed('broker', { altName: 'IP:127.0.0.1' });
  signed('client');
  return made;
}

describe('the connection to a broker', { concurrency: STARTS_AT_ONCE }, () => {
  test('TLS with a private authority and a client certificate', async (t) => {
    const { file, text } = makeCertificates(folder(t));
    const names = ['authority.pem', 'broker.pem', 'broker.key'];
    const broker = await mosquitto(
      t,
      [
        'cafile {dir}/authority.pem',
        'certfile {dir}/broker.pem',
        'keyfile {dir}/broker.key',
        'require_certificate true',
        'allow_anonymous true',
      ],
      Object.fromEntries(names.map((name) => [name, text(name)])),
    );
    const MQTT_URL = `mqtts://127.0.0.1:${broker.port}`;
    const client = { MQTT_CERT_FILE: file('client.pem'), MQTT_KEY_FILE: file('client.key') };
    const own = { MQTT_URL, MQTT_CA_FILE: file('authority.pem') };
    await t.test('works', async (s) => {
      const bridge = await startBridge(s, folder(s), { ...own, ...client }, DEVICES);
      const meter = { ca: text('authority.pem'), cert: text('client.pem'), key: text('client.key') };
      await assertHears(s, bridge, MQTT_URL, meter);
    });
    await t.test('another authority: health says what is wrong', async (s) => {
      const stranger = { MQTT_URL, ...client, MQTT_CA_FILE: file('stranger.pem') };
      const problems = await healthWithoutLink(s, stranger);
      assert.match(problems, /certificate is not signed by a known authority; set MQTT_CA_FILE/);
    });
    await t.test('no client certificate: health says where to look', async (s) => {
      assert.match(await healthWithoutLink(s, own), /check the port and the certificates/);
    });
  });

  test('a wrong password: health says so, and the right one works', async (t) => {
    const broker = await mosquitto(t, WITH_LOGIN, { passwords: passwordFile('bridge', 'right') });
    const login = { MQTT_URL: broker.url, MQTT_USERNAME: 'bridge' };
    const problems = await healthWithoutLink(t, { ...login, MQTT_PASSWORD: 'wrong-secret' });
    assert.match(problems, /user/);
    assert.match(problems, /check MQTT_USERNAME and MQTT_PASSWORD/);
    assert.doesNotMatch(problems, /wrong-secret/);
    const bridge = await startBridge(t, folder(t), { ...login, MQTT_PASSWORD: 'right' }, DEVICES);
    await assertHears(t, bridge, broker.url, { username: 'bridge', password: 'right' });
  });

  test('WebSocket', async (t) => {
    const port = await freePort();
    // Mosquitto 2.0 does not run with a WebSocket listener alone.
    await mosquitto(t, ['allow_anonymous true', `listener ${port} 127.0.0.1`, 'protocol websockets']);
    const MQTT_URL = `ws://127.0.0.1:${port}`;
    const bridge = await startBridge(t, folder(t), { MQTT_URL }, DEVICES);
    await assertHears(t, bridge, MQTT_URL);
    assert.equal((await bridge.health()).status, 'ok');
  });

  test('MQTT 3.1.1 when asked for', async (t) => {
    const { url: MQTT_URL } = await mosquitto(t, ['allow_anonymous true']);
    const bridge = await startBridge(t, folder(t), { MQTT_URL, MQTT_PROTOCOL_VERSION: '4' }, DEVICES);
    assert.equal((await bridge.logged('mqtt_connected')).protocol_version, 4);
    await assertHears(t, bridge, MQTT_URL);
    assert.equal((await bridge.health()).status, 'ok');
  });

  for (const version of ['5', '4']) {
    test(`two bridges with one client id (MQTT_PROTOCOL_VERSION=${version}) notice, and do not fight`, async (t) => {
      const broker = await mosquitto(t, ['allow_anonymous true']);
      const environment = {
        MQTT_URL: broker.url,
        MQTT_CLIENT_ID: 'the-same',
        MQTT_PROTOCOL_VERSION: version,
      };
      const bridges = await Promise.all(
        [0, 1].map(async () => {
          const bridge = RunningBridge.spawn(folder(t), environment, DEVICES);
          atEnd(t, () => bridge.end('SIGKILL'));
          await bridge.ready();
          return bridge;
        }),
      );
      const beganMs = performance.now();
      const heard = await eventually(
        'health tells of the other client',
        async () => {
          const healths = await Promise.all(bridges.map((bridge) => bridge.health()));
          return (
            healths.flatMap(({ problems }) => problems as string[]).find((text) => /client id/.test(text)) ??
            null
          );
        },
        30_000,
      );
      assert.match(heard, /give each bridge its own MQTT_CLIENT_ID/);
      await pause(FIGHT_MS - (performance.now() - beganMs));
      const lines = bridges.flatMap(({ log }) => log);
      assert.ok(lines.some(({ reason }) => reason === 'client_id_clash'));
      const connects = lines.filter(({ event }) => event === 'mqtt_connected').length;
      const minutes = (performance.now() - beganMs) / 60_000;
      assert.ok(connects / minutes < 60, `${connects} connections in ${(minutes * 60).toFixed(1)} s`);
    });
  }
});
