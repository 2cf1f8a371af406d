import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type SubscriptionState, subscriptionSchema } from '../model/subscription.ts';
import { createStage, MAIN } from './stage.ts';

type Stage = ReturnType<typeof createStage>;

function created({ subscriptions }: Stage, input: unknown) {
  const result = subscriptions.create(input);
  assert.equal(result.status, 'saved', JSON.stringify(result));
  return result.status === 'saved' ? result.subscription : assert.fail();
}

test('a topic is enough; it is wanted of the default broker', () => {
  const stage = createStage();
  const made = created(stage, { topic: 'hall/+/state' });
  subscriptionSchema.strict().parse(made);
  assert.partialDeepStrictEqual(made, {
    broker_id: 'main',
    qos: 1,
    enabled: true,
    state: { state: 'waiting' },
  });
  assert.deepEqual(stage.subscriptions.wanted('main'), [{ filter: 'hall/+/state', qos: 1 }]);
  assert.deepEqual(stage.subscriptions.wanted('embedded'), []);
  assert.deepEqual(stage.around.changed, ['subscriptions main']);
  assert.equal(created(createStage({ main: null }), { topic: 'a' }).broker_id, 'embedded');
});

test('options are wanted as they are said, disabled ones not at all', () => {
  const stage = createStage();
  const options = { no_local: true, retain_as_published: true, retain_handling: 2, identifier: 268_435_455 };
  created(stage, { topic: 'a/#', qos: 2, ...options });
  created(stage, { topic: 'b/#', enabled: false });
  assert.deepEqual(stage.subscriptions.wanted('main'), [
    {
      filter: 'a/#',
      qos: 2,
      noLocal: true,
      retainAsPublished: true,
      retainHandling: 2,
      identifier: 268_435_455,
    },
  ]);
});

const STATES: [known: SubscriptionState | null, enabled: boolean, shown: Record<string, string | null>][] = [
  [null, true, { state: 'waiting', by: null, reason: null, note: null }],
  [{ state: 'active' }, true, { state: 'active', by: null, reason: null, note: null }],
  [{ state: 'active', note: 'made without' }, true, { state: 'active', note: 'made without' }],
  [{ state: 'covered', by: '#' }, true, { state: 'covered', by: '#', note: null }],
  [{ state: 'refused', reason: 'not authorised' }, true, { state: 'refused', reason: 'not authorised' }],
  [{ state: 'refused', reason: 'not authorised' }, false, { state: 'off', reason: null }],
];

test('the state is what the broker said', () => {
  for (const [known, enabled, shown] of STATES) {
    const stage = createStage();
    const { subscription_id } = created(stage, { topic: 'a/#', enabled });
    if (known) stage.around.states.set('a/#', known);
    assert.partialDeepStrictEqual(stage.subscriptions.one(subscription_id)?.state, shown);
    assert.partialDeepStrictEqual(stage.subscriptions.list()[0]?.state, shown);
  }
});

const REFUSED: [input: unknown, path: string, message: RegExp][] = [
  [{}, 'topic', /./],
  [{ topic: 'a#' }, 'topic', /# must be/],
  [{ topic: '' }, 'topic', /empty/],
  [{ topic: '$share/group/a' }, 'topic', /shared subscription/],
  [{ topic: 'a', qos: 3 }, 'qos', /0/],
  [{ topic: 'a', retain_handling: 3 }, 'retain_handling', /0/],
  [{ topic: 'a', identifier: 0 }, 'identifier', /1/],
  [{ topic: 'a', identifier: 268_435_456 }, 'identifier', /268435455/],
  [{ topic: 'a', broker_id: 'nobody' }, 'broker_id', /no broker/],
  [{ topic: 'a', filter: 'b' }, 'filter', /not known/],
];

test('faults are told with their path, and nothing is kept', () => {
  const stage = createStage();
  for (const [input, path, message] of REFUSED) {
    const result = stage.subscriptions.create(input);
    const errors = result.status === 'invalid' ? result.errors : [];
    assert.deepEqual(
      errors.map((one) => one.path),
      [path],
      JSON.stringify(input),
    );
    assert.match(errors[0]?.message ?? '', message);
  }
  assert.deepEqual([stage.subscriptions.list(), stage.around.changed], [[], []]);
  const without = createStage({ main: null, embedded: false }).subscriptions.create({ topic: 'a' });
  assert.match(JSON.stringify(without), /is needed: there is no main broker/);
});

test('a topic is subscribed to once at each broker', () => {
  const stage = createStage();
  created(stage, { topic: 'a/#' });
  created(stage, { topic: 'a/#', broker_id: 'embedded' });
  const other = created(stage, { topic: 'b/#' });
  assert.equal(stage.subscriptions.create({ topic: 'a/#', broker_id: 'main' }).status, 'taken');
  assert.equal(stage.subscriptions.update(other.subscription_id, { topic: 'a/#' }).status, 'taken');
  assert.equal(stage.subscriptions.update(other.subscription_id, { note: 'x' }).status, 'saved');
});

test('a change keeps what it does not name; one that moves concerns both brokers', () => {
  const stage = createStage();
  const { subscription_id: id } = created(stage, { topic: 'a/#', qos: 2, note: 'x' });
  stage.subscriptions.update(id, { qos: null, identifier: 5 });
  assert.partialDeepStrictEqual(stage.subscriptions.one(id), {
    topic: 'a/#',
    qos: 1,
    identifier: 5,
    note: 'x',
  });
  stage.around.changed.length = 0;
  stage.subscriptions.update(id, { broker_id: 'embedded' });
  assert.deepEqual(stage.around.changed, ['subscriptions embedded', 'subscriptions main']);
  assert.deepEqual(stage.subscriptions.list('main'), []);
  assert.equal(stage.subscriptions.update('nobody', {}).status, 'unknown');
  assert.deepEqual([stage.subscriptions.remove(id), stage.subscriptions.remove(id)], [true, false]);
});

test('options that the version of MQTT does not know are taken, with a warning', () => {
  const stage = createStage({ main: { ...MAIN, protocolVersion: 4 } });
  const made = created(stage, { topic: 'a', no_local: true, identifier: 7 });
  assert.deepEqual(made.warnings, [
    'The broker is spoken to in MQTT 3.1.1, which does not know no_local, identifier.',
  ]);
  assert.deepEqual(created(stage, { topic: 'b' }).warnings, []);
  assert.deepEqual(created(createStage(), { topic: 'a', no_local: true }).warnings, []);
});
