import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createHttp } from 'node:http';
import { createServer as createHttps } from 'node:https';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { ConnectionSettings } from '../../src/model/broker.ts';
import { testConnection } from '../../src/mqtt/connection-test.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { ManualClock } from '../../src/platform/manual-clock.ts';
import { certificatesIn } from '../certificates.ts';
import { freePort, passwordFile, startMosquitto, WITH_LOGIN } from '../mosquitto.ts';
import { atEnd } from './rig.ts';
import { temporaryFolder } from './running-bridge.ts';

const settings = (url: string, more: Partial<ConnectionSettings> = {}): ConnectionSettings => ({
  url,
  clientId: 'bridge',
  tls: { insecure: false },
  protocolVersion: 'auto',
  keepAliveS: 30,
  cleanSession: false,
  ...more,
});
const trusting = (ca: string): Partial<ConnectionSettings> => ({ tls: { ca, insecure: false } });
const deps = { clock: systemClock(), random: () => 0.5 };

async function mosquitto(t: TestContext, lines?: readonly string[], files: Record<string, string> = {}) {
  const broker = await startMosquitto(lines, files);
  atEnd(t, () => broker.stop());
  return broker;
}

async function listening(t: TestContext, server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket.on('error', () => undefined)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  atEnd(t, () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

async function failure(of: ConnectionSettings): Promise<string> {
  const began = performance.now();
  const result = await testConnection(of, deps);
  assert.ok(performance.now() - began < 10_000, 'it took longer than 10 s');
  assert.ok(!result.ok, 'it connected');
  return `${result.fault.reason}: ${result.fault.message}`;
}

function makeCertificates(t: TestContext) {
  const folder = temporaryFolder();
  atEnd(t, () => folder.remove());
  const made = certificatesIn(folder.path);
  for (const name of ['authority', 'stranger']) made.authority(name);
  made.signed('broker', { altName: 'IP:127.0.0.1' });
  made.signed('elsewhere', { altName: 'DNS:elsewhere.example' });
  made.signed('old', { altName: 'IP:127.0.0.1', days: -1 });
  return made;
}

describe('testing a connection', { concurrency: 4 }, () => {
  test('a broker that is there tells of itself, and keeps nothing of the test', async (t) => {
    const { url } = await mosquitto(t, ['allow_anonymous true', 'max_packet_size 2000', 'max_qos 1']);
    for (const [version, expected] of [
      ['auto', 5],
      [5, 5],
      [4, 4],
    ] as const) {
      const result = await testConnection(settings(url, { protocolVersion: version }), deps);
      assert.ok(result.ok);
      assert.equal(result.protocolVersion, expected);
      assert.ok(result.latencyMs >= 0 && result.latencyMs < 5000);
      assert.equal(result.certificate, null);
      const { packetBytesMax, qosMax } = result.broker;
      assert.deepEqual([packetBytesMax, qosMax], expected === 5 ? [2000, 1] : [null, 2]);
    }
  });

  test('login, and a client id that the broker does not take', async (t) => {
    const { url } = await mosquitto(t, [...WITH_LOGIN, 'clientid_prefixes ours-'], {
      passwords: passwordFile('bridge', 'right'),
    });
    const login = { username: 'bridge', password: 'right', clientId: 'ours-1' };
    assert.ok((await testConnection(settings(url, login), deps)).ok);
    for (const protocolVersion of [4, 5] as const) {
      const wrong = settings(url, { ...login, password: 'wrong-secret', protocolVersion });
      const said = await failure(wrong);
      assert.match(said, /^login: .*; check user name and password$/);
      assert.doesNotMatch(said, /wrong-secret|MQTT_/);
    }
    assert.match(await failure(settings(url, { ...login, clientId: 'theirs' })), /^(client_id|login): /);
  });

  test('TLS: which certificate, and why', async (t) => {
    const { text } = makeCertificates(t);
    const secure = async (name: string, ...more: string[]) => {
      const lines = [
        `certfile {dir}/${name}.pem`,
        `keyfile {dir}/${name}.key`,
        'allow_anonymous true',
        ...more,
      ];
      const names = [`${name}.pem`, `${name}.key`, 'authority.pem'];
      const broker = await mosquitto(t, lines, Object.fromEntries(names.map((one) => [one, text(one)])));
      return `mqtts://127.0.0.1:${broker.port}`;
    };
    const ours = trusting(text('authority.pem'));
    const url = await secure('broker');
    const result = await testConnection(settings(url, ours), deps);
    assert.ok(result.ok);
    const { subject, issuer, validTo } = result.certificate ?? {};
    assert.deepEqual([subject, issuer], ['broker', 'authority']);
    const until = validTo?.slice(0, 10);
    for (const [why, of, expected] of [
      [
        'unknown authority',
        settings(url, trusting(text('stranger.pem'))),
        /^tls: .*not signed by a known authority; give the authority's certificate .*— certificate of broker, issued by authority, valid until /,
      ],
      ['none given', settings(url), /^tls: .*not signed by a known authority/],
      [
        'another name',
        settings(await secure('elsewhere'), ours),
        /^tls: .*is for another name .*— certificate of elsewhere, issued by authority/,
      ],
      [
        'expired',
        settings(await secure('old'), ours),
        /^tls: the broker's certificate has expired — certificate of old, issued by authority, valid until \d{4}-/,
      ],
      [
        'a client certificate is wanted',
        settings(await secure('broker', 'cafile {dir}/authority.pem', 'require_certificate true'), ours),
        /^tls: .*wants a client certificate/,
      ],
      [
        'without TLS',
        settings(url.replace('mqtts', 'mqtt')),
        /^tls: TLS is spoken at this port; use mqtts:\/\//,
      ],
      ['over ws', settings(url.replace('mqtts', 'ws')), /^tls: TLS is spoken at this port; use wss:\/\//],
    ] as const) {
      const said = await failure(of);
      assert.match(said, expected, why);
      if (why === 'unknown authority') assert.ok(until && said.endsWith(until), said);
    }
    const insecure = await testConnection(settings(url, { tls: { insecure: true } }), deps);
    assert.ok(insecure.ok);
  });

  test('something else is there, or nothing', async (t) => {
    const plain = await mosquitto(t);
    const { text } = makeCertificates(t);
    const http = await listening(
      t,
      createHttp((_request, response) => response.end('hello')),
    );
    const ssh = await listening(
      t,
      createServer((socket) => socket.write('SSH-2.0-OpenSSH_9.2\r\n')),
    );
    const https = await listening(
      t,
      createHttps({ cert: text('broker.pem'), key: text('broker.key') }, (_request, response) =>
        response.end(),
      ),
    );
    const closed = await freePort();
    const https127 = `mqtts://127.0.0.1:${https}`;
    for (const [of, expected] of [
      [settings(`mqtt://127.0.0.1:${closed}`), /^refused: nothing listens there/],
      [settings('mqtt://no-such-host.invalid:1883'), /^name_not_found: .*; check the URL$|^name_not_found: /],
      [settings(`mqtt://127.0.0.1:${http}`), /^not_mqtt: an HTTP server answers there/],
      [settings(`mqtts://127.0.0.1:${http}`), /^not_mqtt: an HTTP server answers there/],
      [settings(https127, trusting(text('authority.pem'))), /^not_mqtt: an HTTP server answers there/],
      [settings(`mqtt://127.0.0.1:${ssh}`), /^not_mqtt: an SSH server answers there/],
      [settings(`ws://127.0.0.1:${http}/mqtt`), /^not_mqtt: .*does not take MQTT over WebSocket/],
      [
        settings(`mqtts://127.0.0.1:${plain.port}`),
        /^tls: the broker speaks without TLS at this port; use mqtt:\/\//,
      ],
    ] as const) {
      assert.match(await failure(of), expected, of.url);
    }
  });

  test('a server that says nothing', async (t) => {
    const clock = new ManualClock();
    const server = createServer();
    const port = await listening(t, server);
    for (const url of [`mqtt://127.0.0.1:${port}`, `mqtts://127.0.0.1:${port}`]) {
      const result = testConnection(settings(url), { clock, random: () => 0.5 });
      const beganAt = clock.steadyMs();
      const over = result.then(() => 'over');
      const [socket] = (await once(server, 'connection')) as [Socket];
      await once(socket, 'data');
      while ((await Promise.race([over, turn('not yet')])) !== 'over') clock.advance(500);
      const found = await result;
      assert.ok(!found.ok);
      assert.match(found.fault.message, /^connected, but no MQTT answer/);
      assert.ok(clock.steadyMs() - beganAt <= 10_000);
    }
  });
});
