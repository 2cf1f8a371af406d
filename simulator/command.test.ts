import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { connectAsync, type MqttClient } from 'mqtt';
import { type Mosquitto, startMosquitto } from '../test/mosquitto.ts';
import { realClock } from './clock.ts';
import { runSimulate, type SimulatorIo } from './command.ts';
import { seededRandom } from './random.ts';

/** Mosquitto's password file: salted SHA-512. */
function passwordLine(user: string, password: string): string {
  const salt = Buffer.from('123456789012');
  const hash = createHash('sha512').update(password).update(salt).digest('base64');
  return `${user}:$6$${salt.toString('base64')}$${hash}\n`;
}

async function simulate(argv: string, extra: Partial<SimulatorIo> = {}) {
  const out: string[] = [];
  const err: string[] = [];
  const io: SimulatorIo = {
    out: (line) => out.push(line),
    err: (line) => err.push(line),
    clock: realClock(),
    random: seededRandom(1),
    ...extra,
  };
  const exitCode = await runSimulate(argv === '' ? [] : argv.split(' '), io);
  return { exitCode, out, err };
}

let broker: Mosquitto;
let closed: Mosquitto;
before(async () => {
  broker = await startMosquitto();
  closed = await startMosquitto(
    ['allow_anonymous false', 'password_file {dir}/passwords', 'acl_file {dir}/acl'],
    {
      passwords: passwordLine('meter', 'right'),
      acl: 'user meter\ntopic readwrite allowed/#\n',
    },
  );
});
after(async () => {
  await broker.stop();
  await closed.stop();
});

/** Everything that is published below `filter`, as it arrives. */
async function listen(filter: string): Promise<{ client: MqttClient; topics: string[] }> {
  const client = await connectAsync(broker.url);
  const topics: string[] = [];
  client.on('message', (topic) => topics.push(topic));
  await client.subscribeAsync(filter, { qos: 1 });
  return { client, topics };
}

const nextMessage = (client: MqttClient) =>
  new Promise<void>((resolve) => {
    client.once('message', () => resolve());
  });

/** A broker's answers come in order: when our own message is back, everything before it is here. */
async function settle({ client, topics }: { client: MqttClient; topics: string[] }, prefix: string) {
  await client.publishAsync(`${prefix}/end`, '', { qos: 1 });
  while (topics.at(-1) !== `${prefix}/end`) await nextMessage(client);
  await client.endAsync();
  const counts: Record<string, number> = {};
  for (const topic of topics.slice(0, -1)) counts[topic] = (counts[topic] ?? 0) + 1;
  return counts;
}

describe('against a broker', () => {
  it('publishes what it counts', async () => {
    const listener = await listen('one/#');
    const { exitCode, out, err } = await simulate(
      `--broker 127.0.0.1 --port ${broker.port} --topic one/status/pm1:0 --speed 50 --scenario session_end`,
    );
    assert.deepEqual(await settle(listener, 'one'), { 'one/online': 2, 'one/status/pm1:0': 45 });
    assert.equal(exitCode, 0);
    assert.deepEqual(err, []);
    assert.deepEqual(out, [
      'playing session_end on one/status/pm1:0',
      '0/45 s  working: 150 W for 15 s',
      '15/45 s  off: 0.4 W for 30 s',
      '1 device, 45 measurements, 2 presence messages, 0.0006 kWh, 0 refused',
    ]);
  });

  it('plays many devices, at QoS 0 too', async () => {
    const listener = await listen('tele/many/#');
    const { exitCode, out } = await simulate(
      `--broker 127.0.0.1 --port ${broker.port} --device tasmota --topic tele/many/x/SENSOR --devices 25 --qos 0 ` +
        '--speed 50 --scenario working --duration 10',
    );
    const counts = await settle(listener, 'tele/many');
    assert.equal(exitCode, 0);
    assert.equal(
      out.at(-1),
      '25 devices, 250 measurements, 50 presence messages, 25 relay messages, 0.0104 kWh, 0 refused',
    );
    assert.equal(Object.keys(counts).length, 50);
    assert.deepEqual([counts['tele/many/x-1/SENSOR'], counts['tele/many/x-25/SENSOR']], [10, 10]);
    assert.equal(counts['tele/many/x-25/LWT'], 2);
  });

  it('rewrites its progress on a terminal', async () => {
    const shown: string[] = [];
    const { out } = await simulate(
      `--broker 127.0.0.1 --port ${broker.port} --speed 100 --scenario timeout --duration 5`,
      { rewrite: (text) => shown.push(text) },
    );
    assert.equal(out.length, 2, 'the beginning and the summary');
    assert.deepEqual(
      [shown.at(0), shown.find((text) => text.includes('silence')), shown.at(-1)],
      ['0/20 s  working: 150 W', '15/20 s  silence: no messages', ''],
    );
  });

  it('lets a known user in', async () => {
    const login = '--username meter --password right --topic allowed/status/pm1:0';
    const { exitCode } = await simulate(
      `--broker 127.0.0.1 --port ${closed.port} ${login} --speed 100 --scenario working --duration 2`,
    );
    assert.equal(exitCode, 0);
  });

  it('stops in good order when it is told to', async () => {
    const stop = new AbortController();
    const listener = await listen('stopped/#');
    listener.client.on('message', () => stop.abort());
    const { exitCode, out } = await simulate(
      `--broker 127.0.0.1 --port ${broker.port} --topic stopped/status/pm1:0`,
      { signal: stop.signal },
    );
    const counts = await settle(listener, 'stopped');
    assert.equal(exitCode, 0);
    assert.match(out.at(-1) ?? '', /^interrupted: 1 device, /);
    assert.equal(counts['stopped/online'], 2);
  });
});

describe('reasons for exit code 1', () => {
  it('nobody listens', async () => {
    const gone = await startMosquitto();
    await gone.stop();
    const { exitCode, err } = await simulate(`--broker 127.0.0.1 --port ${gone.port}`);
    assert.deepEqual(err, [
      `cannot connect to 127.0.0.1:${gone.port}: connection refused: nobody listens there`,
    ]);
    assert.equal(exitCode, 1);
  });

  it('the host does not exist', async () => {
    const { exitCode, err } = await simulate('--broker no-such-host.invalid');
    assert.match(err[0] ?? '', /^cannot connect to no-such-host\.invalid:1883: host not found/);
    assert.equal(exitCode, 1);
  });

  for (const login of ['--username meter --password wrong', '--username nobody --password right', '']) {
    it(`login refused: ${login || 'nobody'}`, async () => {
      const { exitCode, err } = await simulate(`--broker 127.0.0.1 --port ${closed.port} ${login}`.trim());
      assert.match(err[0] ?? '', /: login refused: user name or password is wrong/);
      assert.equal(exitCode, 1);
    });
  }

  it('the broker does not speak TLS', async () => {
    const { exitCode, err } = await simulate(`--broker 127.0.0.1 --port ${broker.port} --tls`);
    assert.match(err[0] ?? '', /TLS/);
    assert.equal(exitCode, 1);
  });

  it('the broker refuses the messages', async () => {
    const { exitCode, out, err } = await simulate(
      `--broker 127.0.0.1 --port ${closed.port} --username meter --password right --speed 100 --scenario working --duration 3`,
    );
    assert.match(out.at(-1) ?? '', /0 measurements, 0 presence messages, .* 5 refused$/);
    assert.deepEqual(err, ['5 messages refused: Publish error: Not authorized (code 135)']);
    assert.equal(exitCode, 1);
  });

  it('the connection is lost', async () => {
    const dying = await startMosquitto();
    const { promise: playing, resolve: told } = Promise.withResolvers<void>();
    const running = simulate(`--broker 127.0.0.1 --port ${dying.port}`, { out: () => told() });
    await playing;
    await dying.stop();
    const { exitCode, err } = await running;
    assert.match(err[0] ?? '', /^connection to 127\.0\.0\.1:\d+ lost: /);
    assert.equal(exitCode, 1);
  });

  it('a server that hangs up', async () => {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => sockets.add(socket.end())).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const { exitCode, err } = await simulate(`--broker 127.0.0.1 --port ${port}`);
    assert.match(err[0] ?? '', /closed the connection at once|connection reset/);
    assert.equal(exitCode, 1);
    for (const socket of sockets) socket.destroy();
    server.close();
  });
});

describe('without a broker', () => {
  it('help', async () => {
    const { exitCode, out, err } = await simulate('--help');
    assert.match(out[0] ?? '', /^Usage: iot-bridge simulate/);
    assert.deepEqual([exitCode, err], [0, []]);
  });

  it('wrong options: all faults, exit code 2', async () => {
    const { exitCode, err, out } = await simulate('--port x --foo');
    assert.equal(err.length, 2);
    assert.deepEqual([exitCode, out], [2, []]);
  });
});

describe('as a process', () => {
  const script = `
    import { runSimulate } from ${JSON.stringify(new URL('command.ts', import.meta.url).href)};
    import { terminalIo } from ${JSON.stringify(new URL('terminal.ts', import.meta.url).href)};
    process.exitCode = await runSimulate(process.argv.slice(1), terminalIo());`;
  const start = (...argv: string[]): ChildProcess =>
    spawn(process.execPath, ['--input-type=module', '-e', script, '--', ...argv], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });

  it('SIGINT ends it with a summary and nothing left open', async () => {
    const child = start('--broker', '127.0.0.1', '--port', String(broker.port));
    let said = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      if (said === '') child.kill('SIGINT');
      said += text;
    });
    const [exitCode] = await once(child, 'close');
    assert.equal(exitCode, 0);
    assert.match(said, /\ninterrupted: 1 device, .* 0 refused\n$/);
  });
});
