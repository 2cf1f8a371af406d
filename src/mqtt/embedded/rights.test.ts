import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ClientIdentity } from '../../model/client-identity.ts';
import { mayPublish, mayReceive, maySubscribe } from './rights.ts';

const A: ClientIdentity = { kind: 'device', deviceId: 'a', topics: ['shelly-a/#', 'tele/a/SENSOR', '+/x/#'] };
const PROVISION: ClientIdentity = { kind: 'provision' };
const ANONYMOUS: ClientIdentity = { kind: 'anonymous' };
const ODD = (deviceId: string): ClientIdentity => ({ kind: 'device', deviceId, topics: [] });

const CASES: [ClientIdentity, string, publish: boolean, subscribe: boolean][] = [
  [A, 'messages/a/attribute', true, true],
  [A, 'messages/a/deep/er', true, true],
  [A, 'messages/a/#', false, true],
  [A, 'messages/a/+', false, true],
  [A, 'messages/a', false, false],
  [A, 'messages/a/', false, false],
  [A, 'messages/b/attribute', false, false],
  [A, 'messages/ab/x', false, false],
  [A, 'messages/A/x', false, false],
  [A, 'messages/+/attribute', false, false],
  [A, 'messages/#', false, false],
  [A, '+/a/x', false, false],
  [A, '#', false, false],
  [A, '/messages/a/x', false, false],
  [A, 'shelly-a', true, true],
  [A, 'shelly-a/status/pm1:0', true, true],
  [A, 'shelly-a/#', false, true],
  [A, 'shelly-ab/x', false, false],
  [A, '+/status', false, false],
  [A, 'tele/a/SENSOR', true, true],
  [A, 'tele/a/SENSOR/x', false, false],
  [A, 'tele/a/+', false, false],
  [A, 'b/x/y', false, false],
  [A, '$SYS/x', false, false],
  [A, '$share/g/messages/a/x', false, false],
  [A, 'provision/request', false, false],
  [A, 'provision/response', false, false],
  [ODD('+'), 'messages/b/x', false, false],
  [ODD('+'), 'messages/+/x', false, false],
  [ODD('#'), 'messages/#', false, false],
  [ODD('a/b'), 'messages/a/b/x', false, false],
  [{ kind: 'device', deviceId: 'a', topics: ['#', '/#', '$SYS/#'] }, 'x', false, false],
  [{ kind: 'device', deviceId: 'a', topics: ['#', '/#', '$SYS/#'] }, '/x', false, false],
  [PROVISION, 'provision/request', true, false],
  [PROVISION, '/provision/request', true, false],
  [PROVISION, 'provision/response', false, true],
  [PROVISION, '/provision/response', false, true],
  [PROVISION, 'provision/+', false, false],
  [PROVISION, 'provision/#', false, false],
  [PROVISION, '#', false, false],
  [PROVISION, 'messages/a/x', false, false],
  [ANONYMOUS, 'any/thing', true, true],
  [ANONYMOUS, '#', false, true],
  [ANONYMOUS, '$SYS/#', false, false],
  [ANONYMOUS, '$x', false, false],
  [ANONYMOUS, 'provision/request', true, true],
  [ANONYMOUS, 'provision/response', false, true],
  [ANONYMOUS, 'a#', false, false],
  [ANONYMOUS, 'a/+b', false, false],
  [ANONYMOUS, 'a/\u0000', false, false],
];

for (const [identity, topic, publish, subscribe] of CASES) {
  const who = identity.kind === 'device' ? identity.deviceId : identity.kind;
  test(`${who} may ${publish ? '' : 'not '}publish and ${subscribe ? '' : 'not '}subscribe ${JSON.stringify(topic)}`, () => {
    assert.equal(mayPublish(identity, topic), publish);
    assert.equal(maySubscribe(identity, topic), subscribe);
  });
}

test('keys and tokens of provisioning are distributed to nobody', () => {
  for (const identity of [A, PROVISION, ANONYMOUS]) {
    for (const topic of [
      'provision/request',
      '/provision/request',
      'provision/response',
      '/provision/response',
    ]) {
      assert.equal(mayReceive(identity, topic), false);
    }
  }
});

const quote = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** The same rights said another way: as regular expressions over the whole text. */
function oracle(
  identity: ClientIdentity,
  text: string,
  action: 'publish' | 'subscribe' | 'receive',
): boolean {
  if (text.startsWith('$') || text === '' || text.includes('\u0000')) return false;
  const filter = /^(?:(?:[^#+/]*|\+)\/)*(?:[^#+/]*|\+|#)$/;
  if (!filter.test(text) || (action !== 'subscribe' && /[#+]/.test(text))) return false;
  const provisioning = /^\/?provision\/(request|response)$/.exec(text)?.[1];
  if (identity.kind === 'anonymous') {
    return action === 'subscribe' || (action === 'publish' ? provisioning !== 'response' : !provisioning);
  }
  if (identity.kind === 'provision') {
    return provisioning === (action === 'publish' ? 'request' : 'response') && action !== 'receive';
  }
  const { deviceId, topics } = identity;
  const patterns = topics
    .filter((topic) => /^(?!\$)(?=.*[^/#])[^#+]*$|^(?!\$)(?=.*[^/#])[^#+]*\/#$/.test(topic))
    .map((topic) => (topic.endsWith('/#') ? `${quote(topic.slice(0, -2))}(/.*)?` : quote(topic)));
  if (!/[/+#]/.test(deviceId)) patterns.push(`messages/${quote(deviceId)}/.+`);
  return patterns.some((pattern) => new RegExp(`^(?:${pattern})$`, 's').test(text)) && !provisioning;
}

const level = fc.constantFrom(
  'messages',
  'a',
  'b',
  'ab',
  '+',
  '#',
  '',
  'shelly-a',
  'tele',
  'provision',
  'request',
  'response',
  '$SYS',
  'x',
  '.',
  'A',
);
const topic = fc.oneof(
  { weight: 8, arbitrary: fc.array(level, { minLength: 1, maxLength: 5 }).map((levels) => levels.join('/')) },
  {
    weight: 1,
    arbitrary: fc.string({ maxLength: 12, unit: fc.constantFrom('a', '/', '+', '#', '$', '\u0000') }),
  },
);
const identity: fc.Arbitrary<ClientIdentity> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('device' as const),
      deviceId: fc.constantFrom('a', 'b', 'ab', '+', '#', 'a/b', '.'),
      topics: fc.array(topic, { maxLength: 3 }),
    }),
  },
  { weight: 1, arbitrary: fc.constant(PROVISION) },
  { weight: 1, arbitrary: fc.constant(ANONYMOUS) },
);

test('100 000 random questions are answered as by the rights said another way', () => {
  let allowed = 0;
  fc.assert(
    fc.property(identity, topic, (who, text) => {
      const answers = [mayPublish(who, text), maySubscribe(who, text), mayReceive(who, text)];
      const wanted = (['publish', 'subscribe', 'receive'] as const).map((action) =>
        oracle(who, text, action),
      );
      if (wanted.includes(true)) allowed++;
      assert.deepEqual(answers, wanted);
    }),
    { numRuns: 100_000, seed: 7 },
  );
  assert.ok(allowed > 5000, `only ${allowed} were allowed`);
});
