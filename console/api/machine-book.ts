import type { LiveReading } from '../../src/model/live.ts';
import type { DeviceSummary } from '../../src/model/own-device.ts';
import type { LiveEvents } from './live.ts';

/** The state that people are shown: an idle machine that is offline says so. */
export type ShownState = DeviceSummary['state'] | 'offline';
/** What lists go by: none of it changes with a reading. */
export type ListedMachine = Pick<DeviceSummary, 'device_id' | 'machine_name' | 'running'> & {
  shown: ShownState;
};

const WS_PER_KWH = 3_600_000;
/** A power that was not renewed for longer says nothing of the energy. */
const HELD_S_MAX = 3600;

export const shownStateOf = ({ state, status }: Pick<DeviceSummary, 'state' | 'status'>): ShownState =>
  status === 'offline' && state === 'idle' ? 'offline' : state;

const listedOf = (machine: DeviceSummary): ListedMachine => ({
  device_id: machine.device_id,
  machine_name: machine.machine_name,
  running: machine.running,
  shown: shownStateOf(machine),
});

const isListedAlike = (a: DeviceSummary, b: DeviceSummary) =>
  a.machine_name === b.machine_name && a.running === b.running && shownStateOf(a) === shownStateOf(b);

/** The session with the energy of the power that was held until `at`; the bridge's own figure comes now and then. */
function sessionUntil(machine: DeviceSummary, at: string): DeviceSummary['session'] {
  const { session, power_w: heldW, last_message_at: heldFrom } = machine;
  if (!session || heldW === null || heldFrom === null) return session;
  const seconds = (Date.parse(at) - Date.parse(heldFrom)) / 1000;
  if (!(seconds > 0 && seconds <= HELD_S_MAX)) return session;
  return { ...session, energy_kwh: session.energy_kwh + (Math.abs(heldW) * seconds) / WS_PER_KWH };
}

/** All machines as they are by the last fetch and what the stream told since. Each is replaced, never changed. */
export class MachineBook {
  #machines = new Map<string, DeviceSummary>();
  #listed: readonly ListedMachine[] = [];
  #isListOld = false;
  /** Since the last `takeChanged`. */
  #changed = new Set<string>();

  one(deviceId: string): DeviceSummary | undefined {
    return this.#machines.get(deviceId);
  }

  /** Every machine in the order of the bridge; the same array until something of it changes. */
  listed(): readonly ListedMachine[] {
    if (this.#isListOld) {
      const before = new Map(this.#listed.map((one) => [one.device_id, one]));
      this.#listed = Array.from(this.#machines.values(), (machine) => {
        const one = before.get(machine.device_id);
        const alike = one?.machine_name === machine.machine_name && one.running === machine.running;
        return one && alike && one.shown === shownStateOf(machine) ? one : listedOf(machine);
      });
      this.#isListOld = false;
    }
    return this.#listed;
  }

  /** Who changed since this was called last. */
  takeChanged(): { ids: ReadonlySet<string>; isListChanged: boolean } {
    const ids = this.#changed;
    this.#changed = new Set();
    return { ids, isListChanged: this.#isListOld };
  }

  /** Takes a whole list over. */
  setAll(machines: readonly DeviceSummary[]): void {
    const before = this.#machines;
    this.#machines = new Map();
    for (const machine of machines) {
      const former = before.get(machine.device_id);
      const isSame = former !== undefined && JSON.stringify(former) === JSON.stringify(machine);
      this.#machines.set(machine.device_id, isSame ? former : machine);
      if (!isSame) this.#changed.add(machine.device_id);
    }
    for (const id of before.keys()) if (!this.#machines.has(id)) this.#changed.add(id);
    this.#isListOld = true;
  }

  /** @returns false when there is a device that is not known here */
  readings(readings: readonly LiveReading[]): boolean {
    let areKnown = true;
    for (const { device_id: id, at, power_w: powerW } of readings) {
      const machine = this.#machines.get(id);
      if (machine) {
        const session = sessionUntil(machine, at);
        this.#put({ ...machine, session, last_message_at: at, power_w: powerW ?? machine.power_w });
      } else areKnown = false;
    }
    return areKnown;
  }

  state({ device_id: id, machine: now }: LiveEvents['state']): void {
    const machine = this.#machines.get(id);
    if (machine) this.#put({ ...machine, ...now });
  }

  session({ device_id: id, session_id, change, energy_kwh }: LiveEvents['session']): void {
    const machine = this.#machines.get(id);
    if (machine?.session?.session_id !== session_id || !machine?.session) return;
    if (change === 'closed') this.#put({ ...machine, session: null });
    else if (energy_kwh !== null) this.#put({ ...machine, session: { ...machine.session, energy_kwh } });
  }

  /** Devices come and go by events only. */
  event({ device_id: id, event_type, state }: LiveEvents['event']): void {
    const machine = this.#machines.get(id);
    if (!machine || state !== 'pending') return;
    if (event_type === 'device_online') this.#put({ ...machine, status: 'online' });
    if (event_type === 'device_offline') this.#put({ ...machine, status: 'offline' });
  }

  #put(machine: DeviceSummary): void {
    const former = this.#machines.get(machine.device_id);
    this.#machines.set(machine.device_id, machine);
    this.#changed.add(machine.device_id);
    if (!former || !isListedAlike(former, machine)) this.#isListOld = true;
  }
}
