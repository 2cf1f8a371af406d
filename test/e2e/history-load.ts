import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { History } from '../../src/history/history.ts';
import { readInputs } from '../../src/history/reading-log.ts';
import type { Message } from '../../src/model/message.ts';
import type { MessagesQuery } from '../../src/model/message-record.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { logTo } from '../../src/platform/log.ts';
import { createMetrics } from '../../src/platform/metrics.ts';
import { openStore } from '../../src/store/database.ts';
import { factsTable } from '../../src/store/facts.ts';
import { historyPath, openHistoryReader } from '../../src/store/history-database.ts';

const DAY_MS = 86_400_000;
const DEVICES = 2000;
const RARE_TOPICS = 50;
const RESOLUTION_MS = 10;
const TICK_MS = 10;
const rssMb = () => process.memoryUsage.rss() / 1e6;

/** A history in a folder of its own; `reopen` is a restart with another retention. */
function openHistory(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'iot-bridge-history-'));
  const metrics = createMetrics();
  const lines: string[] = [];
  const log = logTo({ write: (line) => lines.push(line) }, 'WARNING');
  let history: History;
  const open = (messagesDays: number) => {
    const keep = { messagesDays, readingsDays: 90, historyBytesMax: 2 ** 40 };
    history = new History({ clock: systemClock(), log, metrics, folder, keep });
    history.start();
    return history;
  };
  t.after(async () => {
    await history.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  const faults = async () => [(await metrics.historyDropped.get()).values[0]?.value, lines];
  return { folder, open, faults };
}

function messageAt(topic: string, payload: string, receivedAt: number): Message {
  const bytes = Buffer.from(payload);
  return { topic, payload: bytes, receivedAt, steadyAt: receivedAt, retained: false, qos: 1, done() {} };
}

/** Writes `count` messages of the last 20 days: of 2000 devices, and a few alarms among them. */
async function fill(history: History, count: number, nowMs: number): Promise<void> {
  const beginMs = nowMs - 20 * DAY_MS;
  for (let i = 0; i < count; i++) {
    const isRare = i % 5000 === 7;
    const device = (i * 7919) % DEVICES;
    const topic = isRare ? `site/${((i / 5000) % RARE_TOPICS) | 0}/alarm` : `messages/device-${device}/log`;
    const payload = `{"n":${i},"text":"the quick brown fox jumps over the lazy dog ${i % 977}"}`;
    const at = beginMs + Math.floor((i * 20 * DAY_MS) / count);
    const deviceId = isRare ? null : `device-${device}`;
    history.received(messageAt(topic, payload, at), 'embedded', { deviceId, measured: false });
    // The worker may keep up.
    if (i % 2000 === 0) await history.topics({ limit: 1 });
  }
}

const SEARCHES: [name: string, query: Omit<MessagesQuery, 'limit'>][] = [
  ['everything', {}],
  ['one topic', { topic: 'messages/device-77/log' }],
  ['a filter that matches most', { topic: 'messages/+/log' }],
  ['a filter that matches little', { topic: 'site/+/alarm' }],
  ['a device', { deviceId: 'device-1234' }],
  ['a text that is everywhere', { text: 'LAZY' }],
  ['a text that is nowhere', { text: 'nowhere' }],
  ['a text in a topic', { topic: 'messages/device-77/log', text: 'dog 5' }],
];

/** p50 and p99 of the time a page of 50 takes, ms, over up to 100 pages of each search. */
async function pageTimes(history: History) {
  const table: [name: string, p50Ms: number, p99Ms: number][] = [];
  for (const [name, query] of SEARCHES) {
    const times: number[] = [];
    let before: number | undefined;
    while (times.length < 100) {
      const began = performance.now();
      const page = await history.messages({ ...query, limit: 50, before });
      times.push(performance.now() - began);
      before = page.nextBefore ?? undefined;
    }
    times.sort((a, b) => a - b);
    table.push([name, times[50] ?? 0, times[98] ?? 0]);
  }
  return table;
}

/** The main thread as it works: 2000 readings and messages a second, commits to bridge.db. @returns its longest delay */
async function delayWhile(history: History, folder: string, done: () => Promise<boolean>): Promise<number> {
  const { database, close } = openStore(folder, Date.now());
  const facts = factsTable(database);
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  let n = 0;
  const tick = () => {
    for (let i = 0; i < (2000 * TICK_MS) / 1000; i++, n++) {
      const receivedAt = Date.now();
      const device = `device-${n % 500}`;
      const time = { receivedAt, steadyAt: receivedAt, retained: false, qos: 1 } as const;
      history.input(device, { kind: 'reading', reading: { ...time, powerW: (n % 3000) / 10 } });
      const about = { deviceId: device, measured: true };
      history.received(messageAt(`power/${device}`, String(n), receivedAt), 'embedded', about);
    }
    if (n % 200 === 0) database.transaction(() => facts.set('heard', String(n)), 'crash');
  };
  const timer = setInterval(tick, TICK_MS);
  try {
    await pause(500);
    delay.enable();
    while (!(await done())) await pause(200);
    delay.disable();
    return delay.max / 1e6 - RESOLUTION_MS;
  } finally {
    clearInterval(timer);
    close();
  }
}

/** Writes `count` messages, searches them, and prunes the older half under load. */
export async function runMessages(t: TestContext, count: number) {
  const { folder, open, faults } = openHistory(t);
  const nowMs = Date.now();
  let history = open(30);
  await history.topics({ limit: 1 });
  const emptyMb = rssMb();
  const began = performance.now();
  await fill(history, count, nowMs);
  const fillS = (performance.now() - began) / 1000;
  const filledMb = rssMb();
  const pages = await pageTimes(history);
  const searchedMb = rssMb();
  const calmUntil = Date.now() + 3000;
  const calmDelayMs = await delayWhile(history, folder, async () => Date.now() > calmUntil);
  await history.stop();
  const bytesPerMessage = statSync(historyPath(folder)).size / count;

  history = open(10);
  const delayMs = await delayWhile(history, folder, async () => {
    const query = {
      deviceId: 'device-1',
      topic: 'messages/#',
      toMs: nowMs - 10 * DAY_MS - 3_600_000,
      limit: 1,
    };
    return (await history.messages(query)).messages.length === 0;
  });
  const { messages } = await history.messages({ fromMs: 0, toMs: nowMs - 11 * DAY_MS, limit: 1 });
  const memory = { emptyMb, filledMb, searchedMb };
  const delays = { calmDelayMs, delayMs };
  return { fillS, bytesPerMessage, pages, delays, left: messages.length, memory, faults: await faults() };
}

/** Writes `count` readings of one meter at 1 Hz, and reads them back: each, and as a chart of all. */
export async function runReadings(t: TestContext, count: number) {
  const { folder, open, faults } = openHistory(t);
  const history = open(30);
  const nowMs = Date.now();
  const beginMs = nowMs - count * 1000;
  const began = performance.now();
  let mainMs = 0;
  for (let i = 0; i < count; ) {
    const burst = performance.now();
    for (const end = Math.min(count, i + 10_000); i < end; i++) {
      const receivedAt = beginMs + i * 1000 + ((i * 7919) % 23);
      const powerW = Math.round(12_000 + 9000 * Math.sin(i / 15)) / 10;
      const values = {
        powerW,
        energyTotalKwh: (1_234_567 + i * 333) / 1e6,
        voltageV: Math.round(2310 + 15 * Math.sin(i / 5)) / 10,
        currentA: Math.round(powerW * 4.33) / 1000,
      };
      const time = { receivedAt, steadyAt: receivedAt, retained: false, qos: 1 } as const;
      history.input('mill', { kind: 'reading', reading: { ...time, ...values } });
    }
    mainMs += performance.now() - burst;
    await history.readings({ deviceId: 'mill', fromMs: beginMs, toMs: beginMs + 1, pointsMax: 1, gapMs: 1 });
  }
  const writeS = (performance.now() - began) / 1000;
  const chartBegan = performance.now();
  const chart = { deviceId: 'mill', fromMs: beginMs, toMs: nowMs, pointsMax: 1000, gapMs: 60_000 };
  const { points } = await history.readings(chart);
  const chartMs = performance.now() - chartBegan;
  await history.stop();
  const bytesPerReading = statSync(historyPath(folder)).size / count;
  const reader = openHistoryReader(historyPath(folder));
  const readBegan = performance.now();
  let [read, sumW] = [0, 0];
  for (const input of readInputs(reader, 'mill', beginMs, nowMs + 1000)) {
    read += 1;
    if (input.kind === 'reading') sumW += input.reading.powerW ?? 0;
  }
  const readS = (performance.now() - readBegan) / 1000;
  reader.close();
  const mainUs = (mainMs * 1000) / count;
  const speed = { writeS, mainUs, readS, chartMs };
  return { read, avgW: sumW / read, points: points.length, bytesPerReading, speed, faults: await faults() };
}
