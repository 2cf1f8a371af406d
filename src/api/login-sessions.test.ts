import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../platform/manual-clock.ts';
import { LOGIN_MS_MAX, LoginSessions } from './login-sessions.ts';
import { WrongTokens } from './wrong-tokens.ts';

test('a login lasts twelve hours, whatever the wall clock does', () => {
  const clock = new ManualClock();
  const logins = new LoginSessions(clock);
  const id = logins.begin('view');
  assert.equal(Buffer.from(id, 'base64url').length, 32);
  clock.stepWall(365 * 86_400_000);
  clock.advance(LOGIN_MS_MAX - 1);
  assert.equal(logins.role(id), 'view');
  clock.advance(1);
  assert.equal(logins.role(id), null);
});

test('a login ends when it is told to; others go on', () => {
  const logins = new LoginSessions(new ManualClock());
  const [one, other] = [logins.begin('full'), logins.begin('full')];
  logins.end(one);
  assert.equal(logins.role(one), null);
  assert.equal(logins.role(other), 'full');
  assert.equal(logins.role('__proto__'), null);
});

test('of more than a thousand logins the oldest end', () => {
  const logins = new LoginSessions(new ManualClock());
  const ids = Array.from({ length: 1002 }, () => logins.begin('full'));
  assert.deepEqual(ids.map((id) => logins.role(id)).slice(0, 3), [null, null, 'full']);
  assert.equal(logins.role(ids.at(-1) ?? ''), 'full');
});

test('the eleventh wrong token within a minute has to wait, by address', () => {
  const clock = new ManualClock();
  const wrong = new WrongTokens(clock);
  for (let i = 0; i < 10; i += 1) assert.equal(wrong.note('10.0.0.1'), null);
  clock.advance(20_000);
  assert.equal(wrong.note('10.0.0.1'), 40);
  assert.equal(wrong.note('::ffff:10.0.0.1'), 40);
  assert.equal(wrong.note('10.0.0.2'), null);
  clock.advance(40_000);
  assert.equal(wrong.note('10.0.0.1'), null);
});

test('an IPv6 network counts as one address', () => {
  const wrong = new WrongTokens(new ManualClock());
  for (let i = 0; i < 10; i += 1) assert.equal(wrong.note(`2001:db8::${i + 1}`), null);
  assert.equal(wrong.note('2001:db8::ffff'), 60);
  assert.equal(wrong.note('2001:db8:0:1::1'), null);
});
