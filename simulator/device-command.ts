import { randomBytes } from 'node:crypto';
import { connect, type MqttClient } from 'mqtt';
import { faultReason } from './broker-fault.ts';
import { type DeviceTask, parseDeviceArguments } from './device-arguments.ts';
import type { BrokerAddress } from './link.ts';

export type DeviceIo = { out(line: string): void; err(line: string): void };

const EXIT_OK = 0;
const EXIT_NOT_DONE = 1;
const EXIT_WRONG_OPTIONS = 2;
const ANSWER_TIMEOUT_MS = 10_000;

const USAGE = `Usage: iot-bridge device provision|send|attributes [options]

Does what a device does: asks for an identity, sends messages and attributes.

  provision                ask for a device id and a token; the answer is printed as JSON
    --name NAME            what people will call the device
    --key KEY              its serial number or the like, if it has one
    --provision-key K  --provision-secret S   of the template
    --url URL              over HTTP, such as http://bridge:8080; else over MQTT
  send                     publish to messages/DEVICE_ID/TOPIC
    --topic TOPIC          below the device's own, such as telemetry
    --text T | --json J | --file F
    --qos 0|1  --retain    1 and not retained by default
  attributes KEY=VALUE …   set attributes; a value is JSON where it is JSON, else text; null deletes
    --json OBJECT          the same as an object

  --device-id ID  --token T   of the device, for send and attributes
  --broker HOST            localhost
  --port N                 1883, with --tls 8883
  --tls                    encrypt the connection
  --ca FILE                the private authority (PEM) that signed the broker's certificate

Exit code: 0 done, 1 refused or not reached, 2 wrong options.`;

type Asked = { answer: string } | { fault: string };

/**
 * Connects, does `work` and leaves. What goes wrong on the way, or takes longer than 10 s, is a fault.
 * @param work calls `settle` when it is done
 */
function withBroker(
  { url, username, password, ca }: BrokerAddress,
  work: (client: MqttClient, settle: (asked: Asked) => void) => void,
): Promise<Asked> {
  return new Promise((resolve) => {
    const client = connect(url, {
      // The broker inside the bridge speaks 3.1.1, and every other one does too.
      protocolVersion: 4,
      clientId: `iot-bridge-device-${randomBytes(4).toString('hex')}`,
      ...(username ? { username } : {}),
      ...(password ? { password } : {}),
      ...(ca ? { ca } : {}),
      reconnectPeriod: 0,
      connectTimeout: ANSWER_TIMEOUT_MS,
    });
    const settle = (asked: Asked) => {
      clearTimeout(timer);
      client.removeListener('close', closed);
      client.end('fault' in asked, {}, () => resolve(asked));
    };
    const timer = setTimeout(settle, ANSWER_TIMEOUT_MS, { fault: 'no answer within 10 s' });
    const closed = () => settle({ fault: 'the broker closed the connection' });
    client.on('error', (error) => settle({ fault: faultReason(error) }));
    client.on('close', closed);
    client.on('connect', () => work(client, settle));
  });
}

/** Asks over MQTT: the answer comes to this connection only. */
function askBroker(broker: BrokerAddress, request: object): Promise<Asked> {
  return withBroker(broker, (client, settle) => {
    client.on('message', (_topic, payload) => settle({ answer: payload.toString() }));
    client.subscribe('provision/response', { qos: 1 }, (error) => {
      if (error) return settle({ fault: error.message });
      client.publish('provision/request', JSON.stringify(request), { qos: 1 });
    });
  });
}

async function askHttp(url: string, request: object): Promise<Asked> {
  try {
    const response = await fetch(`${url}/api/provision`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(request),
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    });
    return { answer: await response.text() };
  } catch (error) {
    const { cause } = error as Error;
    return { fault: faultReason(cause instanceof Error ? cause : (error as Error)) };
  }
}

async function provision({ request, via }: Extract<DeviceTask, { kind: 'provision' }>, io: DeviceIo) {
  const asked = await ('url' in via ? askHttp(via.url, request) : askBroker(via.broker, request));
  if ('fault' in asked) {
    io.err(`cannot provision: ${asked.fault}`);
    return EXIT_NOT_DONE;
  }
  io.out(asked.answer);
  return /"status":\s*"SUCCESS"/.test(asked.answer) ? EXIT_OK : EXIT_NOT_DONE;
}

async function send(task: Extract<DeviceTask, { kind: 'send' }>, io: DeviceIo) {
  const { broker, topic, payload, qos, retain } = task;
  const asked = await withBroker(broker, (client, settle) => {
    client.publish(topic, payload, { qos, retain }, (error) =>
      settle(error ? { fault: faultReason(error) } : { answer: `${payload.length} bytes to ${topic}` }),
    );
  });
  if ('fault' in asked) io.err(`not sent to ${broker.url}: ${asked.fault}`);
  else io.out(asked.answer);
  return 'fault' in asked ? EXIT_NOT_DONE : EXIT_OK;
}

/**
 * `iot-bridge device`: does by hand what a device does.
 * @returns the exit code: 0 done, 1 refused or not reached (the reason goes to `err`), 2 the options are wrong
 */
export async function runDevice(argv: readonly string[], io: DeviceIo): Promise<number> {
  const parsed = parseDeviceArguments(argv);
  if (parsed.status === 'help') {
    io.out(USAGE);
    return EXIT_OK;
  }
  if (parsed.status === 'faulty') {
    for (const fault of parsed.faults) io.err(fault);
    return EXIT_WRONG_OPTIONS;
  }
  return parsed.task.kind === 'provision' ? provision(parsed.task, io) : send(parsed.task, io);
}
