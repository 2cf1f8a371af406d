import { connect, type IClientOptions, type MqttClient } from 'mqtt';
import { faultReason, isWrongVersion } from './broker-fault.ts';
import type { SimulatedMessage } from './families/family.ts';

/** The broker and how to get in. */
export type BrokerAddress = {
  /** `mqtt://`, `mqtts://`, `ws://` or `wss://`. */
  url: string;
  username?: string | undefined;
  password?: string | undefined;
  /** A private certificate authority, PEM. */
  ca?: string | undefined;
  /** Do not verify the broker's certificate. */
  tlsInsecure?: boolean | undefined;
};

export type PublishOutcome = { status: 'taken' } | { status: 'refused'; reason: string };

/** A device's connection to its broker. */
export type Link = {
  /** 5, or 4 (MQTT 3.1.1) with a broker that knows nothing newer. Only on 5 a broker can refuse a message. */
  protocolVersion: 4 | 5;
  /** Messages that may wait for their acknowledgement at once; an MQTT 5 broker hangs up on more. */
  inFlightMax: number;
  /** Aborted when the connection ended and we did not ask for it; `reason` is a string. */
  lost: AbortSignal;
  /** QoS 1: taken when the broker has acknowledged it. QoS 0: when it is written. Never rejects. */
  publish(message: SimulatedMessage): Promise<PublishOutcome>;
  /** Pulls the plug: the broker publishes the last will. */
  drop(): void;
  /** Says goodbye when everything is acknowledged; a broker that does not react is left after 2 s. Never rejects. */
  close(): Promise<void>;
};

export type ConnectOutcome = { status: 'connected'; link: Link } | { status: 'failed'; reason: string };

export type ConnectOptions = {
  broker: BrokerAddress;
  clientId: string;
  will: SimulatedMessage | null;
  /** Ends the attempt. */
  signal?: AbortSignal;
  /** What the broker is known to speak; missing: 5 is tried first, then 4. */
  protocolVersion?: 4 | 5;
};

const CONNECT_TIMEOUT_MS = 10_000;
const ACK_TIMEOUT_MS = 10_000;
const CLOSE_TIMEOUT_MS = 2000;
const KEEPALIVE_S = 30;
const IN_FLIGHT_MAX = 16;

const notAcknowledged: PublishOutcome = { status: 'refused', reason: 'not acknowledged within 10 s' };

function clientOptions(options: ConnectOptions, protocolVersion: 4 | 5): IClientOptions {
  const { broker, will } = options;
  return {
    protocolVersion,
    clientId: options.clientId,
    clean: true,
    reconnectPeriod: 0,
    connectTimeout: CONNECT_TIMEOUT_MS,
    keepalive: KEEPALIVE_S,
    ...(broker.username ? { username: broker.username } : {}),
    ...(broker.password ? { password: broker.password } : {}),
    ...(broker.ca ? { ca: broker.ca } : {}),
    rejectUnauthorized: !broker.tlsInsecure,
    ...(will
      ? {
          will: { topic: will.topic, payload: Buffer.from(will.payload), qos: will.qos, retain: will.retain },
        }
      : {}),
  };
}

function closeGently(client: MqttClient): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(() => {
      client.once('close', done);
      client.stream.destroy();
    }, CLOSE_TIMEOUT_MS);
    client.end(false, {}, done);
  });
}

/** Wraps a client that has just connected. */
function linkOf(client: MqttClient, protocolVersion: 4 | 5): Link {
  const losing = new AbortController();
  const waiting = new Set<(outcome: PublishOutcome) => void>();
  let leaving = false;
  let lastReason = 'the broker closed the connection';
  client.on('error', (error) => {
    lastReason = faultReason(error);
  });
  client.on('disconnect', (packet) => {
    lastReason = `the broker said goodbye (reason ${packet.reasonCode ?? 0})`;
  });
  client.on('close', () => {
    for (const settle of waiting) settle({ status: 'refused', reason: lastReason });
    if (!leaving) losing.abort(lastReason);
  });

  return {
    protocolVersion,
    inFlightMax: Math.min(IN_FLIGHT_MAX, client.serverProperties?.receiveMaximum ?? IN_FLIGHT_MAX),
    lost: losing.signal,
    publish: (message) =>
      new Promise((resolve) => {
        if (losing.signal.aborted || leaving) return resolve({ status: 'refused', reason: lastReason });
        const settle = (outcome: PublishOutcome) => {
          clearTimeout(timer);
          waiting.delete(settle);
          resolve(outcome);
        };
        const timer = setTimeout(settle, ACK_TIMEOUT_MS, notAcknowledged);
        waiting.add(settle);
        const { topic, payload, qos, retain } = message;
        client.publish(topic, payload, { qos, retain }, (error) =>
          settle(error ? { status: 'refused', reason: faultReason(error) } : { status: 'taken' }),
        );
      }),
    drop() {
      leaving = true;
      client.stream.destroy();
    },
    async close() {
      if (leaving || losing.signal.aborted) return;
      leaving = true;
      await closeGently(client);
    },
  };
}

type Attempt = ConnectOutcome | { status: 'wrong_version' };

function attempt(options: ConnectOptions, protocolVersion: 4 | 5): Promise<Attempt> {
  return new Promise((resolve) => {
    const client = connect(options.broker.url, clientOptions(options, protocolVersion));
    const settle = (outcome: Attempt) => {
      options.signal?.removeEventListener('abort', stop);
      client.removeListener('connect', accept);
      client.removeListener('error', refuse);
      client.removeListener('close', giveUp);
      if (outcome.status !== 'connected') client.end(true);
      resolve(outcome);
    };
    const accept = () => settle({ status: 'connected', link: linkOf(client, protocolVersion) });
    const refuse = (error: Error) =>
      settle(
        isWrongVersion(error)
          ? { status: 'wrong_version' }
          : { status: 'failed', reason: faultReason(error) },
      );
    const giveUp = () =>
      settle({
        status: 'failed',
        reason: 'the broker closed the connection at once (TLS on the one side only?)',
      });
    const stop = () => settle({ status: 'failed', reason: 'stopped' });
    client.on('connect', accept);
    client.on('error', refuse);
    client.on('close', giveUp);
    options.signal?.addEventListener('abort', stop, { once: true });
    if (options.signal?.aborted) stop();
  });
}

/** Connects one device. What can go wrong is a value with a reason for people; it never rejects. */
export async function connectLink(options: ConnectOptions): Promise<ConnectOutcome> {
  const versions = options.protocolVersion ? [options.protocolVersion] : ([5, 4] as const);
  for (const version of versions) {
    const outcome = await attempt(options, version);
    if (outcome.status !== 'wrong_version') return outcome;
  }
  return { status: 'failed', reason: 'the broker speaks neither MQTT 5 nor MQTT 3.1.1' };
}
