import type { CountingCalls } from './counting-client.ts';
import { median, type Table } from './figures.ts';
import { type Machines, sessionEvents, topicOf, topicPrefix } from './load.ts';
import { cpuMs, sharedMs } from './machine.ts';
import { configurationOf, countsOf, openScene, type Scene, until } from './scene.ts';
import { Worker } from './worker.ts';

const DEVICES = 1000;
/** Two events in so many messages of a machine: 1 %. */
const PERIOD = 200;
const WARM_UP = 60_000;

/** What is measured: how many messages it has taken, and what it gave Odoo for them. */
type Subject = {
  name: string;
  pid: number;
  machines: Machines;
  /** How many messages were sent to it before. */
  sent: number;
  /** How many events it should have given before. */
  events: number;
  taken(): Promise<number>;
  /** Waits until Odoo has all `events`; missing: the subject gives none. */
  delivered?(events: number): Promise<void>;
};

type Run = { perSecond: number; cpuUs: number; brokerUs: number; eventShare: number };

async function bridgeSubject(scene: Scene): Promise<Subject> {
  const machines: Machines = { group: 'b', devices: DEVICES, period: PERIOD };
  const bridge = await scene.startBridge(configurationOf(machines));
  return {
    name: 'bridge',
    pid: bridge.process.pid ?? 0,
    machines,
    sent: 0,
    events: DEVICES,
    async taken() {
      const { received, read } = await countsOf(bridge);
      return Math.min(received, read);
    },
    async delivered(events) {
      await scene.odoo.ask('reach', { count: events });
      const stored = await scene.odoo.ask('stored');
      if (stored.events !== events) throw new Error(`${stored.events} events instead of ${events}`);
    },
  };
}

async function countingSubject(scene: Scene): Promise<Subject & { end(): Promise<void> }> {
  const machines: Machines = { group: 'c', devices: DEVICES, period: PERIOD };
  const client = new Worker<CountingCalls>(new URL('./counting-client.ts', import.meta.url));
  const filters = Array.from({ length: DEVICES }, (_, device) => [
    topicOf(machines, device),
    `${topicPrefix(machines, device)}/events/rpc`,
    `${topicPrefix(machines, device)}/online`,
  ]).flat();
  await client.ask('subscribe', { url: scene.broker.url, filters });
  return {
    name: 'counting client',
    pid: client.pid,
    machines,
    sent: 0,
    events: 0,
    taken: () => client.ask('counted'),
    end: () => client.end(),
  };
}

/** Sends `count` messages to one subject and waits until it has done all that they ask for. */
async function run(scene: Scene, subject: Subject, qos: 0 | 1, count: number): Promise<Run> {
  const stretch = { from: subject.sent, count, qos };
  const events = sessionEvents(subject.machines, stretch);
  await scene.publisher.ask('prepare', { machines: subject.machines, stretch });
  subject.sent += count;
  subject.events += events;
  const { brokerPid } = scene;
  const before = { subject: cpuMs(subject.pid), broker: cpuMs(brokerPid) };
  const began = sharedMs();
  const sending = scene.publisher.ask('send', { qos });
  await until(`all messages at the ${subject.name}`, async () => (await subject.taken()) >= subject.sent);
  const seconds = (sharedMs() - began) / 1000;
  await sending;
  await subject.delivered?.(subject.events);
  const taken = await subject.taken();
  if (taken !== subject.sent) throw new Error(`${subject.name} took ${taken} of ${subject.sent} messages`);
  return {
    perSecond: count / seconds,
    cpuUs: ((cpuMs(subject.pid) - before.subject) * 1000) / count,
    brokerUs: ((cpuMs(brokerPid) - before.broker) * 1000) / count,
    eventShare: events / count,
  };
}

/** Bridge and counting client in turn, under the same broker, over and over; medians. */
export async function throughput(seconds: number, rounds: number): Promise<Table> {
  const scene = await openScene();
  const counting = await countingSubject(scene);
  try {
    const subjects: Subject[] = [counting, await bridgeSubject(scene)];
    const rows: Table['rows'] = [];
    const notes: string[] = [];
    for (const qos of [0, 1] as const) {
      const runs = new Map<Subject, Run[]>(subjects.map((subject) => [subject, []]));
      const warm = new Map<Subject, Run>();
      for (const subject of subjects) warm.set(subject, await run(scene, subject, qos, WARM_UP));
      for (let round = 0; round < rounds; round++) {
        for (const subject of subjects) {
          const count = Math.round((warm.get(subject)?.perSecond ?? WARM_UP) * seconds);
          runs.get(subject)?.push(await run(scene, subject, qos, count));
        }
      }
      const medians = subjects.map((subject) => {
        const of = (what: (one: Run) => number) => median((runs.get(subject) ?? []).map(what));
        const figures = of((one) => one.perSecond);
        rows.push([
          `QoS ${qos}`,
          subject.name,
          figures,
          of((one) => one.cpuUs),
          of((one) => one.brokerUs),
          subject.delivered ? `${(of((one) => one.eventShare) * 100).toFixed(2)} %` : '',
        ]);
        return figures;
      });
      const [countingRate = Number.NaN, bridgeRate = Number.NaN] = medians;
      notes.push(
        `QoS ${qos}: the bridge reaches ${(bridgeRate / countingRate).toFixed(2)} × the counting client.`,
      );
    }
    return {
      title: `Throughput: ${DEVICES} devices, median of ${rounds} rounds of about ${seconds} s`,
      columns: ['', 'who', 'messages/s', 'CPU µs/message', 'Mosquitto µs/message', 'events'],
      rows,
      notes: [...notes, 'Every message was received, every event was in Odoo once.'],
    };
  } finally {
    await counting.end();
    await scene.close();
  }
}
