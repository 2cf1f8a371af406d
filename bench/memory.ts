import type { RunningBridge } from '../test/e2e/running-bridge.ts';
import type { Row, Table } from './figures.ts';
import type { Machines } from './load.ts';
import { memoryMb } from './machine.ts';
import { configurationOf, countsOf, openScene, pause, until } from './scene.ts';

/** So that half of the machines have a session open afterwards. */
const MESSAGES_EACH = 3;
/** Garbage of what was just done is gone, and states are on disk. */
const CALM_MS = 3000;

async function secondsFor(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1000;
}

async function memoryAfter(bridge: RunningBridge, what: string, work: () => Promise<unknown>): Promise<Row> {
  await work();
  await pause(CALM_MS);
  const { now, peak } = memoryMb(bridge.process.pid ?? 0);
  return [what, now, peak];
}

/** One installation from its first configuration to a restart. */
async function installation(devices: number): Promise<{ sizes: Row[]; times: Row[] }> {
  const machines: Machines = { group: 'd', devices, period: 4 };
  const scene = await openScene();
  try {
    const first = await scene.startBridge();
    const pushed = await secondsFor(async () => {
      const { status } = await first.push(configurationOf(machines));
      if (status !== 200) throw new Error(`POST /config answered ${status}`);
    });
    await scene.stopBridge();
    let bridge = first;
    const started = await secondsFor(async () => {
      bridge = await scene.startBridge();
    });
    const sizes = [
      await memoryAfter(bridge, 'idle', async () => undefined),
      await memoryAfter(bridge, `each device has sent ${MESSAGES_EACH} messages`, async () => {
        const stretch = { from: 0, count: MESSAGES_EACH * devices, qos: 0 } as const;
        await scene.publisher.ask('prepare', { machines, stretch });
        await scene.publisher.ask('send', { qos: 0 });
        await until('all messages', async () => (await countsOf(bridge)).read === stretch.count);
      }),
      await memoryAfter(bridge, 'GET /api/devices answered', () => bridge.request('/api/devices')),
      await memoryAfter(bridge, 'the pages of /docs opened', async () => {
        for (const path of ['/docs', '/openapi.json']) {
          const { status } = await bridge.request(path);
          if (status !== 200) throw new Error(`GET ${path} answered ${status}`);
        }
      }),
    ];
    const again = await secondsFor(() => bridge.push(configurationOf(machines)));
    return {
      sizes,
      times: [
        ['POST /config, all of them new, s', pushed],
        ['POST /config, nothing changed, s', again],
        ['start to ready with all of them, s', started],
      ],
    };
  } finally {
    await scene.close();
  }
}

/** Resident memory and times of large configurations. */
export async function memory(): Promise<Table> {
  const rows: Row[] = [];
  for (const devices of [10_000, 20_000]) {
    const { sizes, times } = await installation(devices);
    const who = `${devices / 1000} 000 devices`;
    rows.push(...sizes.map(([what = '', now = '', peak = '']) => [who, `${what}, MB (peak)`, now, peak]));
    rows.push(...times.map(([what = '', seconds = '']) => [who, what, seconds, '']));
  }
  return {
    title: 'Size: resident memory and times by number of devices',
    columns: ['', 'what', 'figure', 'peak'],
    rows,
    notes: [`Memory is read ${CALM_MS / 1000} s after what is named; the peak is that of the whole process.`],
  };
}
