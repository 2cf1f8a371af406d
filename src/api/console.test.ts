import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { createConsole } from './console.ts';
import { createTestApi } from './test-api.ts';
import { createTestRoutes } from './test-routes.ts';

const folder = mkdtempSync(join(tmpdir(), 'iot-bridge-console-'));
after(() => rmSync(folder, { recursive: true }));
const SCRIPT = `export const words = ${JSON.stringify('x'.repeat(5000))};`;
mkdirSync(join(folder, 'assets'));
writeFileSync(join(folder, 'index.html'), '<!doctype html><title>console</title>');
writeFileSync(join(folder, 'assets', 'index-abc.js'), SCRIPT);
writeFileSync(join(folder, 'assets', 'notes.txt'), 'not of the console');

test('files are sent with their type, small where it is worth it, and kept by who has them', async () => {
  const { app } = createTestRoutes((routes) => createConsole(folder).routes(routes));
  const page = await app.inject('/');
  assert.equal(page.body, '<!doctype html><title>console</title>');
  assert.equal(page.headers['cache-control'], 'no-cache');
  const url = '/assets/index-abc.js';
  const plain = await app.inject(url);
  assert.deepEqual([plain.body, plain.headers['content-type']], [SCRIPT, 'text/javascript; charset=utf-8']);
  assert.match(String(plain.headers['cache-control']), /immutable/);
  const packed = await app.inject({ url, headers: { 'accept-encoding': 'gzip, br' } });
  assert.equal(packed.headers['content-encoding'], 'gzip');
  assert.equal(gunzipSync(packed.rawPayload).toString(), SCRIPT);
  for (const missing of ['/assets/notes.txt', '/assets/../../package.json', '/assets/%2e%2e/index.html']) {
    assert.equal((await app.inject(missing)).statusCode, 404, missing);
  }
});

test('a path of the console gets the page, what is asked of the API a fault', async () => {
  const { app } = createTestApi();
  const accept = 'text/html,application/xhtml+xml';
  for (const url of ['/sessions', '/machines/saw']) {
    const { statusCode, headers } = await app.inject({ url, headers: { accept } });
    assert.deepEqual([statusCode, headers['content-type']], [200, 'text/html; charset=utf-8'], url);
  }
  for (const [url, headers] of [
    ['/api/nothing', { accept }],
    ['/sessions', { accept: 'application/json' }],
    ['/sessions', {}],
  ] as const) {
    assert.equal((await app.inject({ url, headers })).statusCode, 404, url);
  }
  await app.close();
});
