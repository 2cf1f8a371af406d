import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { connect, connectAsync } from 'mqtt';
import { parse } from 'yaml';
import { freePort } from '../mosquitto.ts';
import { eventually, RunningBridge, temporaryFolder } from './running-bridge.ts';

const DEPLOY = join(import.meta.dirname, '..', '..', 'deploy');
const EXAMPLE = join(DEPLOY, 'examples', 'configuration.json');
const TOKEN = 'deploy-token-of-enough-length';
/** More than Mosquitto keeps for a client that is away unless it is told to. */
const BACKLOG = 1500;
/** The functions and words of PromQL that are used; whatever else looks like a name is a metric or a label. */
const PROMQL = new Set(['by', 'histogram_quantile', 'increase', 'le', 'rate', 'sum']);

type Expression = { where: string; expr: string };
type Panel = { title: string; targets?: { expr: string }[] };

function expressions(): Expression[] {
  const { panels }: { panels: Panel[] } = JSON.parse(
    readFileSync(join(DEPLOY, 'grafana', 'dashboard.json'), 'utf8'),
  );
  const { groups } = parse(readFileSync(join(DEPLOY, 'prometheus', 'alerts.yaml'), 'utf8'));
  const rules: { alert: string; expr: string }[] = groups[0].rules;
  return [
    ...panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ where: title, expr }))),
    ...rules.map(({ alert, expr }) => ({ where: alert, expr })),
  ];
}

/** Names in an expression, without numbers, texts, durations and what stands between braces. */
const namesIn = (expr: string) =>
  (expr.replaceAll(/\{[^}]*\}|\[[^\]]*\]|"[^"]*"/g, ' ').match(/\b[a-z_]+\b/g) ?? []).filter(
    (name) => !PROMQL.has(name),
  );

describe('with a running bridge', () => {
  const folder = temporaryFolder();
  let bridge: RunningBridge;
  before(async () => {
    const environment = { EMBEDDED_MQTT_HOST: '127.0.0.1', EMBEDDED_MQTT_PORT: '0', BRIDGE_API_TOKEN: TOKEN };
    bridge = await RunningBridge.start(folder.path, environment);
  });
  after(async () => {
    await bridge.end();
    folder.remove();
  });

  /** Runs the push by hand, as the documents do. */
  function push(args: string[], more: Record<string, string> = {}) {
    const env = { PATH: process.env.PATH, BRIDGE_URL: bridge.url, BRIDGE_API_TOKEN: TOKEN, ...more };
    const script = join(DEPLOY, 'examples', 'push-config.sh');
    return new Promise<{ code: unknown; out: string; err: string }>((resolve) => {
      execFile('sh', [script, ...args], { env }, (error, out, err) =>
        resolve({ code: error?.code ?? 0, out, err }),
      );
    });
  }

  test('dashboard and alerts use metrics and labels that the bridge exposes', async () => {
    const { text } = await bridge.request('/metrics');
    const exposed = Array.from(text.matchAll(/^# TYPE (\S+) (\S+)$/gm), ([, name = '', type]) =>
      type === 'histogram' ? ['_bucket', '_sum', '_count'].map((end) => name + end) : [name],
    ).flat();
    // The labels of prom-client's counters show when they count; these are the ones that metrics.ts gives.
    const known = new Set([...exposed, 'up', 'type', 'reason', 'parser']);
    const unknown = expressions().flatMap(({ where, expr }) =>
      namesIn(expr)
        .filter((name) => !known.has(name))
        .map((name) => `${where}: ${name}`),
    );
    assert.deepEqual(unknown, []);
    const used = new Set(expressions().flatMap(({ expr }) => namesIn(expr)));
    const unused = exposed.filter((name) => !used.has(name) && !/_(sum|count)$/.test(name));
    assert.deepEqual(unused, [], 'every metric is shown somewhere');
  });

  test('the push by hand: applied, then no example over devices that are there', async () => {
    const first = await push([]);
    assert.deepEqual([first.code, first.err], [0, '']);
    assert.match(first.out, /"status":"success".*"added":\["shelly-pm-workshop"\]/);
    assert.match(first.out, /\napplied: 1 devices\n$/);
    const again = await push([]);
    assert.equal(again.code, 2);
    assert.match(again.err, /the bridge has 1 devices, which the example would replace; name a FILE/);
    const named = await push([EXAMPLE]);
    assert.equal(named.code, 0);
    assert.match(named.out, /"added":\[\]/);
  });

  test('what went wrong is said, with an exit code', async (t) => {
    const faulty = join(folder.path, 'faulty.json');
    writeFileSync(faulty, '{"devices": [{"device_id": "mill"}]}');
    const web = createServer((_request, response) => response.end('<html>'));
    web.listen(0, '127.0.0.1');
    await once(web, 'listening');
    t.after(() => web.close());
    const { port } = web.address() as AddressInfo;
    const wrongs: [args: string[], more: Record<string, string>, code: number, says: RegExp][] = [
      [[faulty], {}, 1, /devices\[0\]\.mqtt_topic[^]*refused with status 422/],
      [[EXAMPLE], { BRIDGE_API_TOKEN: 'wrong' }, 1, /"status":"error"[^]*refused with status 401/],
      [[EXAMPLE], { BRIDGE_API_TOKEN: '' }, 2, /BRIDGE_API_TOKEN is not set/],
      [
        [EXAMPLE],
        { BRIDGE_URL: 'http://127.0.0.1:1' },
        2,
        /no bridge answers at http:\/\/127\.0\.0\.1:1\/health/,
      ],
      [[EXAMPLE], { BRIDGE_URL: `http://127.0.0.1:${port}` }, 2, /is no bridge/],
      [['none.json'], {}, 2, /none\.json cannot be read/],
      [['a', 'b'], {}, 2, /usage: .*push-config\.sh \[FILE\]/],
    ];
    for (const [args, more, code, says] of wrongs) {
      const { code: was, out, err } = await push(args, more);
      assert.equal(was, code, err);
      assert.match(out + err, says);
    }
  });
});

test('Mosquitto as compose starts it: two users by password, nobody without, messages wait for the bridge', async (t) => {
  const folder = temporaryFolder();
  t.after(() => folder.remove());
  // Mosquitto, which becomes another user, must get in.
  chmodSync(folder.path, 0o755);
  const port = await freePort();
  for (const name of ['config', 'data']) mkdirSync(join(folder.path, name));
  const configuration = readFileSync(join(DEPLOY, 'mosquitto', 'mosquitto.conf'), 'utf8')
    .replaceAll('/mosquitto/', `${folder.path}/`)
    .replace('listener 1883', `listener ${port} 127.0.0.1`);
  writeFileSync(join(folder.path, 'config', 'mosquitto.conf'), configuration);
  copyFileSync(join(DEPLOY, 'mosquitto', 'start.sh'), join(folder.path, 'start.sh'));
  const child = spawn('sh', [join(folder.path, 'start.sh'), folder.path], {
    env: {
      PATH: `${process.env.PATH}:/usr/sbin`,
      MQTT_PASSWORD: 'for-bridge',
      MQTT_DEVICE_PASSWORD: 'for-devices',
    },
    stdio: 'ignore',
  });
  t.after(async () => {
    child.kill();
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  });
  const url = `mqtt://127.0.0.1:${port}`;
  const options = (username: string, password: string) =>
    ({ username, password, reconnectPeriod: 0, clientId: `${username}-test`, clean: false }) as const;
  const asBridge = options('bridge', 'for-bridge');
  const meter = await eventually('Mosquitto', () =>
    connectAsync(url, options('devices', 'for-devices')).catch(() => null),
  );
  const bridge = await connectAsync(url, asBridge);
  await bridge.subscribeAsync('#', { qos: 1 });
  await bridge.endAsync();
  for (let i = 1; i < BACKLOG; i++) meter.publish('meter/power', String(i), { qos: 1 });
  await meter.publishAsync('meter/power', String(BACKLOG), { qos: 1 });
  await meter.endAsync();
  const back = connect(url, asBridge);
  let heard = 0;
  back.on('message', () => {
    heard += 1;
  });
  await eventually('the backlog', () => (heard === BACKLOG ? true : null));
  await back.endAsync();
  await assert.rejects(connectAsync(url, options('devices', 'for-bridge')), /Not authorized/i);
  await assert.rejects(connectAsync(url, { reconnectPeriod: 0 }), /Not authorized/i);
  assert.doesNotMatch(readFileSync(join(folder.path, 'data', 'passwords'), 'utf8'), /for-/);
});
