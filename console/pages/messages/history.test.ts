import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SavedMessage } from '../../../src/model/saved-message.ts';
import type { Subscription } from '../../../src/model/subscription.ts';
import { bodyOf, draftFaults, draftOfMessage, draftOfSaved, EMPTY_DRAFT, newProperty } from './draft.ts';
import { fieldsOf, filterFromSearch, fits, hiddenFilters, NO_FILTER } from './history-filter.ts';
import { fold, type Message, previewOf } from './message.ts';

const message = (fields: Partial<Message> = {}): Message => ({
  id: 1,
  at: '2026-01-01T12:00:00.000Z',
  broker_id: 'main',
  direction: 'in',
  topic: 'hall/light',
  device_id: 'lamp',
  qos: 1,
  retain: true,
  bytes: 12,
  payload: '{"on": true}',
  payload_format: 'text',
  truncated: false,
  properties: null,
  ...fields,
});
const page = (ids: number[], next_before: number | null) => ({
  messages: ids.map((id) => message({ id })),
  next_before,
});

test('new messages come in front, each once; the page says where the history goes on', () => {
  const ids = (one: { messages: Message[] }) => one.messages.map(({ id }) => id);
  const grown = fold(page([5, 4], 4), [message({ id: 5 }), message({ id: 7 }), message({ id: 6 })], 10);
  assert.deepEqual([ids(grown), grown.next_before], [[7, 6, 5, 4], 4]);
  const full = fold(page([5, 4, 3], null), [message({ id: 6 })], 3);
  assert.deepEqual([ids(full), full.next_before], [[6, 5, 4], 4]);
  const exact = fold(page([5, 4], null), [message({ id: 6 })], 3);
  assert.deepEqual([ids(exact), exact.next_before], [[6, 5, 4], null]);
});

test('the stream is narrowed as the history is', () => {
  const narrowed = [
    [{ topic: 'hall/+' }, true],
    [{ topic: 'yard/#' }, false],
    [{ text: 'ON' }, true],
    [{ text: 'LIGHT' }, true],
    [{ text: 'off' }, false],
    [{ brokerId: 'main', device: 'lamp', direction: 'in' }, true],
    [{ brokerId: 'embedded' }, false],
    [{ device: 'saw' }, false],
    [{ direction: 'out' }, false],
    [{ from: '2026-01-02T00:00' }, false],
    [{ to: '2025-12-31T00:00' }, false],
    [{ from: '2025-12-31T00:00', to: '2026-01-03T00:00' }, true],
  ] as const;
  for (const [filter, expected] of narrowed) {
    assert.equal(fits({ ...NO_FILTER, ...filter }, message()), expected, JSON.stringify(filter));
  }
});

test('a filter is asked for in UTC, and a link can bring one', () => {
  const local = '2026-01-31T10:00';
  const filter = {
    ...filterFromSearch({ device: 'mill', topic: 7, direction: 'sideways' }),
    from: local,
    to: 'x',
  };
  assert.equal(hiddenFilters(filter), 3);
  assert.deepEqual(fieldsOf(filter), {
    topic: '7',
    text: '',
    broker_id: '',
    direction: '',
    device: 'mill',
    from: new Date(local).toISOString(),
    to: null,
  });
});

test('a payload is previewed on one line', () => {
  assert.equal(previewOf(message({ payload: '{\n  "a":\t1\n}' })), '{ "a": 1 }');
  assert.equal(previewOf(message({ payload: 'ff00', payload_format: 'hex' })), '0xff00');
  assert.equal(previewOf(message({ payload: '', payload_format: 'hex' })), '');
});

test('a message of the history is sent again as it was', () => {
  const properties = { user_properties: { site: ['a', 'b'], unit: 'W' }, content_type: 'x', expiry_s: 60 };
  const draft = draftOfMessage(message({ properties: { ...properties, subscription_identifiers: [4] } }));
  assert.deepEqual(JSON.parse(JSON.stringify(bodyOf(draft))), {
    broker_id: 'main',
    subscription_id: null,
    topic: 'hall/light',
    payload: '{"on": true}',
    payload_format: 'json',
    qos: 1,
    retain: true,
    ...properties,
    response_topic: null,
    correlation_data_hex: null,
  });
  const bytes = draftOfMessage(message({ payload: 'ff', payload_format: 'hex', truncated: true }));
  assert.deepEqual([bytes.format, bytes.isCut], ['hex', true]);
});

test('a saved message is written again as it is kept', () => {
  const body = bodyOf({ ...EMPTY_DRAFT, topic: 'a', qos: 2, correlationHex: 'ab cd' });
  const saved = { ...body, name: 'A', saved_message_id: 's', created_at: '2026-01-01T00:00:00.000Z' };
  const draft = draftOfSaved({ ...saved, payload: { on: true }, payload_format: 'json' } as SavedMessage);
  assert.deepEqual([draft.savedId, draft.name, draft.payload], ['s', 'A', '{\n  "on": true\n}']);
  assert.deepEqual(bodyOf({ ...draft, payload: '', format: 'text' }), body);
});

test('user properties keep repeated names, whatever they are called', () => {
  const rows = [
    newProperty('a', '1'),
    newProperty('a', '2'),
    newProperty('', 'x'),
    newProperty('toString', 'y'),
  ];
  const { user_properties } = bodyOf({ ...EMPTY_DRAFT, userProperties: rows });
  assert.deepEqual({ ...user_properties }, { a: ['1', '2'], toString: 'y' });
});

test('what must be mended is named by its field', () => {
  const filters = [{ subscription_id: 's', topic: 'a/#' }] as Subscription[];
  const bySubscription = { ...EMPTY_DRAFT, target: 'subscription' as const };
  assert.deepEqual(draftFaults({ ...EMPTY_DRAFT, topic: 'a' }, []), {});
  assert.deepEqual(draftFaults(bySubscription, filters), { subscription_id: 'subscription_needed' });
  assert.deepEqual(draftFaults({ ...bySubscription, subscriptionId: 's' }, filters), {
    topic: 'topic_empty',
  });
  assert.deepEqual(
    draftFaults(
      {
        ...EMPTY_DRAFT,
        topic: 'a/+',
        format: 'json',
        payload: '{',
        responseTopic: '#',
        correlationHex: 'x',
        expiryS: '0',
      },
      [],
    ),
    {
      topic: 'topic_wildcard',
      payload: 'payload_fault',
      response_topic: 'topic_wildcard',
      correlation_data_hex: 'correlation_fault',
      expiry_s: 'expiry_fault',
    },
  );
});
