import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { changed, createTestEngine, flowOf, publishing, until } from './engine-harness.ts';

type Received = { method: string | undefined; url: string | undefined; headers: object; body: string };

/** A server on a free port that keeps what it is sent. */
async function createReceiver(
  t: TestContext,
  answer: (request: IncomingMessage, response: ServerResponse) => void,
) {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    const { method, url, headers } = request;
    received.push({ method, url, headers, body: await text(request) });
    changed();
    answer(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const stop = async () => {
    server.closeAllConnections();
    if (!server.listening) return;
    server.close();
    await once(server, 'close');
  };
  t.after(stop);
  return { url, received, stop };
}

const calling = (url: string, more: object = {}) => ({ webhook: { url, body: '{"v": payload}', ...more } });

test('a webhook is called with method, headers and body', async (t) => {
  const { url, received } = await createReceiver(t, (_request, response) => response.end('thanks'));
  const { engine, say, reports } = createTestEngine(t);
  const more = { method: 'PUT', headers: { Authorization: 'Bearer s3cret' }, body: 'payload_text' };
  engine.put(flowOf('f', { do: [calling(`${url}/json`), calling(`${url}/text`, more)] }));
  say('f/1', '[1, 2]');
  await reports('f', ({ actions }) => actions === 2);
  assert.partialDeepStrictEqual(received, [
    { method: 'POST', url: '/json', body: '{"v":[1,2]}', headers: { 'content-type': 'application/json' } },
    {
      method: 'PUT',
      url: '/text',
      body: '[1, 2]',
      headers: { 'content-type': 'text/plain; charset=utf-8', authorization: 'Bearer s3cret' },
    },
  ]);
});

test('any answer but 2xx is a fault, and a redirect is not followed', async (t) => {
  const { url, received } = await createReceiver(t, (request, response) => {
    const status = Number(request.url?.slice(1));
    response.writeHead(status, { location: '/200' }).end();
  });
  const { engine, say, reports } = createTestEngine(t);
  const cases: [status: number, error: RegExp][] = [
    [302, /answered 302, a redirect/],
    [404, /answered 404$/],
    [503, /answered 503$/],
  ];
  for (const [status, error] of cases) {
    engine.put(flowOf(String(status), { do: [calling(`${url}/${status}`)] }));
    say(`${status}/1`, '1');
    const report = await reports(String(status), ({ errors }) => errors === 1);
    assert.match(report.last_error?.message ?? '', error);
  }
  assert.equal(received.length, cases.length);
});

test('a webhook that hangs holds up its own flow alone, and for 10 s', async (t) => {
  const { url, received } = await createReceiver(t, () => {});
  const { engine, say, reports, clock } = createTestEngine(t);
  engine.put(
    flowOf('hung', { do: [calling(url), publishing('after')] }),
    flowOf('good', { do: [publishing('y')] }),
  );
  say('hung/1', '1');
  say('hung/1', '2');
  await until(() => received.length === 1);
  say('good/1', '1');
  await reports('good', ({ actions }) => actions === 1);
  assert.deepEqual([engine.report('hung').actions, engine.report('hung').errors], [0, 0]);
  clock.advance(10_000);
  const report = await reports('hung', ({ actions }) => actions === 1);
  assert.match(report.last_error?.message ?? '', /^do\[0\]: 127\.0\.0\.1:\d+ did not answer within 10 s$/);
  await until(() => received.length === 2);
  assert.equal(report.state, 'enabled');
});

test('at most 8 webhooks are out at once; the next goes when one has ended', async (t) => {
  const { url, received } = await createReceiver(t, () => {});
  const { engine, say, clock, reports } = createTestEngine(t);
  const ids = Array.from({ length: 11 }, (_, i) => `f${i}`);
  engine.put(
    ...ids.map((id) => flowOf(id, { do: [calling(url)] })),
    flowOf('last', { do: [publishing('z')] }),
  );
  for (const id of ids) say(`${id}/1`, '1');
  say('last/1', '1');
  await reports('last', ({ actions }) => actions === 1);
  await until(() => received.length === 8);
  clock.advance(10_000);
  await until(() => received.length === 11);
  clock.advance(10_000);
  for (const id of ids) await reports(id, ({ errors }) => errors === 1);
});

test('an address where nobody listens is named, without the secret', async (t) => {
  const { url, stop } = await createReceiver(t, () => {});
  await stop();
  const { engine, say, reports, lines } = createTestEngine(t);
  engine.put(flowOf('f', { do: [calling(url, { headers: { 'X-Key': 's3cret' } })] }));
  say('f/1', '1');
  const report = await reports('f', ({ errors }) => errors === 1);
  assert.match(report.last_error?.message ?? '', /refused the connection/);
  assert.ok(!JSON.stringify([report, lines]).includes('s3cret'));
});
