import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { connect, type MqttClient } from 'mqtt';
import { seededRandom } from '../../simulator/random.ts';
import { freePort } from '../mosquitto.ts';
import { atEnd, pause } from './rig.ts';
import { eventually, RunningBridge, temporaryFolder } from './running-bridge.ts';

/** A device that says everything until it is acknowledged, whatever becomes of the broker meanwhile. */
class StubbornDevice {
  readonly #url: string;
  readonly #token: string;
  #client: MqttClient | null = null;

  constructor(url: string, token: string) {
    this.#url = url;
    this.#token = token;
  }

  async say(topic: string, payload: string): Promise<void> {
    while (!(await this.#try(topic, payload))) {
      this.leave();
      await pause(20);
    }
  }

  leave(): void {
    this.#client?.end(true);
    this.#client = null;
  }

  /** Whether it was acknowledged. */
  async #try(topic: string, payload: string): Promise<boolean> {
    this.#client ??= connect(this.#url, {
      username: 'u',
      password: this.#token,
      protocolVersion: 4,
      reconnectPeriod: 0,
    }).on('error', () => undefined);
    const client = this.#client;
    return new Promise((resolve) => {
      const lost = () => resolve(false);
      client.once('close', lost);
      client.publish(topic, payload, { qos: 1 }, (error) => {
        client.removeListener('close', lost);
        resolve(!error);
      });
    });
  }
}

/**
 * Kills the bridge `kills` times while a device switches its machine on and off and sets an attribute each
 * time: what was acknowledged must be there in the end, each transition as one event.
 */
export async function killWhileTalking(t: TestContext, kills: number, seed: number): Promise<void> {
  const random = seededRandom(seed);
  const folder = temporaryFolder();
  atEnd(t, () => folder.remove());
  const port = await freePort();
  const environment = { EMBEDDED_MQTT_HOST: '127.0.0.1', EMBEDDED_MQTT_PORT: String(port) };
  const start = () => RunningBridge.spawn(folder.path, environment);
  let bridge = start();
  atEnd(t, () => bridge.end('SIGKILL'));
  await bridge.ready();
  const api = async (path: string, body?: object) => {
    const json = { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
    return (await bridge.request(path, body ? { method: 'POST', ...json } : {})).body as Record<
      string,
      never
    >;
  };
  const session_config = { start_debounce_s: 0, stop_debounce_s: 0 };
  await api('/api/devices', {
    device_id: 'mill',
    machine_name: 'Mill',
    mqtt_topic: 'messages/mill/power',
    session_config,
  });
  const { token } = await api('/api/devices/mill/token');
  const device = new StubbornDevice(`mqtt://127.0.0.1:${port}`, token ?? '');
  atEnd(t, () => device.leave());

  let rounds = 0;
  const ending = new AbortController();
  const talking = (async () => {
    while (!ending.signal.aborted) {
      rounds += 1;
      await device.say('messages/mill/power', '100');
      await device.say('messages/mill/attribute', JSON.stringify({ round: rounds }));
      await device.say('messages/mill/power', '0');
    }
  })();
  const heard = new Set<number>();
  for (let i = 0; i < kills; i++) {
    await pause(30 + random() * 300);
    await bridge.end('SIGKILL');
    bridge = start();
    await bridge.ready();
    for (const round of await heardRounds(bridge)) heard.add(round);
  }
  await pause(100);
  ending.abort();
  await talking;

  const counted = await eventually('every transition as an event', async () => {
    const counts = await countEvents(bridge);
    return (counts.get('session_stopped') ?? 0) >= rounds ? counts : null;
  });
  assert.equal(counted.get('session_started'), rounds);
  assert.equal(counted.get('session_stopped'), rounds);
  for (const round of await heardRounds(bridge)) heard.add(round);
  for (let round = 1; round <= rounds; round++) assert.ok(heard.has(round), `attribute of round ${round}`);
  t.diagnostic(`${kills} kills, ${rounds} rounds, each transition and attribute there`);
}

/** Events by type, every one once. */
async function countEvents(bridge: RunningBridge): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  let before = '';
  for (;;) {
    const { body } = await bridge.request(`/api/events?limit=500${before}`);
    const page = body as { events: { event_type: string }[]; next_before: number | null };
    for (const { event_type } of page.events) counts.set(event_type, (counts.get(event_type) ?? 0) + 1);
    if (page.next_before === null) return counts;
    before = `&before=${page.next_before}`;
  }
}

async function heardRounds(bridge: RunningBridge): Promise<Set<number>> {
  const { body } = await bridge.request('/api/devices/mill/attributes/round/history?limit=500');
  return new Set((body as { values: { value: number }[] }).values.map(({ value }) => value));
}
