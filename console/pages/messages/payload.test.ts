import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkPayload, hexDump, hexOf, isStructured, PAYLOAD_BYTES_MAX } from './payload.ts';

const CHECKS = [
  { format: 'text', text: 'Größe', bytes: 7, fault: null },
  { format: 'json', text: '{"a":1}', bytes: 7, fault: null },
  { format: 'json', text: '{"a":}', bytes: 6, fault: { code: 'json_value', line: 1, column: 6 } },
  { format: 'hex', text: 'DE ad\nbe ef', bytes: 4, fault: null },
  { format: 'hex', text: 'de ax', bytes: 0, fault: { code: 'hex_digit', line: 1, column: 5 } },
  { format: 'hex', text: 'de\na', bytes: 1, fault: { code: 'hex_odd', line: 2, column: 2 } },
  { format: 'base64', text: 'aGVs\nbG8=', bytes: 5, fault: null },
  { format: 'base64', text: 'aG!s', bytes: 0, fault: { code: 'base64_letter', line: 1, column: 3 } },
  { format: 'base64', text: 'aGVsbG8', bytes: 5, fault: { code: 'base64_padding', line: 1, column: 8 } },
  // Bits that are left over: the bridge would read them otherwise than they were meant.
  { format: 'base64', text: 'aGVsbG9=', bytes: 5, fault: { code: 'base64_padding', line: 1, column: 9 } },
] as const;

for (const { format, text, bytes, fault } of CHECKS) {
  test(`${format} ${JSON.stringify(text)}: ${fault?.code ?? 'sound'}`, () => {
    assert.deepEqual(checkPayload(format, text), { bytes, fault });
  });
}

test('more than the bridge sends is said before it is sent', () => {
  assert.equal(checkPayload('text', 'a'.repeat(PAYLOAD_BYTES_MAX)).fault, null);
  assert.equal(checkPayload('text', 'a'.repeat(PAYLOAD_BYTES_MAX + 1)).fault?.code, 'payload_long');
  assert.equal(checkPayload('hex', '00'.repeat(PAYLOAD_BYTES_MAX + 1)).fault?.code, 'payload_long');
});

test('bytes are shown sixteen a row', () => {
  const rows = hexDump(hexOf('{"on":true}\u0000Hello, MQTT')).split('\n');
  assert.equal(rows[0], '0000  7b 22 6f 6e 22 3a 74 72 75 65 7d 00 48 65 6c 6c  {"on":true}.Hell');
  assert.equal(rows[1], '0010  6f 2c 20 4d 51 54 54                             o, MQTT');
});

test('only objects and lists are shown as JSON', () => {
  assert.deepEqual(['{"a":1}', ' [1]', '12', '"x"', '{a}', ''].map(isStructured), [
    true,
    true,
    false,
    false,
    false,
    false,
  ]);
});
