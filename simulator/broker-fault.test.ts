import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { faultReason, isWrongVersion } from './broker-fault.ts';

const coded = (message: string, code: string | number) => Object.assign(new Error(message), { code });
const connackError = (code: number) => coded('Connection refused: reason', code);

describe('reasons', () => {
  const cases: [Error, RegExp][] = [
    [coded('getaddrinfo ENOTFOUND x', 'ENOTFOUND'), /^host not found$/],
    [coded('connect ECONNREFUSED', 'ECONNREFUSED'), /^connection refused: nobody listens there$/],
    [new AggregateError([coded('', 'ECONNREFUSED'), coded('', 'ECONNREFUSED')]), /^connection refused/],
    [connackError(4), /^login refused/],
    [connackError(5), /^login refused/],
    [connackError(134), /^login refused/],
    [connackError(135), /^login refused/],
    [connackError(137), /^Connection refused: reason \(code 137\)$/],
    [coded('Publish error: Not authorized', 135), /^Publish error: Not authorized \(code 135\)$/],
    [coded('self-signed certificate', 'DEPTH_ZERO_SELF_SIGNED_CERT'), /^TLS: self-signed certificate \(/],
    [coded('altname', 'ERR_TLS_CERT_ALTNAME_INVALID'), /^TLS: altname/],
    [coded('expired', 'CERT_HAS_EXPIRED'), /^TLS: expired/],
    [new Error('connack timeout'), /^no answer from the broker within 10 s$/],
    [coded('', 'EPIPE'), /^EPIPE$/],
    [new Error('something else'), /^something else$/],
  ];
  for (const [error, expected] of cases) {
    it(`${error.name} ${error.message} ${'code' in error ? error.code : ''}`, () => {
      assert.match(faultReason(error), expected);
    });
  }
});

it('a wrong version is told from a wrong password', () => {
  assert.deepEqual([1, 132, 4, 134].map(connackError).map(isWrongVersion), [true, true, false, false]);
  assert.equal(isWrongVersion(coded('', 'ECONNREFUSED')), false);
});
