import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MqttClient } from 'mqtt';
import { logTo } from '../platform/log.ts';
import { Subscriptions } from './subscriptions.ts';

/** A client that notes what it is asked; the answers come when the test gives them. */
function notedClient() {
  const asked: string[] = [];
  const answers: (() => void)[] = [];
  const client = {
    subscribe(filters: string[], _options: object, done: (e: null, g: [], p: object) => void) {
      asked.push(`+${filters.join(' ')}`);
      answers.push(() => done(null, [], { granted: filters.map((f) => (f === 'denied' ? 0x80 : 1)) }));
    },
    unsubscribe: (filters: string[]) => asked.push(`-${filters.join(' ')}`),
  };
  return { client: client as unknown as MqttClient, asked, answers };
}

const quiet = logTo({ write: () => undefined }, 'ERROR');

test('asks for what is new and drops what fell away, the new first', () => {
  const subscriptions = new Subscriptions(quiet);
  const { client, asked } = notedClient();
  subscriptions.want(['a', 'b/#', 'b/c']);
  subscriptions.sync(client, 5);
  subscriptions.want(['a', 'd']);
  subscriptions.sync(client, 5);
  subscriptions.sync(client, 5);
  assert.deepEqual(asked, ['+a b/#', '+d', '-b/#']);
});

test('after a lost connection asks for all again, and drops what a kept session still has', () => {
  const subscriptions = new Subscriptions(quiet);
  const { client, asked } = notedClient();
  subscriptions.want(['a', 'b']);
  subscriptions.sync(client, 4);
  subscriptions.want(['a']);
  subscriptions.forget();
  subscriptions.sync(client, 4);
  assert.deepEqual(asked, ['+a b', '+a', '-b']);
});

test('is done when every answer came, and names what was refused', () => {
  const subscriptions = new Subscriptions(quiet);
  const { client, answers } = notedClient();
  let done = 0;
  subscriptions.want(['a', 'denied']);
  subscriptions.sync(client, 5, () => done++);
  assert.equal(done, 0);
  for (const answer of answers) answer();
  assert.deepEqual([done, subscriptions.refused()], [1, ['denied']]);
});
