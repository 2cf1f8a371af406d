import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDeviceArguments } from './device-arguments.ts';

const words = (line: string) => line.split(' ').filter((word) => word !== '');
const AS_LATHE = '--device-id lathe --token t';

const TASKS: [line: string, expected: object][] = [
  [
    `send ${AS_LATHE} --topic telemetry --text on`,
    { topic: 'messages/lathe/telemetry', payload: 'on', qos: 1, retain: false, url: 'mqtt://localhost:1883' },
  ],
  [
    `send ${AS_LATHE} --topic a/b --json {"a":1} --qos 0 --retain --broker ::1 --tls`,
    { topic: 'messages/lathe/a/b', payload: '{"a":1}', qos: 0, retain: true, url: 'mqtts://[::1]:8883' },
  ],
  [
    `attributes ${AS_LATHE} n=1 name=Lathe ok=true gone=null eq=a=b --json {"n":0,"z":[1]}`,
    {
      topic: 'messages/lathe/attribute',
      payload: '{"n":1,"z":[1],"name":"Lathe","ok":true,"gone":null,"eq":"a=b"}',
    },
  ],
];
for (const [line, expected] of TASKS) {
  test(line, () => {
    const parsed = parseDeviceArguments(words(line));
    assert.ok(parsed.status === 'ok' && parsed.task.kind === 'send', JSON.stringify(parsed));
    const { payload, broker, ...task } = parsed.task;
    assert.partialDeepStrictEqual({ ...task, payload: payload.toString(), url: broker.url }, expected);
    assert.deepEqual([broker.username, broker.password], ['lathe', 't']);
  });
}

const KEYS = '--provision-key k --provision-secret s';
test('provisioning goes over MQTT, or over HTTP with --url', () => {
  const via = (line: string) => {
    const parsed = parseDeviceArguments(words(line));
    assert.ok(parsed.status === 'ok' && parsed.task.kind === 'provision', JSON.stringify(parsed));
    return parsed.task;
  };
  const names = { device_name: 'Lathe', provision_key: 'k', provision_secret: 's' };
  const { request, via: mqtt } = via(`provision --name Lathe ${KEYS} --key 17 --port 1884`);
  assert.deepEqual(request, { ...names, device_key: '17' });
  assert.partialDeepStrictEqual(mqtt, { broker: { url: 'mqtt://localhost:1884', username: 'provision' } });
  const http = via(`provision --name Lathe ${KEYS} --url http://bridge:8080/`);
  assert.deepEqual(http, { kind: 'provision', request: names, via: { url: 'http://bridge:8080' } });
});

const FAULTS: [line: string, faults: RegExp[]][] = [
  ['dance', [/must be provision, send or attributes/]],
  ['send --colour red', [/--colour/]],
  ['send', [/--text, --json and --file/, /--topic is needed/, /--device-id is needed/, /--token is needed/]],
  [`send ${AS_LATHE} --topic a --text x --json 1`, [/one of --text/]],
  [`send ${AS_LATHE} --topic a/# --text x`, [/--topic must not contain/]],
  [`send ${AS_LATHE} --topic a --json {`, [/--json is not JSON/]],
  [`send ${AS_LATHE} --topic a --file /nowhere/x`, [/--file cannot be read: ENOENT/]],
  [`send ${AS_LATHE} --topic a --text x --qos 2`, [/--qos must be 0 or 1/]],
  [`send ${AS_LATHE} --topic a --text x --port 0`, [/--port/]],
  [`send ${AS_LATHE} --topic a --text x more`, [/unexpected argument "more"/]],
  [`attributes ${AS_LATHE}`, [/give attributes/]],
  [`attributes ${AS_LATHE} x`, [/"x" is not key=value/]],
  [`attributes ${AS_LATHE} --json [1]`, [/must be an object/]],
  [`provision --name a ${KEYS} --url bridge`, [/--url must be like/]],
  [`provision --name a ${KEYS} --url http://a --broker b`, [/exclude each other/]],
  ['provision', [/--name/, /--provision-key/, /--provision-secret/]],
];
for (const [line, faults] of FAULTS) {
  test(`faults of: ${line}`, () => {
    const parsed = parseDeviceArguments(words(line));
    assert.ok(parsed.status === 'faulty', JSON.stringify(parsed));
    assert.equal(parsed.faults.length, faults.length, parsed.faults.join('; '));
    for (const [i, pattern] of faults.entries()) assert.match(parsed.faults[i] ?? '', pattern);
  });
}
