import assert from 'node:assert/strict';
import { test } from 'node:test';
import { flowInputSchema } from '../../../src/model/flow.ts';
import { fieldPaths, PlacedFaults } from './faults.ts';
import { bodyOf, draftOf, headersOf, newDraft } from './flow-draft.ts';
import { EMPTY_SAMPLE, sampleOf, valueOf } from './sample.ts';

const FLOWS = [
  {
    name: 'Coolant',
    when: { topic: 'hall/+/coolant', broker_id: 'hall' },
    if: 'payload < 10',
    do: [
      { publish: { topic: 'lamp', body: '"ON"', qos: 1, retain: true } },
      { publish: { topic_expression: '"lamp/" & levels[1]', body: '"ON"', broker_id: 'hall' } },
      {
        webhook: {
          url: 'https://x.test/a',
          headers: { Authorization: '***', 'X-A': 'b:c' },
          body: 'payload',
        },
      },
    ],
  },
  {
    name: 'Night',
    enabled: false,
    when: { event: ['session_started', 'session_stopped'], device_id: 'press' },
    do: [{ odoo_event: { name: 'n', data: '{}' } }],
  },
  {
    name: 'Attribute',
    when: { attribute: 'firmware' },
    do: [{ set_attribute: { device_id: 'press', key: 'k', value: 'attribute.value' } }],
  },
].map((flow) => flowInputSchema.parse(flow));

test('a flow that is opened and saved says what it said', () => {
  for (const flow of FLOWS) assert.deepEqual(flowInputSchema.parse(bodyOf(draftOf(flow))), flow);
});

test('what belongs to another kind is not sent', () => {
  const draft = { ...draftOf(FLOWS[0] as (typeof FLOWS)[0]), whenKind: 'attribute' as const, attribute: 'a' };
  assert.deepEqual(bodyOf(draft).when, { attribute: 'a' });
  assert.deepEqual(bodyOf(newDraft()).do, [{ publish: { topic: '', qos: 0, retain: false, body: '' } }]);
});

test('headers are a line each', () => {
  assert.deepEqual(headersOf('A: b:c\n\n B :d\nstrange'), { A: 'b:c', B: 'd', strange: '' });
});

test('faults stand beside their fields, the others at the foot', () => {
  const faults = new PlacedFaults(
    [
      { path: 'flow.do[0].webhook.headers.Host', message: 'is set by HTTP itself' },
      { path: 'flow.do[0].webhook.body', message: 'is empty' },
      { path: 'flow.do[1]', message: 'must be one of' },
      { path: 'sample', message: 'is wrong' },
    ],
    'flow.',
  );
  assert.equal(faults.at('do[0].webhook.headers'), 'Host is set by HTTP itself');
  assert.equal(faults.at('do[0].webhook.body'), 'is empty');
  assert.equal(faults.at('name'), null);
  const paths = fieldPaths('topic', ['webhook', 'publish']);
  assert.deepEqual(faults.elsewhere(paths), ['do[1]: must be one of', 'sample: is wrong']);
});

test('a sample is read as JSON where it is some', () => {
  assert.equal(valueOf('{"a'), '{"a');
  assert.deepEqual(valueOf('{"a":1}'), { a: 1 });
  const draft = newDraft();
  const sample = { ...EMPTY_SAMPLE, topic: 't', payload: '5', deviceId: 'd', key: 'k', value: '1' };
  assert.deepEqual(sampleOf(draft, sample), { topic: 't', payload: '5', device_id: 'd' });
  assert.deepEqual(sampleOf({ ...draft, whenKind: 'event' }, { ...sample, event: '{"x":1}' }), {
    event: { x: 1 },
  });
  assert.deepEqual(sampleOf({ ...draft, whenKind: 'attribute' }, sample), {
    attribute: { device_id: 'd', key: 'k', value: 1, previous: undefined },
  });
});
