import assert from 'node:assert/strict';
import { test } from 'node:test';
import { similarTopics } from './similar-topics.ts';

const HEARD = ['shop/press/status', 'shop/saw/status', 'other', 'shelly-48f6/status/pm1:0'];

test('a misspelt topic finds the one that was meant, whatever its case', () => {
  assert.deepEqual(similarTopics('shop/pres/status', HEARD), ['shop/press/status', 'shop/saw/status']);
  assert.deepEqual(similarTopics('Shop/Press/Status', HEARD)[0], 'shop/press/status');
  assert.deepEqual(similarTopics('shelly-48f5/status/pm1:0', HEARD), ['shelly-48f6/status/pm1:0']);
});

test('wildcards stand for what is there, and what matches is not similar', () => {
  assert.deepEqual(similarTopics('shp/+/status', HEARD), ['shop/press/status', 'shop/saw/status']);
  assert.deepEqual(similarTopics('sopp/press/#', HEARD), ['shop/press/status']);
  assert.deepEqual(similarTopics('shop/+/status', HEARD), []);
});

test('topics with nothing in common are left out', () => {
  assert.deepEqual(similarTopics('tele/x/SENSOR', HEARD), []);
});
