import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { always, type Fault, faultsByChance, sequence } from './stand-in-faults.ts';
import { type StandInOdoo, startStandInOdoo } from './stand-in-odoo.ts';

const NOW_MS = Date.UTC(2026, 0, 31, 10);
let odoo: StandInOdoo;
beforeEach(async () => {
  odoo = await startStandInOdoo({ now: () => NOW_MS });
});
afterEach(() => odoo.close());

const event = (uid: string) => ({ schema_version: 'v1', event_uid: uid, event_type: 'session_started' });

function post(body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${odoo.url}/ows/iot/event`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

describe('without faults', () => {
  it('stores an event once and names a repeat', async () => {
    const answers = [];
    for (const uid of ['a', 'b', 'a']) answers.push(await (await post(event(uid))).json());
    assert.deepEqual(answers, [
      { status: 'ok', event_uid: 'a' },
      { status: 'ok', event_uid: 'b' },
      { status: 'duplicate', event_uid: 'a' },
    ]);
    assert.deepEqual(odoo.events(), [event('a'), event('b')]);
    assert.equal(odoo.repeats(), 1);
  });

  it('keeps each request as it came', async () => {
    const body = '{"event_uid":"ä"  }';
    await post(body, { 'idempotency-key': 'a-key' });
    const [request] = odoo.received;
    assert.equal(request?.body.toString(), body);
    assert.deepEqual(request?.parsed, { event_uid: 'ä' });
    assert.deepEqual([request?.method, request?.path, request?.status], ['POST', '/ows/iot/event', 200]);
    assert.equal(request?.headers['idempotency-key'], 'a-key');
    assert.equal(request?.at, NOW_MS);
  });

  const refusals: [string, () => Promise<Response>, number, RegExp][] = [
    ['a body that is not JSON', () => post('{'), 400, /json/],
    ['an event without uid', () => post({ event_uid: 7 }), 400, /json/],
    ['null', () => post(null), 400, /json/],
    ['a body above 1 MiB', () => post('x'.repeat(2 ** 20 + 1)), 413, /json/],
    ['another method', () => fetch(`${odoo.url}/ows/iot/event`), 405, /html/],
    ['another route', () => fetch(`${odoo.url}/web/login`), 404, /html/],
  ];
  for (const [what, ask, status, contentType] of refusals) {
    it(`refuses ${what} with ${status}`, async () => {
      const answer = await ask();
      assert.equal(answer.status, status);
      assert.match(answer.headers.get('content-type') ?? '', contentType);
      assert.deepEqual(odoo.events(), []);
      assert.equal(odoo.received[0]?.status, status);
    });
  }

  it('tells when events have come', async () => {
    const two = odoo.eventsReach(2);
    const three = assert.rejects(odoo.eventsReach(3), /closed with 2 of 3 events/);
    await post(event('a'));
    await post(event('a'));
    await post(event('b'));
    await two;
    await odoo.eventsReach(1);
    await odoo.close();
    await three;
  });
});

describe('configuration and key', () => {
  it('gives the configuration that it was told', async () => {
    const get = async () => (await fetch(`${odoo.url}/ows/iot/config?since=1`)).json();
    assert.deepEqual(await get(), { devices: [] });
    odoo.setConfiguration({ devices: [{ device_id: 'saw' }] });
    assert.deepEqual(await get(), { devices: [{ device_id: 'saw' }] });
  });

  it('asks for the key everywhere', async () => {
    const strict = await startStandInOdoo({ now: () => NOW_MS, apiKey: 'secret' });
    const ask = async (authorization: string) => {
      const headers = { authorization };
      const [config, stored] = await Promise.all([
        fetch(`${strict.url}/ows/iot/config`, { headers }),
        fetch(`${strict.url}/ows/iot/event`, { method: 'POST', headers, body: JSON.stringify(event('a')) }),
      ]);
      return [config.status, stored.status, strict.events().length];
    };
    assert.deepEqual(await ask('Bearer wrong'), [401, 401, 0]);
    assert.deepEqual(await ask('secret'), [401, 401, 0]);
    assert.deepEqual(await ask('Bearer secret'), [200, 200, 1]);
    await strict.close();
  });
});

describe('batches', () => {
  const of = (device: string, uid: string) => ({ ...event(uid), device_id: device });
  const postBatch = (events: unknown) =>
    fetch(`${odoo.url}/ows/iot/events`, { method: 'POST', body: JSON.stringify({ events }) });

  it('are offered, and taken, only when they are to be', async () => {
    assert.equal((await post(event('a'))).headers.get('x-iot-batch-max'), null);
    assert.equal((await postBatch([event('b')])).status, 404);
    odoo.setBatchMax(3);
    assert.equal((await post(event('b'))).headers.get('x-iot-batch-max'), '3');
    const answer = await postBatch([of('saw', 'a'), of('saw', 'c'), of('mill', 'd')]);
    assert.deepEqual(await answer.json(), {
      status: 'ok',
      results: [
        { event_uid: 'a', status: 'duplicate' },
        { event_uid: 'c', status: 'ok' },
        { event_uid: 'd', status: 'ok' },
      ],
    });
    assert.equal(odoo.events().length, 4);
  });

  it('are refused as a whole when they are none', async () => {
    odoo.setBatchMax(2);
    for (const events of [undefined, 'a', [], [{}], ['a', 'b', 'c'].map(event)]) {
      assert.equal((await postBatch(events)).status, 400);
    }
    assert.deepEqual(odoo.events(), []);
  });

  it('hold back the device of a refused event, and meet any other fault as a whole', async () => {
    odoo.setBatchMax(9);
    odoo.set(sequence(['ok', { status: 400, body: 'no' }]));
    const sent = [of('mill', 'a'), of('saw', 'b'), of('saw', 'c'), of('mill', 'd')];
    const { results } = (await (await postBatch(sent)).json()) as { results: { status: string }[] };
    assert.deepEqual(
      results.map(({ status }) => status),
      ['ok', 'error', 'held', 'ok'],
    );
    odoo.set(sequence(['ok', { status: 503 }]));
    assert.equal((await postBatch(sent)).status, 503);
    assert.equal(odoo.events().length, 2);
    odoo.set(sequence(['drop-after']));
    await assert.rejects(postBatch(sent), TypeError);
    assert.deepEqual([odoo.events().length, odoo.repeats()], [4, 2]);
  });
});

describe('faults', () => {
  it('answers with the status, headers and body of the script', async () => {
    odoo.set(
      always({ status: 503, headers: { 'retry-after': '7' }, body: 'busy', contentType: 'text/plain' }),
    );
    const answer = await post(event('a'));
    assert.deepEqual(
      [answer.status, answer.headers.get('retry-after'), answer.headers.get('content-type')],
      [503, '7', 'text/plain'],
    );
    assert.equal(await answer.text(), 'busy');
    assert.deepEqual(odoo.events(), []);
  });

  const stored: [Fault, boolean][] = [
    [{ status: 204 }, true],
    [{ status: 200, body: '{"error":"no"}' }, false],
    [{ status: 409, stored: true }, true],
    [{ status: 422 }, false],
    [{ delayMs: 1 }, true],
    ['html', false],
    ['jsonrpc-error', false],
  ];
  for (const [fault, isStored] of stored) {
    it(`${JSON.stringify(fault)} ${isStored ? 'stores' : 'does not store'} the event`, async () => {
      odoo.set(always(fault));
      await (await post(event('a'))).text();
      assert.equal(odoo.events().length, isStored ? 1 : 0);
    });
  }

  it('html and jsonrpc-error come with 200', async () => {
    odoo.set(sequence(['html', 'jsonrpc-error']));
    const page = await post(event('a'));
    assert.deepEqual([page.status, page.headers.get('content-type')], [200, 'text/html; charset=utf-8']);
    assert.match(await page.text(), /^<!DOCTYPE html>/);
    const rpc = await post(event('a'));
    assert.equal(rpc.status, 200);
    assert.match(await rpc.text(), /"error":\{"code":200,"message":"Odoo Server Error"/);
  });

  it('drop-before loses the event, drop-after makes the sender send it twice', async () => {
    odoo.set(sequence(['drop-before', 'drop-after']));
    await assert.rejects(post(event('a')), TypeError);
    assert.deepEqual(odoo.events(), []);
    await assert.rejects(post(event('a')), TypeError);
    assert.deepEqual(odoo.events(), [event('a')]);
    assert.deepEqual(await (await post(event('a'))).json(), { status: 'duplicate', event_uid: 'a' });
    assert.deepEqual([odoo.events().length, odoo.repeats()], [1, 1]);
    assert.deepEqual(
      odoo.received.map(({ status }) => status),
      [null, null, 200],
    );
  });

  it('hang and a long delay end with close', async () => {
    odoo.set(sequence(['hang', { delayMs: 3_600_000 }]));
    const answers = Promise.allSettled([post(event('a')), post(event('b'))]);
    while (odoo.received.length < 2) await new Promise(setImmediate);
    await odoo.close();
    assert.deepEqual(
      (await answers).map(({ status }) => status),
      ['rejected', 'rejected'],
    );
    assert.deepEqual(odoo.events(), []);
  });

  it('a script sees the index and the event', async () => {
    const seen: unknown[] = [];
    odoo.set((index, parsed) => {
      seen.push([index, parsed]);
      return 'ok';
    });
    await post(event('a'));
    await post('{');
    assert.deepEqual(seen, [
      [0, event('a')],
      [1, undefined],
    ]);
  });
});

function drawFaults(seed: number): Fault[] {
  const script = faultsByChance(seed, { 'drop-after': 0.2, 503: 0.1 });
  return Array.from({ length: 10_000 }, (_, i) => script(i, {}));
}

describe('scripts', () => {
  it('a sequence ends in ok', () => {
    const script = sequence(['hang', { status: 500 }]);
    assert.deepEqual(
      [0, 1, 2, 3].map((i) => script(i, {})),
      ['hang', { status: 500 }, 'ok', 'ok'],
    );
  });

  it('chance follows the probabilities, and the seed', () => {
    const faults = drawFaults(7);
    assert.deepEqual(faults, drawFaults(7));
    assert.notDeepEqual(faults, drawFaults(8));
    const shares: [Fault, number][] = [
      ['drop-after', 0.2],
      [{ status: 503 }, 0.1],
      ['ok', 0.7],
    ];
    for (const [wanted, expected] of shares) {
      const share = faults.filter((fault) => isDeepStrictEqual(fault, wanted)).length / faults.length;
      assert.ok(Math.abs(share - expected) < 0.02, `${JSON.stringify(wanted)}: ${share}`);
    }
  });

  it('chance refuses what is no probability', () => {
    assert.throws(() => faultsByChance(1, { html: 0.7, hang: 0.4 }), RangeError);
    assert.throws(() => faultsByChance(1, { html: -0.1 }), RangeError);
    assert.throws(() => faultsByChance(1, { html: Number.NaN }), RangeError);
    assert.equal(faultsByChance(1, { html: 0.7, hang: 0.2, 500: 0.1 })(0, {}) === 'ok', false);
  });
});
