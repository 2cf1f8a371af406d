import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestApi } from './test-api.ts';

test('every answer says that it is no page to be framed, sniffed or told of', async () => {
  const { app } = createTestApi();
  for (const url of ['/', '/health', '/nope', '/config', '/docs', '/docs/json']) {
    const { headers } = await app.inject(url);
    assert.equal(headers['x-content-type-options'], 'nosniff', url);
    assert.equal(headers['referrer-policy'], 'no-referrer', url);
    assert.equal(headers['x-frame-options'], 'DENY', url);
    assert.match(
      String(headers['content-security-policy']),
      /default-src 'none'.*frame-ancestors 'none'/,
      url,
    );
    assert.doesNotMatch(String(headers['content-security-policy']), /unsafe-(?!inline'; connect)/, url);
    assert.doesNotMatch(String(headers['content-security-policy']), /script-src[^;]*unsafe/, url);
  }
  await app.close();
});

type Operation = {
  summary?: string;
  description?: string;
  tags?: string[];
  security?: object[];
  responses: Record<string, { content?: Record<string, { schema: object }> }>;
};

test('the documentation describes every route with its answers', async () => {
  const { app } = createTestApi();
  const document = (await app.inject('/openapi.json')).json();
  assert.equal(document.openapi, '3.1.0');
  assert.deepEqual(Object.keys(document.components.securitySchemes), ['bearer', 'session']);
  for (const [path, methods] of Object.entries<Record<string, Operation>>(document.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      const label = `${method} ${path}`;
      assert.ok(operation.summary && operation.description && operation.tags?.length === 1, label);
      for (const [status, { content }] of Object.entries(operation.responses)) {
        assert.ok(
          Object.values(content ?? {}).every(({ schema }) => Object.keys(schema).length > 0),
          label,
        );
        assert.ok(content && Object.keys(content).length === 1, `${label} ${status}`);
      }
    }
  }
  const refs = Array.from(
    JSON.stringify(document).matchAll(/"#\/components\/schemas\/([^"]+)"/g),
    ([, name]) => name,
  );
  assert.deepEqual(
    refs.filter((name) => !(String(name) in document.components.schemas)),
    [],
  );
  assert.deepEqual(document.paths['/health'].get.security, []);
  assert.deepEqual(document.security, [{ bearer: [] }, { session: [] }]);
  await app.close();
});

test('/docs is Swagger UI with our document, without a login', async () => {
  const { app } = createTestApi();
  const page = await app.inject('/docs');
  assert.equal(page.statusCode, 200);
  const scripts = Array.from(page.body.matchAll(/(?:src|href)="(\/docs\/[^"]+)"/g), ([, url]) => url ?? '');
  assert.ok(scripts.length >= 5);
  for (const url of scripts) assert.equal((await app.inject(url)).statusCode, 200, url);
  assert.deepEqual((await app.inject('/docs/json')).json(), (await app.inject('/openapi.json')).json());
  assert.equal((await app.inject('/docs/static/..%2f..%2fpackage.json')).statusCode, 404);
  await app.close();
});
