import { percentile, type Row, type Table } from './figures.ts';
import { type Machines, statusOf, topicOf } from './load.ts';
import { configurationOf, openScene, pause, type Scene } from './scene.ts';

const EVENTS = 200;
const BUSY_PER_SECOND = 5000;
const BUSY: Machines = { group: 'l', devices: 1000, period: 200 };
/** Each of its messages starts or ends a session. */
const PROBE: Machines = { group: 'p', devices: 1, period: 2 };
const MINUTE_MS = 60_000;
/** Between two probes; of uneven length, so that no beat of the load falls in with it. */
const pauseMs = (n: number) => 12 + ((n * 7) % 10);

/** Publishes one message after the other and waits for the event of each. @returns ms from publish to Odoo */
async function probe(scene: Scene, from: number): Promise<number[]> {
  const delays: number[] = [];
  for (let number = from; number < from + EVENTS; number++) {
    const arrived = scene.odoo.ask('next', { deviceId: 'p-0' });
    const payload = statusOf(PROBE, number, Math.floor(Date.now() / MINUTE_MS));
    const sentAt = await scene.publisher.ask('publish', { topic: topicOf(PROBE, 0), payload });
    delays.push((await arrived) - sentAt);
    await pause(pauseMs(number));
  }
  return delays;
}

/** From a machine's message to its event at Odoo. */
export async function latency(): Promise<Table> {
  const scene = await openScene();
  try {
    const devices = [...configurationOf(BUSY).devices, ...configurationOf(PROBE).devices];
    await scene.startBridge({ devices });
    // Its first message also makes the device online; that is over before the measurement begins.
    const online = scene.odoo.ask('next', { deviceId: 'p-0' });
    const payload = statusOf(PROBE, 0, Math.floor(Date.now() / MINUTE_MS));
    await scene.publisher.ask('publish', { topic: topicOf(PROBE, 0), payload });
    await online;
    await pause(200);
    const row = (what: string, delays: number[]): Row => [
      what,
      percentile(delays, 0.5),
      percentile(delays, 0.99),
      Math.max(...delays),
    ];
    const quiet = row('quiet', await probe(scene, 1));
    await scene.publisher.ask('pace', { machines: BUSY, perSecond: BUSY_PER_SECOND });
    await pause(2000);
    const busy = row(`${BUSY_PER_SECOND} other messages/s`, await probe(scene, 1 + EVENTS));
    await scene.publisher.ask('rest');
    return {
      title: `Latency: ${EVENTS} messages of one device, each with an event`,
      columns: ['bridge', 'median ms', 'p99 ms', 'longest ms'],
      rows: [quiet, busy],
      notes: ['From the publisher by Mosquitto, bridge and disk to the arrival at Odoo.'],
    };
  } finally {
    await scene.close();
  }
}
