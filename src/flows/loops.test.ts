import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Flow } from '../model/flow.ts';
import { createTestEngine, flowOf, onlineEvent, publishing } from './engine-harness.ts';

type Engine = ReturnType<typeof createTestEngine>;

const counting = (key: string) => `{"n": ${key}.n + 1}`;
const onMessage = ({ say }: Engine, n: number) => say('a', `{"n": ${n}}`);

/** Flows that set themselves or one another off, and what begins it. */
const LOOPS: [what: string, flows: Flow[], begin: (engine: Engine, n: number) => void][] = [
  [
    'its own trigger, the same payload',
    [flowOf('f', { when: { topic: 'a' }, do: [publishing('a')] })],
    onMessage,
  ],
  [
    'its own trigger, another payload each time',
    [flowOf('f', { when: { topic: 'a' }, do: [publishing('a', counting('payload'))] })],
    onMessage,
  ],
  [
    'another flow that sets it off',
    [
      flowOf('f', { when: { topic: 'a' }, do: [publishing('b', counting('payload'))] }),
      flowOf('g', { when: { topic: 'b' }, do: [publishing('a', counting('payload'))] }),
    ],
    onMessage,
  ],
  [
    'its own event',
    [
      flowOf('f', {
        when: { event: ['device_online', 'flow_event'] },
        do: [{ odoo_event: { name: 'again', data: '{}' } }],
      }),
    ],
    ({ engine }, n) => engine.event(onlineEvent('saw', n)),
  ],
  [
    'its own attribute',
    [
      flowOf('f', {
        when: { attribute: 'n' },
        do: [{ set_attribute: { key: 'n', value: 'attribute.value + 1' } }],
      }),
    ],
    ({ setAttribute }, n) => setAttribute('saw', 'n', 1000 * n),
  ],
  [
    'a chain over message, event and attribute',
    [
      flowOf('f', {
        when: { topic: 'a' },
        do: [{ odoo_event: { device_id: 'saw', name: 'e', data: 'payload' } }],
      }),
      flowOf('g', {
        when: { event: ['flow_event'] },
        do: [{ set_attribute: { key: 'n', value: 'event.payload.data.n + 1' } }],
      }),
      flowOf('h', { when: { attribute: 'n' }, do: [publishing('a', '{"n": attribute.value}')] }),
    ],
    onMessage,
  ],
];

for (const [what, flows, begin] of LOOPS) {
  test(`a loop is cut after 5 runs, and after 3 of them the flow is suspended: ${what}`, async (t) => {
    const around = createTestEngine(t);
    const { engine, clock, done, lines } = around;
    engine.put(...flows);
    const total = (count: 'runs' | 'loops') =>
      flows.map(({ flowId }) => engine.report(flowId)[count]).reduce((sum, n) => sum + n);
    for (let round = 1; round <= 3; round += 1) {
      begin(around, round * 100);
      await around.reports('f', () => total('loops') === round);
      assert.equal(total('runs'), 5 * round);
      assert.equal(done.length, 5 * round);
      clock.advance(10_001);
    }
    const suspended = flows.filter(({ flowId }) => engine.report(flowId).state === 'suspended');
    assert.equal(suspended.length, 1);
    const [cut] = suspended.map(({ flowId }) => engine.report(flowId));
    assert.match(cut?.last_error?.message ?? '', /a chain of more than 4 flows .* was cut: a loop/);
    assert.match(cut?.suspended_because ?? '', /3 loops within a minute/);
    assert.equal(lines.filter(({ event }) => event === 'flow_suspended').length, 1);
  });
}

test('loops that are rare do not suspend a flow', async (t) => {
  const around = createTestEngine(t);
  const { engine, clock } = around;
  engine.put(flowOf('f', { when: { topic: 'a' }, do: [publishing('a')] }));
  for (let round = 1; round <= 4; round += 1) {
    onMessage(around, round);
    await around.reports('f', ({ loops }) => loops === round);
    clock.advance(31_000);
  }
  assert.equal(engine.report('f').state, 'enabled');
});

test('a message that a flow published long ago is an ordinary one', async (t) => {
  const { engine, say, clock, reports } = createTestEngine(t);
  engine.put(
    flowOf('f', { do: [publishing('out')] }),
    flowOf('out', { when: { topic: 'out' }, do: [publishing('x')] }),
  );
  for (let round = 1; round <= 10; round += 1) {
    say('f/1', 'on');
    await reports('out', ({ actions }) => actions === round);
    clock.advance(100);
  }
  assert.equal(engine.report('out').loops, 0);
});
