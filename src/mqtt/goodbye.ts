import type { MqttClient } from 'mqtt';
import type { Clock } from '../platform/clock.ts';

const GOODBYE_MAX_MS = 1000;

/** Ends a client whose events mean nothing any more; resolves when its connection is gone, within a second. */
export function endClient(client: MqttClient, clock: Pick<Clock, 'after'>, isForced: boolean): Promise<void> {
  // MQTT.js clears its timers by listeners of its own: none may be removed.
  client.on('error', () => undefined);
  client.handleMessage = () => undefined;
  return new Promise((resolve) => {
    const cancel = clock.after(GOODBYE_MAX_MS, () => {
      // A second end() would wait for the first, and an open socket keeps the process from ending.
      client.stream.destroy();
      resolve();
    });
    client.end(isForced, {}, () => {
      cancel();
      resolve();
    });
  });
}
