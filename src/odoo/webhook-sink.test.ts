import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import type { Delivery } from '../model/delivery.ts';
import { withServer } from './server-harness.ts';
import { createWebhookSink } from './webhook-sink.ts';

const SECRET = 'a-webhook-secret';
const DELIVERY: Delivery = {
  uid: '5f1d6b0c-5d7a-5b8e-9c3f-0a1b2c3d4e5f',
  deviceId: 'saw',
  eventType: 'session_started',
  body: Buffer.from('{"device_id":"Säge"}'),
  attempts: 0,
};

test('an event goes to the URL exactly, signed, with a key only if there is one', async () => {
  const answer = (response: ServerResponse) => void response.end('ok');
  await withServer(answer, async ({ url, clock, requests }) => {
    for (const apiKey of [undefined, 'k3y']) {
      const sink = createWebhookSink({ url: `${url}/in/7/?sig=a%2Fb&v=1`, secret: SECRET, apiKey, clock });
      assert.deepEqual(await sink.deliver(DELIVERY), { status: 'delivered' });
      await sink.close();
    }
    const [first, second] = requests;
    const headers = first?.message.headers ?? {};
    assert.deepEqual([first?.message.method, first?.message.url], ['POST', '/in/7/?sig=a%2Fb&v=1']);
    assert.equal(first?.body, '{"device_id":"Säge"}');
    assert.equal(
      headers['x-signature'],
      createHmac('sha256', SECRET).update('{"device_id":"Säge"}').digest('hex'),
    );
    assert.equal(headers['idempotency-key'], DELIVERY.uid);
    assert.equal(headers['x-event-type'], 'session_started');
    assert.equal(headers['content-type'], 'application/json');
    assert.deepEqual([headers.authorization, headers['x-odoo-database']], [undefined, undefined]);
    assert.equal(second?.message.headers.authorization, 'Bearer k3y');
  });
});

test('the signature is the one that others compute', async () => {
  await withServer(
    (response) => void response.end(),
    async ({ url, clock, requests }) => {
      const sink = createWebhookSink({ url, secret: 'key', clock });
      await sink.deliver({ ...DELIVERY, body: Buffer.from('The quick brown fox jumps over the lazy dog') });
      await sink.close();
      assert.equal(
        requests[0]?.message.headers['x-signature'],
        'f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8',
      );
    },
  );
});

test('any 2xx but a page counts as delivered; the rest is read as an answer of Odoo', async () => {
  const HTML = 'text/html';
  const rows: [status: number, body: string, contentType: string, expected: RegExp][] = [
    [200, 'ok', 'text/plain', /^delivered$/],
    [202, 'Accepted', '', /^delivered$/],
    [200, '\u0000\u0001', 'application/octet-stream', /^delivered$/],
    [200, '<ok/>', 'text/xml', /^delivered$/],
    [200, ' <!DOCTYPE html><title>x', 'text/plain', /^away The webhook answered 200 with an HTML page\.$/],
    [204, '', '', /^delivered$/],
    [200, '{"status":"ok"}', 'application/json', /^delivered$/],
    [409, '', '', /^delivered$/],
    [200, '<html>Sign in', HTML, /^away The webhook answered 200 with an HTML page\.$/],
    [
      200,
      '{"status":"error","message":"no"}',
      'application/json',
      /^refused The webhook answered with an error: no$/,
    ],
    [400, 'bad', 'text/plain', /^refused The webhook answered 400: bad$/],
    [401, '', '', /^away The webhook refused the key \(401\)\. Check WEBHOOK_SECRET and ODOO_API_KEY\.$/],
    [302, '', '', /^away The webhook answered 302, a redirect/],
    [503, '', '', /^away The webhook answered 503\.$/],
  ];
  for (const [status, body, contentType, expected] of rows) {
    const answer = (response: ServerResponse) =>
      void response
        .writeHead(status, contentType ? { 'content-type': contentType } : {})
        .end(body || undefined);
    await withServer(answer, async ({ url, clock }) => {
      const sink = createWebhookSink({ url, secret: SECRET, clock });
      const verdict = await sink.deliver(DELIVERY);
      await sink.close();
      assert.match(`${verdict.status}${'reason' in verdict ? ` ${verdict.reason}` : ''}`, expected);
    });
  }
});

test('a receiver that is not there means away, by its own name', async () => {
  let gone = '';
  await withServer(
    () => undefined,
    async ({ url }) => {
      gone = url;
    },
  );
  await withServer(
    () => undefined,
    async ({ clock }) => {
      const sink = createWebhookSink({ url: gone, secret: SECRET, clock });
      const verdict = await sink.deliver(DELIVERY);
      await sink.close();
      assert.match(
        verdict.status === 'away' ? verdict.reason : '',
        /^The webhook \(127\.0\.0\.1:\d+\) refused/,
      );
    },
  );
});
