import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loopbackHost, sameOrigin } from './origin.ts';

const ORIGINS: [origin: string | undefined, host: string | undefined, same: boolean][] = [
  ['http://bridge:8080', 'bridge:8080', true],
  ['http://BRIDGE:8080', 'bridge:8080', true],
  ['http://bridge', 'bridge:80', true],
  ['https://bridge', 'bridge', true],
  ['https://bridge', 'bridge:443', true],
  ['http://[::1]:8080', '[::1]:8080', true],
  ['http://bridge:8081', 'bridge:8080', false],
  ['http://bridge.evil.example', 'bridge', false],
  ['http://evil.example', 'bridge:8080', false],
  ['http://evil.example#bridge', 'bridge', false],
  ['null', 'bridge', false],
  ['', 'bridge', false],
  ['file://bridge', 'bridge', false],
  [undefined, 'bridge', false],
  ['http://bridge', undefined, false],
  ['http://bridge', 'x@bridge', false],
];

test('an origin is the same when scheme, name and port lead to the Host', () => {
  for (const [origin, host, same] of ORIGINS) {
    const headers = { ...(origin !== undefined && { origin }), ...(host !== undefined && { host }) };
    assert.equal(sameOrigin(headers), same, `${origin} → ${host}`);
  }
});

const HOSTS: [host: string | undefined, loopback: boolean][] = [
  ['localhost', true],
  ['LocalHost:8080', true],
  ['127.0.0.1:8080', true],
  ['127.1.2.3', true],
  ['[::1]', true],
  ['[::1]:8080', true],
  ['evil.example', false],
  ['evil.example:8080', false],
  ['localhost.evil.example', false],
  ['127.0.0.1.evil.example', false],
  ['evil.example#localhost', false],
  ['evil.example/localhost', false],
  ['localhost@evil.example', false],
  ['0.0.0.0:8080', false],
  ['192.168.1.5', false],
  ['', false],
  [undefined, false],
];

test('only names of this machine itself are loopback', () => {
  for (const [host, loopback] of HOSTS) {
    assert.equal(loopbackHost(host === undefined ? {} : { host }), loopback, `${host}`);
  }
});
