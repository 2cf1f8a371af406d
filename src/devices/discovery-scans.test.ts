import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isoTime } from '../platform/clock.ts';
import { logTo } from '../platform/log.ts';
import { ManualClock } from '../platform/manual-clock.ts';
import { DiscoveryScans, type DiscoveryScansDeps } from './discovery-scans.ts';

function scanning(more: Partial<DiscoveryScansDeps> = {}) {
  const clock = new ManualClock();
  const listened: [broker: string, filters: number][] = [];
  const sent: string[] = [];
  const lines: string[] = [];
  const around = { looked: 0 };
  const scans = new DiscoveryScans({
    brokerIds: () => ['main', 'hall'],
    scan: async (brokerId, filters) => {
      listened.push([brokerId, filters.length]);
      return { ok: true };
    },
    publish: async (brokerId, { topic, payload, retain }) => {
      sent.push(`${brokerId} ${topic} ${payload} ${retain}`);
      return { sent: true };
    },
    lookAgain: () => {
      around.looked += 1;
    },
    clock,
    log: logTo({ write: (line) => lines.push(line) }, 'INFO'),
    ...more,
  });
  return { scans, clock, listened, sent, lines, around };
}

test('a search listens for its time, asks for names, and then ends', async () => {
  const { scans, clock, listened, sent, around } = scanning();
  const result = await scans.start({ seconds: 60 });
  assert.equal(result.status, 'scanning');
  const [scan] = scans.list();
  const now = clock.wallMs();
  assert.deepEqual(
    [scan?.broker_id, scan?.started_at, scan?.until],
    ['main', isoTime(now), isoTime(now + 60_000)],
  );
  assert.ok(scan?.filters.includes('homeassistant/+/+/config'));
  assert.deepEqual(sent, ['main shellies/command announce false']);
  assert.equal(around.looked, 1);
  clock.advance(59_999);
  assert.equal(scans.list().length, 1);
  clock.advance(1);
  assert.deepEqual(scans.list(), []);
  assert.deepEqual(listened, [
    ['main', scan?.filters.length],
    ['main', 0],
  ]);
});

test('a second search takes the place of the first one; other brokers have their own', async () => {
  const { scans, clock, listened, sent } = scanning();
  await scans.start({ seconds: 10 });
  await scans.start({ brokerId: 'hall', seconds: 100, filter: 'factory/#' });
  await scans.start({ brokerId: 'main', seconds: 60, filter: '#' });
  clock.advance(10_000);
  assert.deepEqual(
    scans.list().map(({ broker_id, filters }) => [broker_id, filters]),
    [
      ['main', ['#']],
      ['hall', ['factory/#']],
    ],
  );
  clock.advance(50_000);
  assert.deepEqual(listened.slice(1), [
    ['hall', 1],
    ['main', 1],
    ['main', 0],
  ]);
  assert.deepEqual(sent, ['main shellies/command announce false', 'main shellies/command announce false']);
});

const FAILURES: [more: Partial<DiscoveryScansDeps>, brokerId: string | undefined, result: object][] = [
  [{}, 'nowhere', { status: 'unknown' }],
  [{ brokerIds: () => [] }, undefined, { status: 'unknown' }],
  [
    { scan: async () => ({ ok: false, reason: 'not connected' }) },
    'main',
    { status: 'failed', reason: 'not connected' },
  ],
];

test('what cannot be searched says why, and nothing is left of it', async () => {
  for (const [more, brokerId, result] of FAILURES) {
    const { scans, sent } = scanning(more);
    assert.deepEqual(await scans.start({ brokerId, seconds: 60 }), result);
    assert.deepEqual([scans.list(), sent], [[], []]);
  }
});

test('devices that cannot be asked do not end the search', async () => {
  const { scans, lines } = scanning({ publish: async () => ({ sent: false, reason: 'not authorised' }) });
  await scans.start({ seconds: 60 });
  await Promise.resolve();
  assert.match(lines.join(''), /discovery_not_asked.*not authorised|not authorised.*discovery_not_asked/);
  assert.equal(scans.list().length, 1);
});

test('stop ends what runs, and what is just being started', async () => {
  let begin = () => {};
  const listened: [string, number][] = [];
  const { scans } = scanning({
    scan: async (brokerId, filters) => {
      listened.push([brokerId, filters.length]);
      if (brokerId === 'hall' && filters.length > 0) await new Promise<void>((resolve) => (begin = resolve));
      return { ok: true };
    },
  });
  await scans.start({ seconds: 60, filter: '#' });
  const starting = scans.start({ brokerId: 'hall', seconds: 60, filter: '#' });
  assert.deepEqual(await scans.start({ brokerId: 'hall', seconds: 60 }), {
    status: 'failed',
    reason: 'a search is just being started',
  });
  scans.stop();
  begin();
  assert.deepEqual(await starting, { status: 'failed', reason: 'the bridge stops' });
  assert.deepEqual(scans.list(), []);
  assert.deepEqual(listened, [
    ['main', 1],
    ['hall', 1],
    ['main', 0],
    ['hall', 0],
  ]);
});
