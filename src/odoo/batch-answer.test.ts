import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { Delivery } from '../model/delivery.ts';
import { bridgeEventSchema } from '../model/event.ts';
import { verdictsIn } from './batch-answer.ts';

const read = (file: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../contract/${file}`, import.meta.url), 'utf8'));

test('the batch of the contract holds events, and its answer says of each what it means', () => {
  const { events } = read('batch.request.json') as { events: unknown[] };
  const sent = events.map((event): Delivery => {
    const { event_uid: uid, device_id: deviceId, event_type: eventType } = bridgeEventSchema.parse(event);
    return { uid, deviceId, eventType, body: Buffer.from(JSON.stringify(event)), attempts: 0 };
  });
  assert.deepEqual(verdictsIn(read('batch.answer.json'), sent), [
    { status: 'delivered' },
    { status: 'refused', reason: 'Odoo refused it: duration_s must be a number' },
    { status: 'held' },
    { status: 'held' },
  ]);
});
