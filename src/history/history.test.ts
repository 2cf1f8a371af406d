import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Message } from '../model/message.ts';
import type { MessagesQuery } from '../model/message-record.ts';
import { logTo } from '../platform/log.ts';
import { ManualClock } from '../platform/manual-clock.ts';
import { createMetrics } from '../platform/metrics.ts';
import { History } from './history.ts';

const KEEP = { messagesDays: 30, readingsDays: 90, historyBytesMax: 2 ** 31 };

function stage(t: TestContext, folder = mkdtempSync(join(tmpdir(), 'iot-bridge-history-'))) {
  const clock = new ManualClock();
  const metrics = createMetrics();
  const lines: string[] = [];
  const log = logTo({ write: (line) => lines.push(line) }, 'INFO');
  const history = new History({ clock, log, metrics, folder, keep: KEEP });
  const notices = history.start();
  t.after(async () => {
    await history.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  const hear = (
    topic: string,
    payload: string | Buffer,
    more: Partial<Message> & { measured?: boolean } = {},
  ) => {
    const { measured = false, ...fields } = more;
    const at = { receivedAt: clock.wallMs(), steadyAt: clock.steadyMs() };
    const message: Message = {
      topic,
      payload: Buffer.from(payload),
      retained: false,
      qos: 1,
      done: () => undefined,
      ...at,
      ...fields,
    };
    const deviceId = /^messages\/([^/]+)\//.exec(topic)?.[1] ?? null;
    history.received(message, 'embedded', { deviceId, measured });
  };
  const find = async (query: Partial<MessagesQuery> = {}) => {
    const { messages } = await history.messages({ limit: 100, ...query });
    return messages;
  };
  const ids = async (query: Partial<MessagesQuery>) => (await find(query)).map(({ id }) => id);
  const dropped = async () => (await metrics.historyDropped.get()).values[0]?.value;
  return { clock, history, hear, find, ids, dropped, folder, notices, lines };
}

test('messages come back as they were, what waits included, long payloads cut', async (t) => {
  const { clock, history, hear, find } = stage(t);
  const properties = { contentType: 'text/plain', userProperties: { a: ['1', '2'] } };
  hear('messages/lathe/log', 'a', { properties, retained: true, qos: 2 });
  hear('messages/saw/log', Buffer.alloc(70_000, 1));
  const id = history.sent(
    { topic: 'messages/lathe/do', payload: Buffer.from('b'), qos: 0, retain: true },
    'main',
    'lathe',
  );
  const at = clock.wallMs();
  const [sent, long, first] = await find();
  assert.deepEqual(first, {
    id: 1,
    at,
    brokerId: 'embedded',
    direction: 'in',
    topic: 'messages/lathe/log',
    deviceId: 'lathe',
    qos: 2,
    retain: true,
    bytes: 1,
    payload: new Uint8Array([97]),
    properties,
  });
  assert.deepEqual([long?.bytes, long?.payload.length], [70_000, 65_536]);
  assert.deepEqual([sent?.id, sent?.direction, sent?.brokerId, id], [3, 'out', 'main', 3]);
});
