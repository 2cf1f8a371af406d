import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RecentAnswers } from './recent-answers.ts';

const head = (uid: string) => ({ uid, eventType: 'session_stopped', deviceId: 'mill' });

test('the newest answers come first, with what Odoo said', () => {
  const answers = new RecentAnswers();
  answers.note(head('a'), { seq: 1, outcome: 'delivered' }, 1000);
  answers.note(
    head('b'),
    { seq: 2, outcome: 'refused', reason: 'no such machine', nextAttemptAt: 9000 },
    2000,
  );
  assert.deepEqual(answers.list(), [
    {
      at: '1970-01-01T00:00:02.000Z',
      event_uid: 'b',
      event_type: 'session_stopped',
      device_id: 'mill',
      outcome: 'refused',
      reason: 'no such machine',
    },
    {
      at: '1970-01-01T00:00:01.000Z',
      event_uid: 'a',
      event_type: 'session_stopped',
      device_id: 'mill',
      outcome: 'delivered',
      reason: null,
    },
  ]);
});

test('many deliveries do not hide a refusal, and the list does not grow', () => {
  const answers = new RecentAnswers();
  answers.note(head('refused'), { seq: 1, outcome: 'parked', reason: 'no such machine' }, 0);
  for (let n = 1; n <= 1000; n += 1) answers.note(head(`d${n}`), { seq: n, outcome: 'delivered' }, n);
  assert.deepEqual(
    answers.list().map(({ event_uid }) => event_uid),
    ['d1000', 'd999', 'd998', 'd997', 'd996', 'refused'],
  );
  for (let n = 1; n <= 1000; n += 1)
    answers.note(head(`a${n}`), { seq: n, outcome: 'away', reason: '502' }, n);
  assert.equal(answers.list().length, 25);
});
