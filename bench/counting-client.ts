import mqtt from 'mqtt';
import { serve } from './worker.ts';

/** What the bridge is measured beside: MQTT.js that takes each message, counts it and acknowledges it. */
let count = 0;

async function subscribe({ url, filters }: { url: string; filters: string[] }): Promise<void> {
  const client = mqtt.connect(url, { protocolVersion: 5, manualConnect: true });
  client.handleMessage = (_packet, done) => {
    count++;
    done();
  };
  client.connect();
  for (let i = 0; i < filters.length; i += 200)
    await client.subscribeAsync(filters.slice(i, i + 200), { qos: 1 });
}

const calls = { subscribe, counted: () => count };
export type CountingCalls = typeof calls;
serve(calls);
