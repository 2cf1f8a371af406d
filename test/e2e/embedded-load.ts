import { readFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { connectAsync, type MqttClient } from 'mqtt';
import { atEnd, genericDevice, pause } from './rig.ts';
import { eventually, RunningBridge, temporaryFolder } from './running-bridge.ts';

const PERIOD_MS = 10_000;
const TICK_MS = 100;
const CONNECTING_AT_ONCE = 50;

const rssKib = (pid: number | undefined) =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);

/** Takes the value of a metric out of the Prometheus text. */
const metricOf = (text: string, name: string) =>
  Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1] ?? 0);

/**
 * Connects `devices` meters to the embedded broker of a bridge that knows them all, each publishing its power
 * with QoS 1 every ten seconds for `seconds`.
 */
export async function runLoad(t: TestContext, devices: number, seconds: number) {
  const folder = temporaryFolder();
  atEnd(t, () => folder.remove());
  const ids = Array.from({ length: devices }, (_, i) => `d${i}`);
  const bridge = await RunningBridge.start(
    folder.path,
    {
      EMBEDDED_BROKER: 'on',
      EMBEDDED_MQTT_HOST: '127.0.0.1',
      EMBEDDED_MQTT_PORT: '0',
      EMBEDDED_ALLOW_ANONYMOUS: 'true',
      EMBEDDED_CONNECTIONS_PER_ADDRESS_MAX: String(devices + 10),
      LOG_LEVEL: 'INFO',
    },
    { devices: ids.map((id) => genericDevice(id, { start_debounce_s: 1 })) },
  );
  atEnd(t, () => bridge.end('SIGKILL'));
  const url = `mqtt://127.0.0.1:${Number((await bridge.logged('embedded_broker_started')).mqtt)}`;
  const metric = async (name: string) =>
    metricOf((await bridge.request('/metrics')).text, `iot_bridge_${name}`);
  const before = rssKib(bridge.process.pid);
  const clients: MqttClient[] = [];
  let closed = 0;
  for (let i = 0; i < devices; i += CONNECTING_AT_ONCE) {
    const some = ids
      .slice(i, i + CONNECTING_AT_ONCE)
      .map((clientId) => connectAsync(url, { clientId, protocolVersion: 4, reconnectPeriod: 0 }));
    for (const client of await Promise.all(some)) {
      client.on('error', () => undefined);
      client.on('close', () => closed++);
      clients.push(client);
    }
  }
  atEnd(t, () => {
    for (const client of clients) client.stream.destroy();
  });
  const connectedKib = rssKib(bridge.process.pid) - before;
  let sent = 0;
  let acknowledged = 0;
  const began = performance.now();
  let next = 0;
  let slowestMs = 0;
  while (performance.now() - began < seconds * 1000) {
    const due = Math.floor(((performance.now() - began) / PERIOD_MS) * devices);
    for (; next < due; next++) {
      const at = performance.now();
      const power = Math.floor(next / devices) % 2 === 0 ? '120' : '121';
      sent++;
      clients[next % devices]?.publish(`meters/d${next % devices}`, power, { qos: 1 }, (error) => {
        if (error) return;
        acknowledged++;
        slowestMs = Math.max(slowestMs, performance.now() - at);
      });
    }
    await pause(TICK_MS);
  }
  await eventually('all acknowledged', () => (acknowledged === sent ? true : null));
  const received = await metric('mqtt_received_total');
  const figures = {
    devices,
    sent,
    acknowledged,
    received,
    closed,
    kibPerConnection: Math.round((connectedKib / devices) * 10) / 10,
    rssMib: Math.round(rssKib(bridge.process.pid) / 1024),
    slowestMs: Math.round(slowestMs),
    connected: await metric('embedded_clients'),
  };
  t.diagnostic(JSON.stringify(figures));
  return figures;
}
