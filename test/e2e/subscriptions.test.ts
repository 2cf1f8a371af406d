import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { describe, type TestContext, test } from 'node:test';
import type { WantedSubscription } from '../../src/model/subscription.ts';
import { PERSISTENT } from '../mosquitto.ts';
import { brokerFor, linkTo, neighbour, store, VERSIONS } from './link-stage.ts';
import { eventually } from './running-bridge.ts';

const of = (filter: string, more: Partial<WantedSubscription> = {}): WantedSubscription => ({
  filter,
  qos: 1,
  ...more,
});
const all = (...filters: string[]) => filters.map((filter) => of(filter));

/** Two filters of which neither brings all of the other's, a wide one with what it covers, and a plain one. */
const WANTED = all('shop/+/power', 'shop/saw/+', 'wide/#', 'wide/a', 'plain', 'end/+');

/** Mosquitto's own access list refuses no subscription; this plugin of its package does. */
function accessLines(): string[] {
  const [plugin] = globSync('/usr/lib/*/mosquitto_dynamic_security.so');
  assert.ok(plugin, 'mosquitto has no dynamic security plugin');
  return ['allow_anonymous true', `plugin ${plugin}`, 'plugin_opt_config_file {dir}/access.json'];
}
const ACCESS = JSON.stringify({
  defaultACLAccess: {
    publishClientSend: true,
    publishClientReceive: true,
    subscribe: true,
    unsubscribe: true,
  },
  clients: [],
  groups: [{ groupname: 'all', roles: [{ rolename: 'all' }] }],
  roles: [
    {
      rolename: 'all',
      acls: [{ acltype: 'subscribeLiteral', topic: 'secret/#', priority: 1, allow: false }],
    },
  ],
  anonymousGroup: 'all',
});

/** A session with what an earlier bridge had subscribed to, and what came meanwhile. */
async function leftBehind(t: TestContext, version: 4 | 5) {
  const broker = await brokerFor(t);
  const remembered: string[][] = [];
  const before = await linkTo(t, broker, version, all('old/#', 'kept', 'end/+'), {
    rememberFilters: (filters) => remembered.push([...filters]),
  });
  await before.link.stop();
  const sender = await neighbour(t, broker);
  for (const topic of ['old/a', 'kept']) await sender.publish(topic, 'while away');
  return { broker, sender, formerFilters: remembered.at(-1) ?? [] };
}

for (const [version, name] of VERSIONS) {
  describe(`subscriptions, ${name}`, { concurrency: 4 }, () => {
    test('come back after the broker has lost its sessions', async (t) => {
      const broker = await brokerFor(t);
      const { link, heard, connected, texts, caughtUp } = await linkTo(t, broker, version, WANTED);
      await broker.kill();
      await eventually('the loss is noticed', () => (link.status().mode === 'waiting' ? true : null));
      assert.deepEqual(link.states().get('plain'), { state: 'waiting' });
      await broker.start();
      await connected();
      assert.equal(link.states().get('plain')?.state, 'active');
      const sender = await neighbour(t, broker);
      for (const topic of ['plain', 'wide/a', 'wide/b/c', 'shop/saw/power', 'shop/lathe/power']) {
        await sender.publish(topic, 'again');
      }
      await caughtUp(sender.publish, 'end/1');
      assert.equal(heard.length, 6);
      assert.deepEqual(texts('shop/saw/power'), ['again']);
    });

    for (const [habit, duplicates] of [
      ['a copy for each filter', true],
      ['one copy', false],
    ] as const) {
      test(`overlapping filters bring a message once, and repeats as often as they were sent: ${habit}`, async (t) => {
        const broker = await brokerFor(t, ['allow_anonymous true', `allow_duplicate_messages ${duplicates}`]);
        const { texts, caughtUp, link } = await linkTo(t, broker, version, WANTED);
        const sender = await neighbour(t, broker);
        const sent = ['1', '2', '2', '3', '4', '4', '4', '1'];
        for (const payload of sent) await sender.publish('shop/saw/power', payload);
        for (const payload of sent) await sender.publish('wide/a', payload);
        await caughtUp(sender.publish, 'end/1');
        assert.deepEqual(texts('shop/saw/power'), sent);
        assert.deepEqual(texts('wide/a'), sent);
        const states = ['shop/saw/+', 'wide/#', 'wide/a'].map((filter) => link.states().get(filter));
        assert.deepEqual(states, [
          { state: 'active' },
          { state: 'active' },
          { state: 'covered', by: 'wide/#' },
        ]);
      });
    }

    test('an overlapping filter that comes and goes brings nothing twice and loses nothing', async (t) => {
      const broker = await brokerFor(t);
      const [one = of(''), other = of(''), ...rest] = WANTED;
      const { link, texts, caughtUp } = await linkTo(t, broker, version, [one, ...rest]);
      const sender = await neighbour(t, broker);
      const states = () => link.states().get(other.filter)?.state;
      await sender.publish('shop/saw/power', 'alone');
      link.setSubscriptions(WANTED);
      await eventually('the second filter', () => (states() === 'active' ? true : null));
      await sender.publish('shop/saw/power', 'both');
      await caughtUp(sender.publish, 'end/1');
      link.setSubscriptions([other, ...rest]);
      await caughtUp(sender.publish, 'end/2');
      await sender.publish('shop/saw/power', 'alone');
      await caughtUp(sender.publish, 'end/3');
      assert.deepEqual(texts('shop/saw/power'), ['alone', 'both', 'alone']);
    });

    test('what waits in the session for overlapping filters comes once', async (t) => {
      const broker = await brokerFor(t);
      const first = await linkTo(t, broker, version, WANTED);
      await first.link.stop();
      const sender = await neighbour(t, broker);
      const sent = ['1', '2', '2', '3'];
      for (const payload of sent) await sender.publish('shop/saw/power', payload);
      const { texts, caughtUp } = await linkTo(t, broker, version, WANTED);
      await caughtUp(sender.publish, 'end/1');
      assert.deepEqual(texts('shop/saw/power'), sent);
    });

    test('a refused filter has a reason, and what it should have covered is heard', async (t) => {
      const broker = await brokerFor(t, accessLines(), { 'access.json': ACCESS });
      const wanted = all('secret/#', 'secret/a', 'end/+');
      const { link, texts, caughtUp } = await linkTo(t, broker, version, wanted);
      const state = link.states().get('secret/#');
      assert.equal(state?.state, 'refused');
      const reason = version === 5 ? /^not authorised$/ : /may not be authorised$/;
      assert.match('reason' in state ? state.reason : '', reason);
      assert.deepEqual(link.states().get('secret/a'), { state: 'active' });
      assert.deepEqual(link.status().refusedFilters, ['secret/#']);
      const sender = await neighbour(t, broker);
      for (const topic of ['secret/a', 'secret/b']) await sender.publish(topic, 'x');
      await caughtUp(sender.publish, 'end/1');
      assert.deepEqual([texts('secret/a'), texts('secret/b')], [['x'], []]);
    });

    test('retain handling and no local', async (t) => {
      const broker = await brokerFor(t, PERSISTENT);
      for (const topic of ['always', 'new', 'never']) await store(broker, `stored/${topic}`, 'kept');
      const wanted = [
        of('stored/always'),
        of('stored/new', { retainHandling: 1 }),
        of('stored/never', { retainHandling: 2 }),
        of('mine/+', { noLocal: true }),
        of('end/+'),
      ];
      const first = await linkTo(t, broker, version, wanted);
      const sender = await neighbour(t, broker);
      const publish = (topic: string) =>
        first.link.publish({ topic, payload: Buffer.from('x'), qos: 1, retain: false });
      assert.ok((await publish('mine/a')).sent);
      await sender.publish('mine/b', 'x');
      await first.caughtUp(sender.publish, 'end/1');
      const cameOf = ({ heard }: Pick<typeof first, 'heard'>) => heard.map(({ topic }) => topic).sort();
      const stored = first.heard.filter(({ retained }) => retained).map(({ topic }) => topic);
      const note = { state: 'active', note: 'not possible with MQTT 3.1.1: retain handling' };
      if (version === 5) {
        assert.deepEqual(stored.sort(), ['stored/always', 'stored/new']);
        assert.deepEqual(cameOf(first), ['end/1', 'mine/b', 'stored/always', 'stored/new']);
        assert.deepEqual(first.link.states().get('stored/never'), { state: 'active' });
      } else {
        assert.deepEqual(cameOf(first).slice(1, 3), ['mine/a', 'mine/b']);
        assert.equal(stored.length, 3);
        assert.deepEqual(first.link.states().get('stored/never'), note);
      }
      await first.link.stop();
      const again = await linkTo(t, broker, version, wanted);
      await again.caughtUp(sender.publish, 'end/2');
      const expected =
        version === 5 ? ['end/2', 'stored/always'] : ['end/2', 'stored/always', 'stored/never', 'stored/new'];
      assert.deepEqual(cameOf(again), expected);
    });

    test('filters that fell away while we were down are given back', async (t) => {
      const { broker, sender, formerFilters } = await leftBehind(t, version);
      assert.deepEqual([...formerFilters].sort(), ['end/+', 'kept', 'old/#']);
      const { heard, received, caughtUp } = await linkTo(t, broker, version, all('kept', 'end/+'), {
        formerFilters,
      });
      await caughtUp(sender.publish, 'end/1');
      const before = await received();
      await sender.publish('old/a', 'nobody wants it');
      await caughtUp(sender.publish, 'end/2');
      assert.equal((await received()) - before, 1);
      assert.deepEqual(
        heard.map(({ topic }) => topic),
        ['kept', 'end/1', 'end/2'],
      );
    });

    test('a clean session keeps nothing while we are away', async (t) => {
      const broker = await brokerFor(t);
      const ups: boolean[] = [];
      const remembered: (readonly string[])[] = [];
      const more = {
        cleanSession: true,
        onUp: (backlog: boolean) => ups.push(backlog),
        rememberFilters: (filters: readonly string[]) => remembered.push(filters),
      };
      const before = await linkTo(t, broker, version, all('kept', 'end/+'), more);
      await before.link.stop();
      const sender = await neighbour(t, broker);
      await sender.publish('kept', 'while away');
      const { heard, caughtUp } = await linkTo(t, broker, version, all('kept', 'end/+'), more);
      await caughtUp(sender.publish, 'end/1');
      assert.deepEqual(
        heard.map(({ topic }) => topic),
        ['end/1'],
      );
      assert.deepEqual([ups, remembered], [[false, false], []]);
    });

    test('what nobody wants any more is acknowledged and dropped, even if its filter is forgotten', async (t) => {
      const { broker, sender } = await leftBehind(t, version);
      const { heard, received, caughtUp } = await linkTo(t, broker, version, all('kept', 'end/+'));
      // More than the broker lets be unacknowledged.
      for (let i = 0; i < 50; i++) await sender.publish('old/a', String(i));
      await caughtUp(sender.publish, 'end/1');
      assert.equal(await received(), 53);
      assert.deepEqual(
        heard.map(({ topic }) => topic),
        ['kept', 'end/1'],
      );
    });
  });
}

test('retain as published keeps the flag of live messages, unless a machine listens to the same topic', async (t) => {
  const broker = await brokerFor(t);
  const wanted = [
    of('flag/+', { retainAsPublished: true, identifier: 5 }),
    of('both/+', { retainAsPublished: true, identifier: 6 }),
    of('both/a', { identifier: 7 }),
    of('end'),
  ];
  const { link, heard, caughtUp } = await linkTo(t, broker, 5, wanted);
  for (const topic of ['flag/a', 'both/a']) await store(broker, topic, 'live');
  const sender = await neighbour(t, broker);
  await caughtUp(sender.publish, 'end');
  const seen = heard.map(({ topic, retained, properties }) => [
    topic,
    retained,
    properties?.subscriptionIdentifiers?.toSorted(),
  ]);
  assert.deepEqual(seen, [
    ['flag/a', true, [5]],
    ['both/a', false, [6, 7]],
    ['end', false, undefined],
  ]);
  const { note } = link.states().get('both/+') as { note?: string };
  assert.match(note ?? '', /without "retain as published"/);
});
