import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { createApi } from './api.ts';
import { createTestApi, FULL_TOKEN } from './test-api.ts';

/** Starts an API on a free port, stopped after the test. */
async function started(t: TestContext, api = createTestApi()) {
  const { url } = await api.start();
  t.after(() => api.stop());
  return { ...api, url, port: Number(new URL(url).port) };
}

async function open(t: TestContext, port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  t.after(() => socket.destroy());
  await once(socket, 'connect');
  return socket;
}

/** Everything the other side says until it closes. */
async function untilClosed(socket: Socket): Promise<string> {
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk;
  });
  await once(socket, 'close');
  return text;
}

const HEAD = `POST /config HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${FULL_TOKEN}\r\nContent-Type: application/json\r\n`;

test('a body of 11 MiB in chunks is refused when the limit is reached, not when it ends', async (t) => {
  const { port, around } = await started(t);
  const socket = await open(t, port);
  const answer = untilClosed(socket);
  socket.write(`${HEAD}Transfer-Encoding: chunked\r\n\r\n`);
  const chunk = `${(65_536).toString(16)}\r\n${' '.repeat(65_536)}\r\n`;
  // Without the chunk that would end the body.
  for (let i = 0; i < 176; i += 1) socket.write(chunk);
  const text = await answer;
  assert.match(text, /^HTTP\/1\.1 413 /);
  assert.match(text, /"status":"error","message":"The body is larger than 10485760 bytes"/);
  assert.deepEqual(around.pushed, []);
});

test('a body that announces 11 MiB is refused before it is sent; 401 comes before 413', async (t) => {
  const { port } = await started(t);
  for (const [head, status] of [
    [HEAD, 413],
    [HEAD.replace(FULL_TOKEN, 'wrong'), 401],
  ] as const) {
    const socket = await open(t, port);
    const data = once(socket, 'data');
    socket.write(`${head}Content-Length: 11534336\r\n\r\n`);
    assert.match(String((await data)[0]), new RegExp(`^HTTP/1\\.1 ${status} `));
  }
});

test('a body that comes slowly is waited for, and others are answered meanwhile', async (t) => {
  const { port, url, around } = await started(t);
  const socket = await open(t, port);
  socket.write(`${HEAD}Content-Length: 14\r\n\r\n{"devic`);
  for (const part of ['es', '":[', ']']) {
    assert.equal((await fetch(`${url}/health`)).status, 200);
    socket.write(part);
  }
  const data = once(socket, 'data');
  socket.write('}');
  assert.match(String((await data)[0]), /^HTTP\/1\.1 503 /);
  assert.deepEqual(around.pushed, [{ devices: [] }]);
});

test('what is not HTTP is answered as a fault, and the bridge lives on', async (t) => {
  const { port, url } = await started(t);
  const socket = await open(t, port);
  const answer = untilClosed(socket);
  socket.write('\x16\x03\x01 hello\r\n\r\n');
  assert.match(
    await answer,
    /^HTTP\/1\.1 400 [\s\S]*\{"status":"error","message":"This is not HTTP","errors":\[\]\}$/,
  );
  const long = await open(t, port);
  const refused = untilClosed(long);
  long.write(`GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${'x'.repeat(20_000)}\r\n\r\n`);
  assert.match(await refused, /^HTTP\/1\.1 431 /);
  assert.equal((await fetch(`${url}/health`)).status, 200);
});

test('a port that is in use is an error that names the remedy', async (t) => {
  const { port, deps } = await started(t);
  const second = createApi({ ...deps, http: { ...deps.http, port } });
  await assert.rejects(second.start(), /^Error: Port \d+ on 127\.0\.0\.1 is in use\. .*BRIDGE_PORT/);
  await second.stop();
});

test('an address that is not ours is an error that names the remedy', async () => {
  const { deps } = createTestApi();
  const api = createApi({ ...deps, http: { ...deps.http, host: '203.0.113.1' } });
  await assert.rejects(api.start(), /203\.0\.113\.1 is no address of this machine\. .*BRIDGE_HOST/);
});

test('stop cuts idle connections and half requests at once, and may be called twice', async (t) => {
  const api = createTestApi();
  const { port } = await started(t, api);
  const idle = await open(t, port);
  idle.write('GET /health HTTP/1.1\r\nHost: x\r\n\r\n');
  await once(idle, 'data');
  const half = await open(t, port);
  half.write(`${HEAD}Content-Length: 100\r\n\r\n{`);
  // The answer on another connection shows that the half request has been read.
  assert.equal((await fetch(`http://127.0.0.1:${port}/health`)).status, 200);
  const closed = Promise.all([untilClosed(idle), untilClosed(half)]);
  await Promise.all([api.stop(), api.stop()]);
  await closed;
  await assert.rejects(fetch(`http://127.0.0.1:${port}/health`));
});

test('start twice is one start; 0.0.0.0 is told as an address that can be opened', async (t) => {
  const api = createTestApi({ host: '0.0.0.0' });
  const { url } = await started(t, api);
  assert.match(url, /^http:\/\/127\.0\.0\.1:\d+$/);
  assert.equal((await api.start()).url, url);
  assert.equal((await fetch(`${url}/ready`)).status, 200);
});
