import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ComparableSession } from '../model/replay.ts';
import { compareSessions } from './replay-comparison.ts';
import { at, secondsOf } from './timeline.ts';

/** `10-20` or `10-open`, with `*1.5` kWh and a letter for the reason (n, t, g, d) where they matter. */
function session(text: string): ComparableSession {
  const [, from = '', to = '', reason = 'n', kwh = '1'] =
    /^([\d.]+)-([\d.]+|open)([ntgd])?(?:\*(.+))?$/.exec(text) ?? [];
  const isOpen = to === 'open';
  const reasons = { n: 'normal', t: 'timeout', g: 'gap', d: 'device_removed' } as const;
  return {
    started_at: new Date(at(Number(from))).toISOString(),
    ended_at: isOpen ? null : new Date(at(Number(to))).toISOString(),
    reason: isOpen ? null : reasons[reason as keyof typeof reasons],
    duration_s: isOpen ? null : Number(to) - Number(from),
    energy_kwh: isOpen ? null : Number(kwh),
  };
}
const sessions = (text: string) => (text === '' ? [] : text.split(' ').map(session));
const startOf = (one: ComparableSession | null) => (one === null ? '' : `<${secondsOf(one.started_at)}`);

const ROWS: [what: string, before: string, after: string, changes: string, lost: string][] = [
  ['nothing', '', '', '', ''],
  ['all the same', '10-20 30-open', '10-20 30-open', 'same<10 same<30', ''],
  ['new ones', '', '10-20 30-40', 'new new', ''],
  ['lost ones', '10-20 30-40', '', '', '<10 <30'],
  ['another end', '10-20', '10-25', 'changed<10', ''],
  ['another beginning', '10-20', '12-20', 'changed<10', ''],
  ['another reason', '10-20', '10-20t', 'changed<10', ''],
  ['a watt-hour is the rounding of a meter', '10-20*1', '10-20*1.001', 'same<10', ''],
  ['more is not', '10-20*1', '10-20*1.0011', 'changed<10', ''],
  ['one that is open is the same whatever is told of it', '10-open', '10-open', 'same<10', ''],
  ['one that would have ended', '10-open', '10-20', 'changed<10', ''],
  ['two become one: the longer part is it', '10-12 13-50', '10.5-50', 'changed<13', '<10'],
  ['two become one: the same beginning goes first', '10-12 13-50', '10-50', 'changed<10', '<13'],
  ['one becomes two', '10-50', '10-12 13-50', 'changed<10 new', ''],
  ['one becomes two, the longer part is it', '10-50', '11-12 13-50', 'new changed<10', ''],
  ['side by side is not the same', '10-20', '20-30', 'new', '<10'],
  ['sessions without length', '10-10 20-20', '10-10 20-20t', 'same<10 changed<20', ''],
  ['pairs cross nothing', '10-20 30-40 50-60', '15-35 55-70', 'changed<10 changed<50', '<30'],
];
for (const [what, before, after, changes, lost] of ROWS) {
  test(what, () => {
    const result = compareSessions(sessions(before), sessions(after));
    const told = result.changes.map(({ change, former }) => change + startOf(former));
    assert.deepEqual([told.join(' '), result.lost.map(startOf).join(' ')], [changes, lost]);
    const { same, changed, new: added } = result.counts;
    assert.equal(same + changed + added, sessions(after).length);
    assert.equal(same + changed + result.counts.lost, sessions(before).length);
  });
}
