import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../platform/manual-clock.ts';
import { Proof } from './proof.ts';

/** Asks once at 0 ms; `then` is what happens at which ms. */
const rows: { name: string; heardAt?: number; ended?: string; askedAgainAt?: number; told: string[] }[] = [
  { name: 'an answer in time', heardAt: 1999, ended: 'asked', told: ['0 ping'] },
  { name: 'a late answer', heardAt: 4999, ended: 'suspected', told: ['0 ping', '2000 suspected'] },
  { name: 'no answer', told: ['0 ping', '2000 suspected', '5000 given up'] },
  {
    name: 'asked twice: one ping',
    askedAgainAt: 1000,
    told: ['0 ping', '2000 suspected', '5000 given up'],
  },
  {
    name: 'after an answer it may be asked again',
    heardAt: 500,
    ended: 'asked',
    askedAgainAt: 1000,
    told: ['0 ping', '1000 ping', '3000 suspected', '6000 given up'],
  },
];

for (const { name, heardAt, ended, askedAgainAt, told } of rows) {
  test(`asking a silent broker: ${name}`, () => {
    const clock = new ManualClock(0);
    const said: string[] = [];
    const say = (word: string) => said.push(`${clock.steadyMs()} ${word}`);
    const client = { sendPing: () => void say('ping') };
    const proof = new Proof<typeof client>({
      clock,
      onSuspected: () => void say('suspected'),
      onGivenUp: (given) => {
        assert.equal(given, client);
        say('given up');
      },
    });
    clock.after(heardAt ?? 60_000, () => assert.equal(proof.heard(), ended ?? 'idle'));
    if (askedAgainAt !== undefined) clock.after(askedAgainAt, () => proof.ask(client));
    proof.ask(client);
    clock.advance(60_000);
    assert.deepEqual(said, told);
  });
}

test('asking a silent broker: forgotten with its connection', () => {
  const clock = new ManualClock(0);
  const client = { sendPing: () => undefined };
  const proof = new Proof({ clock, onSuspected: () => assert.fail(), onGivenUp: () => assert.fail() });
  proof.ask(client);
  proof.forget();
  clock.advance(60_000);
  assert.equal(proof.heard(), 'idle');
});
