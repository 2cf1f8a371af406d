import type { TestContext } from 'node:test';
import { connectAsync } from 'mqtt';
import type { Message } from '../../src/model/message.ts';
import type { WantedSubscription } from '../../src/model/subscription.ts';
import { Link, type LinkDeps } from '../../src/mqtt/link.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { logTo } from '../../src/platform/log.ts';
import { createMetrics } from '../../src/platform/metrics.ts';
import { type Mosquitto, startMosquitto } from '../mosquitto.ts';
import { atEnd, connectMeters } from './rig.ts';
import { eventually } from './running-bridge.ts';

export type Version = 4 | 5;
export const VERSIONS: [Version, string][] = [
  [4, 'MQTT 3.1.1'],
  [5, 'MQTT 5'],
];

/** A Mosquitto that ends with the test. */
export async function brokerFor(
  t: TestContext,
  lines?: readonly string[],
  files: Record<string, string> = {},
): Promise<Mosquitto> {
  const broker = await startMosquitto(lines, files);
  atEnd(t, () => broker.stop());
  return broker;
}

/** A link of its own to a broker, and what it received. */
export async function linkTo(
  t: TestContext,
  { url }: Pick<Mosquitto, 'url'>,
  protocolVersion: Version,
  wanted: readonly WantedSubscription[],
  { cleanSession = false, ...more }: Partial<LinkDeps> & { cleanSession?: boolean } = {},
) {
  const heard: Message[] = [];
  const metrics = createMetrics();
  const link = new Link({
    settings: {
      url,
      clientId: 'bridge',
      tls: { insecure: false },
      protocolVersion,
      keepAliveS: 30,
      cleanSession,
    },
    clock: systemClock(),
    random: () => 0,
    log: logTo({ write: () => undefined }, 'ERROR'),
    metrics,
    onMessage: (message) => {
      heard.push(message);
      message.done();
    },
    onUp: () => undefined,
    onDown: () => undefined,
    onProven: () => undefined,
    ...more,
  });
  const connected = () =>
    eventually('the link is connected', () => (link.status().mode === 'connected' ? true : null));
  link.setSubscriptions(wanted);
  link.start();
  atEnd(t, () => link.stop());
  await connected();
  /** What came of a topic, as text, once a message that was sent after all others is through. */
  const texts = (of: string) =>
    heard.filter(({ topic }) => topic === of).map(({ payload }) => payload.toString());
  return {
    link,
    heard,
    connected,
    texts,
    received: async () => (await metrics.mqttReceived.get()).values[0]?.value ?? 0,
    /** Resolves when everything that was sent before has come. `marker` must be wanted, and be used once. */
    async caughtUp(send: (topic: string, payload: string) => Promise<void>, marker: string): Promise<void> {
      await send(marker, 'end');
      await eventually('all that was sent has come', () => (texts(marker).length > 0 ? true : null));
    },
  };
}

/** Another client of the broker, which speaks MQTT 5. */
export const neighbour = (t: TestContext, { url }: Pick<Mosquitto, 'url'>) =>
  connectMeters(t, url, { protocolVersion: 5 });

/** Stores a message at the broker. */
export async function store({ url }: Pick<Mosquitto, 'url'>, topic: string, payload: string): Promise<void> {
  const client = await connectAsync(url);
  await client.publishAsync(topic, payload, { qos: 1, retain: true });
  await client.endAsync();
}
