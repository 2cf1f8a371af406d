import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SessionWhy } from '../../../src/model/session-why.ts';
import { timelineOf, triesOf } from './why-timeline.ts';

const iso = (s: number) => new Date(s * 1000).toISOString();
const event = {
  event_uid: 'a',
  type: 'session_started',
  ts: iso(13),
  created_at: iso(13),
  settled_at: iso(14),
};
const WHY = {
  from: iso(0),
  to: iso(100),
  transitions: [
    { at: iso(10), state: 'starting' },
    { at: iso(13), state: 'working' },
  ],
  deadlines: [{ kind: 'confirm', set_at: iso(10), due_at: iso(13), outcome: 'met' }],
  events: [
    { ...event, state: 'delivered', attempts: 2, last_error: 'Odoo dropped the connection.' },
    { ...event, event_uid: 'b', state: 'pending', attempts: 0, last_error: null, settled_at: null },
  ],
} as unknown as SessionWhy;

test('all that happened stands on one axis, in its order', () => {
  const told = timelineOf(WHY).map(
    ({ lane, fromMs, toMs, word, name }) =>
      `${fromMs / 1000}-${toMs === null ? '' : toMs / 1000} ${lane} ${word} ${name}`,
  );
  assert.deepEqual(told, [
    '10-13 state why_state starting',
    '10-13 deadline why_confirm_met 3',
    '13-100 state why_state working',
    '13- event why_event session_started',
    '13- event why_event session_started',
    '13- delivery why_pending session_started',
    '14- delivery why_delivered_tries session_started',
  ]);
  assert.equal(timelineOf(WHY).at(-1)?.detail, 'Odoo dropped the connection.');
  assert.deepEqual([...triesOf(WHY).values()], [2, 0]);
});
