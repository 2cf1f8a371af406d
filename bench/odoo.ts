import { type StandInOdoo, startStandInOdoo } from '../simulator/stand-in-odoo.ts';
import { sharedMs } from './machine.ts';
import { serve } from './worker.ts';

/** The stand-in Odoo in a process of its own, with a stopwatch for one device. */
let odoo: StandInOdoo | null = null;
let watched = '';
let onWatched: (at: number) => void = () => undefined;

function standIn(): StandInOdoo {
  if (!odoo) throw new Error('not started');
  return odoo;
}

/** @param batchMax most events of a batch, as our add-on offers them */
async function start({ batchMax }: { batchMax: number }): Promise<string> {
  odoo = await startStandInOdoo({ now: sharedMs, batchMax });
  odoo.set((_index, body) => {
    if ((body as { device_id?: string } | undefined)?.device_id === watched) onWatched(sharedMs());
    return 'ok';
  });
  return odoo.url;
}

/** Waits for the next event of a device. @returns when it came, on the shared clock */
function next({ deviceId }: { deviceId: string }): Promise<number> {
  watched = deviceId;
  return new Promise((resolve) => {
    onWatched = resolve;
  });
}

/** Waits until `count` different events came. @returns when the newest came, on the shared clock */
async function reach({ count }: { count: number }): Promise<number> {
  await standIn().eventsReach(count);
  return standIn().received.at(-1)?.at ?? 0;
}

const calls = {
  start,
  next,
  reach,
  stored: () => ({ events: standIn().events().length, repeats: standIn().repeats() }),
};
export type OdooCalls = typeof calls;
serve(calls);
