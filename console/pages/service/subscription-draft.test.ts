import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Subscription } from '../../../src/model/subscription.ts';
import {
  draftOfSubscription,
  EMPTY_SUBSCRIPTION,
  found,
  optionsOf,
  subscriptionOf,
} from './subscription-draft.ts';

const subscription = (fields: Partial<Subscription>): Subscription => ({
  subscription_id: 's',
  broker_id: 'main',
  topic: 'hall/#',
  qos: 1,
  no_local: false,
  retain_as_published: false,
  retain_handling: 0,
  identifier: null,
  enabled: true,
  note: '',
  state: { state: 'active', by: null, reason: null, note: null },
  warnings: [],
  created_at: '2026-01-01T00:00:00.000Z',
  ...fields,
});

test('what is kept can be written again without a change', () => {
  const kept = subscription({ identifier: 7, retain_handling: 2, note: 'x' });
  const { subscription_id: _id, state: _state, warnings: _warnings, created_at: _at, ...input } = kept;
  assert.deepEqual(subscriptionOf(draftOfSubscription(kept)), input);
});

test('a new one leaves the broker to the bridge', () => {
  const { broker_id, identifier } = subscriptionOf({ ...EMPTY_SUBSCRIPTION, topic: 'a' });
  assert.deepEqual([broker_id, identifier], [null, null]);
});

test('chosen options are named', () => {
  assert.deepEqual(optionsOf(subscription({})), []);
  assert.deepEqual(optionsOf(subscription({ no_local: true, retain_handling: 2, identifier: 1 })), [
    'no_local',
    'retain_handling_2',
    'identifier',
  ]);
});

test('the list is searched and narrowed', () => {
  const refused = { state: 'refused' as const, by: null, reason: 'no', note: null };
  const all = [
    subscription({ subscription_id: 'a', note: 'Temperature' }),
    subscription({ subscription_id: 'b', broker_id: 'embedded', state: refused }),
  ];
  const ids = (filter: object) =>
    found(all, { search: '', brokerId: '', state: '', ...filter }).map((one) => one.subscription_id);
  assert.deepEqual(ids({ search: ' HALL ' }), ['a', 'b']);
  assert.deepEqual(ids({ search: 'temper' }), ['a']);
  assert.deepEqual(ids({ brokerId: 'embedded' }), ['b']);
  assert.deepEqual(ids({ state: 'refused' }), ['b']);
});
