import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { IClientSubscribeOptions, MqttClient } from 'mqtt';
import type { WantedSubscription } from '../model/subscription.ts';
import { logTo } from '../platform/log.ts';
import { Subscriptions, type SubscriptionsDeps } from './subscriptions.ts';

type Answer = (code: (filter: string) => number) => void;

/** A client that notes what it is asked; the answers come when the test gives them. */
function notedClient() {
  const asked: string[] = [];
  const answers: Answer[] = [];
  const farewells: ((error?: Error) => void)[] = [];
  const client = {
    subscribe(
      filters: string[],
      { properties, ...options }: IClientSubscribeOptions,
      done: (error: null, granted: [], packet: object) => void,
    ) {
      const mark = properties?.subscriptionIdentifier === undefined ? '' : ' #';
      const more = options.rh === 1 ? ' rh1' : '';
      asked.push(`+${filters.join(' ')} q${options.qos}${mark}${more}`);
      answers.push((code) => done(null, [], { granted: filters.map(code) }));
    },
    unsubscribe(filters: string[], done: (error?: Error) => void) {
      asked.push(`-${filters.join(' ')}`);
      farewells.push(done);
    },
  };
  return { client: client as unknown as MqttClient, asked, answers, farewells };
}

const MQTT_5 = { protocolVersion: 5, identifiers: true, packetBytesMax: null } as const;
const MQTT_3 = { protocolVersion: 4, identifiers: false, packetBytesMax: null } as const;
const grant = () => 1;
const all = (...filters: string[]): WantedSubscription[] => filters.map((filter) => ({ filter, qos: 1 }));
const log = logTo({ write: () => undefined }, 'ERROR');
const make = (deps: Partial<SubscriptionsDeps> = {}) =>
  new Subscriptions({ log, onPlan: () => undefined, ...deps });
const stateOf = (subscriptions: Subscriptions, filter: string) => subscriptions.states().get(filter);

test('asks for what is new and drops what fell away, the new first', () => {
  const subscriptions = make();
  const { client, asked } = notedClient();
  subscriptions.want(all('a', 'b/#', 'b/c'));
  subscriptions.connected(client, MQTT_5, false, () => undefined);
  subscriptions.want(all('a', 'd'));
  subscriptions.want(all('a', 'd'));
  assert.deepEqual(asked, ['+a b/# q1', '+d q1', '-b/#']);
});

test('after a lost connection asks for all again, and drops what a kept session still has', () => {
  for (const [isKept, expected] of [
    [true, ['+a q1', '-b']],
    [false, ['+a q1']],
  ] as const) {
    const subscriptions = make();
    subscriptions.want(all('a', 'b'));
    subscriptions.connected(notedClient().client, MQTT_3, false, () => undefined);
    subscriptions.disconnected();
    subscriptions.want(all('a'));
    const { client, asked } = notedClient();
    subscriptions.connected(client, MQTT_3, isKept, () => undefined);
    assert.deepEqual(asked, expected);
  }
});

test('an unsubscription that was not confirmed is made good over the next connection', () => {
  const subscriptions = make();
  const first = notedClient();
  subscriptions.want(all('a', 'b'));
  subscriptions.connected(first.client, MQTT_5, false, () => undefined);
  subscriptions.want(all('a'));
  first.farewells[0]?.(new Error('Connection closed'));
  const second = notedClient();
  subscriptions.connected(second.client, MQTT_5, true, () => undefined);
  second.farewells[0]?.();
  const third = notedClient();
  subscriptions.connected(third.client, MQTT_5, true, () => undefined);
  assert.deepEqual([second.asked, third.asked], [['+a q1', '-b'], ['+a q1']]);
});

test('what the process before left in the session is dropped, and what is there is remembered', () => {
  const remembered: string[][] = [];
  const subscriptions = make({
    formerFilters: ['old', 'a'],
    rememberFilters: (filters) => remembered.push([...filters]),
  });
  const { client, asked, farewells } = notedClient();
  subscriptions.want(all('a', 'b'));
  subscriptions.connected(client, MQTT_5, true, () => undefined);
  farewells[0]?.();
  assert.deepEqual(asked, ['+a b q1', '-old']);
  assert.deepEqual(remembered, [
    ['a', 'b', 'old'],
    ['a', 'b'],
  ]);
});

test('is settled when every answer came, even for what a refused filter should have brought', () => {
  const subscriptions = make();
  const { client, asked, answers } = notedClient();
  let settled = 0;
  subscriptions.want(all('denied/#', 'denied/a', 'b'));
  subscriptions.connected(client, MQTT_5, false, () => settled++);
  answers[0]?.((filter) => (filter === 'denied/#' ? 0x87 : 1));
  assert.deepEqual([asked, settled], [['+denied/# b q1', '+denied/a q1'], 0]);
  answers[1]?.(grant);
  assert.equal(settled, 1);
  assert.deepEqual(subscriptions.refused(), ['denied/#']);
  assert.deepEqual(stateOf(subscriptions, 'denied/#'), { state: 'refused', reason: 'not authorised' });
  assert.deepEqual(stateOf(subscriptions, 'denied/a'), { state: 'active' });
  subscriptions.want(all('denied/#', 'denied/a', 'b', 'c'));
  assert.equal(asked.at(-1), '+c q1');
});

test('states: waiting, covered, active with less than was asked for', () => {
  const subscriptions = make();
  const { client, answers } = notedClient();
  subscriptions.want([{ filter: 'a/#', qos: 2 }, ...all('a/b')]);
  assert.deepEqual(stateOf(subscriptions, 'a/b'), { state: 'waiting' });
  subscriptions.connected(client, MQTT_5, false, () => undefined);
  assert.deepEqual(stateOf(subscriptions, 'a/#'), { state: 'waiting' });
  answers[0]?.(grant);
  const note = 'the broker grants QoS 1 only';
  assert.deepEqual(stateOf(subscriptions, 'a/#'), { state: 'active', note });
  assert.deepEqual(stateOf(subscriptions, 'a/b'), { state: 'covered', by: 'a/#', note });
  subscriptions.disconnected();
  assert.deepEqual(stateOf(subscriptions, 'a/#'), { state: 'waiting' });
});

test('overlapping filters are marked in packets of their own; one that was there brings nothing stored again', () => {
  const subscriptions = make();
  const { client, asked } = notedClient();
  subscriptions.want(all('a/+', 'x', 'y'));
  subscriptions.connected(client, MQTT_5, false, () => undefined);
  subscriptions.want(all('a/+', 'x', 'y', '+/b'));
  subscriptions.want(all('a/+', 'x', 'y'));
  assert.deepEqual(asked, ['+a/+ x y q1', '+a/+ q1 # rh1', '++/b q1 #', '-+/b']);
});

test('a broker that takes no identifiers is asked without them', () => {
  const plans: boolean[] = [];
  const subscriptions = make({ onPlan: (_plan, marked) => plans.push(marked) });
  const { client, asked, answers } = notedClient();
  subscriptions.want(all('a/+', '+/b'));
  subscriptions.connected(client, MQTT_5, false, () => undefined);
  answers[0]?.(() => 0xa1);
  answers[1]?.(() => 0xa1);
  assert.deepEqual(asked.slice(2), ['+a/+ q1', '++/b q1']);
  assert.equal(plans.at(-1), false);
});

test('no packet is larger than the broker takes, or than 200 filters', () => {
  const filters = Array.from({ length: 450 }, (_, i) => `device-${i}/status`);
  for (const [packetBytesMax, packets] of [
    [null, 3],
    [1000, 10],
  ] as const) {
    const subscriptions = make();
    const { client, asked } = notedClient();
    subscriptions.want(all(...filters));
    subscriptions.connected(client, { ...MQTT_5, packetBytesMax }, false, () => undefined);
    assert.equal(asked.length, packets);
    for (const text of asked) {
      const names = text.slice(1, -3).split(' ');
      const bytes = names.reduce((sum, name) => sum + 3 + name.length, 10);
      assert.ok(bytes <= (packetBytesMax ?? Number.POSITIVE_INFINITY), `${bytes} bytes`);
    }
  }
});
