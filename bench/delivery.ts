import { median, type Table } from './figures.ts';
import { type Machines, sessionEvents } from './load.ts';
import { cpuMs, sharedMs } from './machine.ts';
import { configurationOf, openScene } from './scene.ts';

const DEVICES = 1000;
const EVENTS = 8000;
const ROUNDS = 3;

/** Every message starts or ends a session: what the bridge's disk and its courier can do. */
export async function delivery(): Promise<Table> {
  const machines: Machines = { group: 'e', devices: DEVICES, period: 2 };
  const scene = await openScene();
  try {
    const bridge = await scene.startBridge(configurationOf(machines));
    const pid = bridge.process.pid ?? 0;
    const rates: number[] = [];
    const costs: number[] = [];
    let expected = DEVICES;
    for (let round = 0; round <= ROUNDS; round++) {
      const stretch = { from: round * EVENTS, count: EVENTS, qos: 0 } as const;
      const events = sessionEvents(machines, stretch);
      expected += events;
      await scene.publisher.ask('prepare', { machines, stretch });
      const cpuBefore = cpuMs(pid);
      const began = sharedMs();
      await scene.publisher.ask('send', { qos: 0 });
      const endedAt = await scene.odoo.ask('reach', { count: expected });
      // The first round warms up.
      if (round === 0) continue;
      rates.push(events / ((endedAt - began) / 1000));
      costs.push(((cpuMs(pid) - cpuBefore) * 1000) / events);
    }
    const stored = await scene.odoo.ask('stored');
    if (stored.events !== expected || stored.repeats > 0) {
      throw new Error(`${stored.events} events and ${stored.repeats} repeats instead of ${expected}`);
    }
    return {
      title: `Delivery: ${EVENTS} events of ${DEVICES} devices at once, median of ${ROUNDS} rounds`,
      columns: ['events/s at Odoo', 'CPU µs/event'],
      rows: [[median(rates), median(costs)]],
      notes: ['Each event is committed before it is sent; what waits meanwhile goes in batches.'],
    };
  } finally {
    await scene.close();
  }
}
