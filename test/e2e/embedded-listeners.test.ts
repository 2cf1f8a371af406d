import assert from 'node:assert/strict';
import { get } from 'node:http';
import { test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { WebSocket } from 'ws';
import { arrived, certificate, connectClient, RawClient, startBroker } from './embedded-rig.ts';
import { atEnd } from './rig.ts';
import { temporaryFolder } from './running-bridge.ts';

test('TLS: verified by the client, and a client without TLS is turned away', async (t) => {
  const folder = temporaryFolder();
  atEnd(t, () => folder.remove());
  const tls = certificate(folder.path);
  const { ports, broker, client, metric } = await startBroker(t, { settings: { tlsPort: 0, tls } });
  const url = `mqtts://localhost:${ports.mqtts}`;
  const secure = await connectClient(t, url, { ca: tls.cert });
  await secure.subscribeAsync('a', { qos: 1 });
  await (await client()).publishAsync('a', 'x'.repeat(50_000), { qos: 1 });
  await arrived(secure.received, 1);
  assert.deepEqual(
    broker
      .clients()
      .map(({ protocol }) => protocol)
      .toSorted(),
    ['mqtt', 'mqtts'],
  );
  await assert.rejects(connectClient(t, url, {}), /self-signed|SELF_SIGNED/i);
  const plain = await RawClient.connect(t, ports.mqtts ?? 0);
  plain.send({ cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clientId: 'plain', clean: true });
  await plain.closed();
  assert.ok((await metric('embedded_refused_total', { reason: 'handshake' })) >= 1);
});

test('TLS: old versions are not spoken', async (t) => {
  const folder = temporaryFolder();
  atEnd(t, () => folder.remove());
  const { ports } = await startBroker(t, { settings: { tlsPort: 0, tls: certificate(folder.path) } });
  const options = {
    port: ports.mqtts ?? 0,
    rejectUnauthorized: false,
    maxVersion: 'TLSv1.1',
    minVersion: 'TLSv1',
  } as const;
  const socket = connectTls({ ...options, ciphers: 'DEFAULT@SECLEVEL=0' });
  await assert.rejects(
    new Promise((resolve, reject) => {
      socket.once('secureConnect', resolve);
      socket.once('error', reject);
    }),
  );
});

test('TLS: a certificate that cannot be used is said plainly', async (t) => {
  const settings = { tlsPort: 0, tls: { cert: 'no', key: 'no' } };
  await assert.rejects(
    startBroker(t, { settings }),
    /EMBEDDED_TLS_CERT_FILE and EMBEDDED_TLS_KEY_FILE cannot be used/,
  );
});

test('WebSocket: 20 clients connect, publish and receive', async (t) => {
  const { ports, broker, client } = await startBroker(t, { settings: { webSocketPort: 0 } });
  const url = `ws://127.0.0.1:${ports.ws}/mqtt`;
  const clients = await Promise.all(
    Array.from({ length: 20 }, (_, i) => connectClient(t, url, { clientId: `w${i}` })),
  );
  for (const each of clients) await each.subscribeAsync('a', { qos: 1 });
  await clients[0]?.publishAsync('a', 'x'.repeat(60_000), { qos: 1 });
  await (await client()).publishAsync('a', 'from TCP', { qos: 2 });
  for (const each of clients) await arrived(each.received, 2);
  assert.equal(broker.clients().filter(({ protocol }) => protocol === 'ws').length, 20);
});

/** What becomes of a WebSocket: its code when it is closed, the status when it is refused. */
function webSocket(port: number | null, protocols: string[], headers: Record<string, string> = {}) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/`, protocols, { headers });
  return {
    socket,
    ended: new Promise<number | string>((resolve) => {
      socket.on('close', (code) => resolve(code));
      socket.on('error', (error) => resolve(error.message));
    }),
  };
}

test('WebSocket: subprotocol, origin, frames of text and size are checked', async (t) => {
  const { ports } = await startBroker(t, { settings: { webSocketPort: 0 } });
  assert.match(String(await webSocket(ports.ws, ['chat']).ended), /subprotocol|1002/i);
  assert.match(String(await webSocket(ports.ws, ['mqtt'], { origin: 'https://evil.example' }).ended), /401/);
  const text = webSocket(ports.ws, ['mqtt'], { origin: 'http://127.0.0.1:8080' });
  text.socket.on('open', () => text.socket.send('text'));
  assert.equal(await text.ended, 1006);
  const large = webSocket(ports.ws, ['mqtt']);
  large.socket.on('open', () => large.socket.send(Buffer.alloc(1_000_000)));
  assert.ok([1006, 1009].includes(Number(await large.ended)));
  const status = await new Promise((resolve) => {
    get({ port: ports.ws, host: '127.0.0.1' }, (response) => resolve(response.statusCode));
  });
  assert.equal(status, 426);
});
