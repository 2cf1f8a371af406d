import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { Log } from '../platform/log.ts';
import { ManualClock } from '../platform/manual-clock.ts';
import { type ApplyResult, createConfigurationPull } from './configuration-pull.ts';

const INTERVAL_MS = 300_000;
const KEY = 'k3y-that-nobody-may-see';
const BYTES_MAX = 1000;

type Answer = (response: ServerResponse) => void;
const says =
  (body: string, status = 200, contentType = 'application/json'): Answer =>
  (response) =>
    void response.writeHead(status, { 'content-type': contentType }).end(body);

/** Counts something and lets a test wait until a number is reached. */
class Tally {
  #waiters: { count: number; resolve: () => void }[] = [];
  count = 0;

  add(): void {
    this.count++;
    for (const waiter of this.#waiters) if (waiter.count <= this.count) waiter.resolve();
  }

  reaches(count: number): Promise<void> {
    if (this.count >= count) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push({ count, resolve }));
  }
}

/** A pull from a server that answers as `fixture.answer` says; rounds are told by the timer that each one plans. */
async function withPull(
  work: (fixture: Awaited<ReturnType<typeof fixtureOf>>) => Promise<void>,
): Promise<void> {
  const fixture = await fixtureOf();
  try {
    await work(fixture);
  } finally {
    await fixture.pull.stop();
    fixture.server.closeAllConnections();
    await new Promise((resolve) => void fixture.server.close(resolve));
  }
}

const silent = () => {};

async function fixtureOf() {
  const requests: IncomingMessage[] = [];
  const applied: string[] = [];
  const warnings: string[] = [];
  const delaysMs: number[] = [];
  const rounds = new Tally();
  const asked = new Tally();
  const state = { answer: says('{"devices":[]}'), result: { status: 'applied' } as ApplyResult };
  const clock = new ManualClock();
  const after = clock.after.bind(clock);
  clock.after = (delayMs, fire) => {
    // The deadline of a request has its own length; what else is planned is the next pull.
    if (delayMs !== 30_000) {
      delaysMs.push(delayMs);
      rounds.add();
    }
    return after(delayMs, fire);
  };
  const server = createServer((request, response) => {
    requests.push(request);
    asked.add();
    state.answer(response);
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const log: Log = {
    debug: silent,
    info: (event) => void warnings.push(event),
    warning: (_event, fields) => void warnings.push(String(fields?.reason)),
    error: silent,
    debugs: false,
  };
  const pull = createConfigurationPull({
    odoo: { baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/odoo`, apiKey: KEY },
    intervalMs: INTERVAL_MS,
    bodyBytesMax: BYTES_MAX,
    clock,
    random: () => 0.999_999,
    log,
    apply: async (body) => {
      applied.push(Buffer.from(body).toString());
      return state.result;
    },
  });
  return { requests, applied, warnings, delaysMs, rounds, asked, state, clock, server, pull };
}

test('it pulls at start and at intervals, and applies only what is new', async () => {
  await withPull(async ({ pull, rounds, requests, applied, state, clock, delaysMs }) => {
    pull.start();
    pull.start();
    await rounds.reaches(1);
    clock.advance(INTERVAL_MS);
    await rounds.reaches(2);
    assert.deepEqual(applied, ['{"devices":[]}']);
    state.answer = says('{"devices":[ ]}');
    clock.advance(INTERVAL_MS);
    await rounds.reaches(3);
    assert.deepEqual(applied, ['{"devices":[]}', '{"devices":[ ]}']);
    assert.deepEqual(delaysMs, [INTERVAL_MS, INTERVAL_MS, INTERVAL_MS]);
    assert.equal(requests.length, 3);
    assert.deepEqual([requests[0]?.method, requests[0]?.url], ['GET', '/odoo/ows/iot/config']);
    assert.equal(requests[0]?.headers.authorization, `Bearer ${KEY}`);
  });
});

test('each failure has its reason, and nothing is applied', async () => {
  const cases: [string, Answer, RegExp][] = [
    ['wrong key', says('<html>', 401, 'text/html'), /refused the key \(401\)\. Check ODOO_API_KEY/],
    ['page', says('<html>', 200, 'text/html'), /HTML page/],
    ['not found', says('{}', 404), /answered 404/],
    ['redirect', says('', 302), /answered 302/],
    ['no content', says('', 204), /answered 204/],
    ['too large', says('x'.repeat(BYTES_MAX + 1)), /more than 1000 bytes/],
    ['dropped', (response) => void response.socket?.destroy(), /dropped the connection/],
  ];
  for (const [name, answer, reason] of cases) {
    await withPull(async ({ pull, rounds, state, warnings, applied, delaysMs }) => {
      state.answer = answer;
      pull.start();
      await rounds.reaches(1);
      assert.match(warnings[0] ?? '', reason, name);
      assert.deepEqual([applied, delaysMs], [[], [5000]], name);
    });
  }
});

test('failures are tried again after 5 s and more, up to the interval, and logged every ten minutes', async () => {
  await withPull(async ({ pull, rounds, state, warnings, clock, delaysMs }) => {
    state.answer = says('', 503);
    pull.start();
    for (let round = 1; round <= 10; round++) {
      await rounds.reaches(round);
      clock.advance(delaysMs.at(-1) ?? 0);
    }
    const delaysS = delaysMs.map((ms) => Math.round(ms / 1000));
    assert.deepEqual(delaysS.slice(0, 10), [5, 10, 20, 40, 80, 160, 300, 300, 300, 300]);
    await rounds.reaches(11);
    assert.equal(warnings.length, 3);
    state.answer = says('{}');
    clock.advance(INTERVAL_MS);
    await rounds.reaches(12);
    assert.equal(warnings.at(-1), 'config_pull_back');
  });
});

test('a configuration that is refused is handed over again at the next pull', async () => {
  await withPull(async ({ pull, rounds, state, applied, warnings, clock, delaysMs }) => {
    state.result = { status: 'refused', reason: 'devices[0].mqtt_topic must not be empty' };
    pull.start();
    await rounds.reaches(1);
    assert.match(warnings[0] ?? '', /not applied: devices\[0\]/);
    assert.deepEqual(delaysMs, [INTERVAL_MS]);
    state.result = { status: 'applied' };
    clock.advance(INTERVAL_MS);
    await rounds.reaches(2);
    assert.equal(applied.length, 2);
  });
});

test('stop gives up a request that hangs and plans nothing; start pulls again', async () => {
  await withPull(async ({ pull, rounds, asked, state, clock, requests }) => {
    state.answer = () => {};
    pull.start();
    await asked.reaches(1);
    await pull.stop();
    await pull.stop();
    clock.advance(10 * INTERVAL_MS);
    assert.deepEqual([rounds.count, requests.length], [0, 1]);
    state.answer = says('{}');
    pull.start();
    await rounds.reaches(1);
    assert.equal(requests.length, 2);
  });
});
