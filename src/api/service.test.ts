import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DeviceAnswer } from '../messages/device-requests.ts';
import type { ServiceResult } from '../messages/service.ts';
import { type ServiceReport, serviceSchema } from '../model/service.ts';
import { deviceRequestRoutes } from './device-request.ts';
import { serviceRoutes } from './service.ts';
import { createTestRoutes } from './test-routes.ts';

const REPORT: ServiceReport = {
  status: 'running',
  connection: 'connecting',
  since: '2026-01-31T10:00:00.000Z',
  started_at: '2026-01-31T10:00:00.000Z',
  stopped_at: null,
  reason: 'nothing listens there',
  persisted: false,
  brokers: [],
};

function setUp() {
  const around = {
    calls: [] as string[],
    result: { ok: true } as ServiceResult,
    answer: { status: 'unknown' } as DeviceAnswer,
  };
  const noted = async (call: string) => {
    around.calls.push(call);
    return around.result;
  };
  const routes = createTestRoutes((app) => {
    const service = {
      report: () => REPORT,
      start: () => noted('start'),
      stop: (persist: boolean) => noted(`stop ${persist}`),
      restart: () => noted('restart'),
    };
    serviceRoutes(app, { service });
    const ask = async (deviceId: string, body: unknown) => {
      around.calls.push(`${deviceId} ${JSON.stringify(body)}`);
      return around.answer;
    };
    deviceRequestRoutes(app, { deviceRequests: { ask } });
  });
  return { around, ...routes };
}

test('whoever may look may read; all else asks for the full token', () => {
  for (const [route, access] of setUp().access) {
    assert.equal(access, route.startsWith('GET ') ? 'view' : 'change', route);
  }
});

test('the service is shown, and switched', async () => {
  const { call, around } = setUp();
  const shown = await call('GET', '/api/service');
  serviceSchema.strict().parse(shown.body);
  assert.deepEqual(shown.body, REPORT);
  const requests: [url: string, body: object | undefined, called: string][] = [
    ['start', undefined, 'start'],
    ['stop', undefined, 'stop false'],
    ['stop', {}, 'stop false'],
    ['stop', { persist: true }, 'stop true'],
    ['restart', undefined, 'restart'],
  ];
  for (const [url, body, called] of requests) {
    const answer = await call('POST', `/api/service/${url}`, body);
    assert.deepEqual([answer.status, answer.body, around.calls.at(-1)], [200, REPORT, called]);
  }
  assert.equal((await call('POST', '/api/service/stop', { persist: 'yes' })).status, 422);
  around.result = { ok: false, reason: 'Port 1883 is in use' };
  const failed = await call('POST', '/api/service/start');
  assert.deepEqual(
    [failed.status, failed.body.message],
    [503, 'The service did not start: Port 1883 is in use'],
  );
});

const ANSWERS: [answer: DeviceAnswer, status: number, body: Record<string, unknown> | RegExp][] = [
  [
    { status: 'answered', topic: 'a/b', payload: Buffer.from('{"é":1}'), latencyMs: 42 },
    200,
    { answered: true, topic: 'a/b', payload: '{"é":1}', payload_format: 'text', latency_ms: 42 },
  ],
  [
    { status: 'answered', topic: 'a/b', payload: Buffer.from([0xff]), latencyMs: 0 },
    200,
    { answered: true, topic: 'a/b', payload: 'ff', payload_format: 'hex', latency_ms: 0 },
  ],
  [{ status: 'unknown' }, 404, /no device/],
  [{ status: 'invalid', errors: [{ path: 'topic', message: 'x' }] }, 422, /"path":"topic"/],
  [{ status: 'impossible', reason: 'no Tasmota' }, 409, /no Tasmota/],
  [{ status: 'not_sent', reason: 'no connection' }, 503, /not sent: no connection/],
  [{ status: 'timed_out', topic: 'a/set', timeoutS: 10 }, 504, /within 10 s\. Is the device online.*a\/set/],
];

test('what became of a question to a device is told by the status', async () => {
  const { call, around } = setUp();
  for (const [answer, status, body] of ANSWERS) {
    around.answer = answer;
    const told = await call('POST', '/api/devices/lathe%2F2/request', { method: 'status' });
    assert.equal(told.status, status);
    if (body instanceof RegExp) assert.match(told.text, body);
    else assert.deepEqual(told.body, body);
  }
  assert.equal(around.calls[0], 'lathe/2 {"method":"status"}');
});
