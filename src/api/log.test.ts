import assert from 'node:assert/strict';
import { test } from 'node:test';
import { logTo } from '../platform/log.ts';
import { RecentLog } from '../platform/recent-log.ts';
import { logRoutes } from './log.ts';
import { createTestRoutes } from './test-routes.ts';

const START = 1_000_000;

function stage() {
  const recentLog = new RecentLog(START);
  const log = logTo({ write: (line) => recentLog.write(line) }, 'DEBUG');
  const { call, access } = createTestRoutes((app) => logRoutes(app, { recentLog }));
  const events = async (query: string) => {
    const { body } = await call('GET', `/api/log?${query}`);
    return body.lines.map(({ event }: { event: string }) => event);
  };
  return { recentLog, log, call, access, events };
}

test('lines are listed newest first with what belongs to them', async () => {
  const { log, call, access } = stage();
  log.info('bridge_started', { version: '1' });
  log.warning('flow_failed', { device_id: 'press', reason: 'x < y' });
  const { body } = await call('GET', '/api/log');
  const [newest, oldest] = body.lines;
  assert.deepEqual(
    [newest.level, newest.event, newest.fields],
    ['warning', 'flow_failed', { device_id: 'press', reason: 'x < y' }],
  );
  assert.deepEqual([oldest.event, oldest.id, body.next_before], ['bridge_started', START * 1000, null]);
  assert.equal(access.get('GET /api/log'), 'view');
});

test('level, event, device and text narrow it', async () => {
  const { log, events, call } = stage();
  log.debug('parse_unusable', { device_id: 'press' });
  log.error('store_failed', { reason: 'No space left' });
  log.warning('mqtt_connection_failed', { device_id: 'saw' });
  assert.deepEqual(await events('level=warning'), ['mqtt_connection_failed', 'store_failed']);
  assert.deepEqual(await events('event=mqtt'), ['mqtt_connection_failed']);
  assert.deepEqual(await events('device_id=press'), ['parse_unusable']);
  assert.deepEqual(await events('text=no%20SPACE'), ['store_failed']);
  assert.equal((await call('GET', '/api/log?level=loud')).status, 422);
});

test('it is paged backwards and followed forwards', async () => {
  const { log, call, events } = stage();
  for (const n of [1, 2, 3]) log.info(`event_${n}`);
  const { body } = await call('GET', '/api/log?limit=2');
  assert.equal(body.next_before, body.lines[1].id);
  assert.deepEqual(await events(`before=${body.next_before}`), ['event_1']);
  assert.deepEqual(await events(`after=${body.lines[0].id}`), []);
  log.info('event_4');
  assert.deepEqual(await events(`after=${body.lines[0].id}`), ['event_4']);
});

test('the last 2000 lines are kept, and of a huge one the beginning', async () => {
  const { log, recentLog, events } = stage();
  for (let n = 0; n < 2005; n++) log.info(`event_${n}`);
  const { lines, more } = recentLog.read({ limit: 5000 });
  assert.deepEqual([lines.length, lines.at(-1)?.event, more], [2000, 'event_5', false]);
  assert.deepEqual(await events(`before=${START * 1000 + 3}`), []);
  log.error('huge', { stack: '😀'.repeat(20_000) });
  const [huge] = recentLog.read({ limit: 1 }).lines;
  assert.equal(huge?.event, 'huge');
  assert.ok(String(huge?.fields.excerpt).length < 5000);
});
