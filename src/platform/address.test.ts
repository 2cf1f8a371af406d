import assert from 'node:assert/strict';
import { test } from 'node:test';
import { senderOf } from './address.ts';

const SENDERS: [address: string, sender: string][] = [
  ['10.0.0.1', '10.0.0.1'],
  ['::ffff:10.0.0.1', '10.0.0.1'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['2001:db8:0:0:1:2:3:4', '2001:db8:0:0::/64'],
  ['2001:0DB8:0000:0001::1', '2001:db8:0:1::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['1:2:3:4:5:6:7::', '1:2:3:4::/64'],
  ['', ''],
];
for (const [address, sender] of SENDERS) {
  test(`${address || 'no address'} counts as ${sender || 'such'}`, () =>
    assert.equal(senderOf(address), sender));
}
