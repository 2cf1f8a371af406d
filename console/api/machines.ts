import { useCallback, useMemo, useSyncExternalStore } from 'react';
import type { DeviceSummary } from '../../src/model/own-device.ts';
import { call, query } from './client.ts';
import { live } from './live.ts';
import { type ListedMachine, MachineBook, type ShownState } from './machine-book.ts';
import { hearTime } from './time.ts';

export { type ListedMachine, type ShownState } from './machine-book.ts';

const PAGE = 500;
/** At most four times a second something is drawn. */
const FLUSH_MS = 250;
/** Devices that are made or removed, and figures that drift, show by then. */
const RENEW_MS = 60_000;
/** The stream greets within this; without it the machines are fetched all the same. */
const HELLO_MS = 1000;
/** A device that is not known may have been made just now. */
const UNKNOWN_MS = 3000;

type Page = { devices: DeviceSummary[]; total: number };
type MachineList = { all: readonly ListedMachine[]; isLoading: boolean; error: unknown };
type Tell = () => void;

async function fetchAll(signal: AbortSignal): Promise<DeviceSummary[]> {
  const all: DeviceSummary[] = [];
  for (;;) {
    const path = `/api/devices${query({ limit: PAGE, offset: all.length })}`;
    const { devices, total } = await call<Page>('GET', path, undefined, signal);
    all.push(...devices);
    if (devices.length === 0 || all.length >= total) return all;
  }
}

/** All machines of the bridge, kept up to date by the stream while somebody looks at them. */
class MachineStore {
  readonly #book = new MachineBook();
  readonly #watchers = new Map<string, Set<Tell>>();
  readonly #listWatchers = new Set<Tell>();
  #list: MachineList = { all: [], isLoading: true, error: null };
  #watching = 0;
  #leave: Tell[] = [];
  #renewal: ReturnType<typeof setTimeout> | undefined;
  #renewalAt = 0;
  #flush: ReturnType<typeof setTimeout> | undefined;
  #flushedAt = 0;
  #fetching: AbortController | null = null;
  /** What the stream told during a fetch, whose answer may be older. */
  #meanwhile: Tell[] = [];

  one = (deviceId: string): DeviceSummary | undefined => this.#book.one(deviceId);

  list = (): MachineList => this.#list;

  watchOne(deviceId: string, tell: Tell): Tell {
    const watchers = this.#watchers.get(deviceId) ?? new Set();
    this.#watchers.set(deviceId, watchers);
    watchers.add(tell);
    this.#begin();
    return () => {
      watchers.delete(tell);
      if (watchers.size === 0) this.#watchers.delete(deviceId);
      this.#end();
    };
  }

  watchList = (tell: Tell): Tell => {
    this.#listWatchers.add(tell);
    this.#begin();
    return () => {
      this.#listWatchers.delete(tell);
      this.#end();
    };
  };

  /** Fetches everything anew, as after a change of devices. */
  refresh = async (): Promise<void> => {
    this.#fetching?.abort();
    const fetching = new AbortController();
    this.#fetching = fetching;
    this.#meanwhile = [];
    this.#renewIn(RENEW_MS);
    let error: unknown = null;
    try {
      const all = await fetchAll(fetching.signal);
      if (this.#fetching === fetching) this.#book.setAll(all);
    } catch (fault) {
      error = fault;
    }
    if (this.#fetching !== fetching) return;
    for (const apply of this.#meanwhile) apply();
    this.#fetching = null;
    this.#meanwhile = [];
    this.#list = { ...this.#list, isLoading: error !== null && this.#list.isLoading, error };
    this.#tell(true);
  };

  #begin(): void {
    this.#watching += 1;
    if (this.#watching > 1) return;
    const taken = <T>(apply: (data: T) => void) => {
      return (data: T) => {
        if (this.#fetching) this.#meanwhile.push(() => apply(data));
        apply(data);
        this.#flushSoon();
      };
    };
    this.#leave = [
      live.on('hello', ({ at }) => {
        hearTime(at);
        void this.refresh();
      }),
      live.on(
        'reading',
        taken((readings) => {
          const newest = readings.at(-1);
          if (newest) hearTime(newest.at);
          if (!this.#book.readings(readings)) this.#renewIn(UNKNOWN_MS);
        }),
      ),
      live.on(
        'state',
        taken((change) => this.#book.state(change)),
      ),
      live.on(
        'session',
        taken((change) => this.#book.session(change)),
      ),
      live.on(
        'event',
        taken((event) => this.#book.event(event)),
      ),
    ];
    this.#renewalAt = 0;
    this.#renewIn(live.state() === 'live' ? 0 : HELLO_MS);
  }

  #end(): void {
    this.#watching -= 1;
    if (this.#watching > 0) return;
    for (const leave of this.#leave) leave();
    this.#leave = [];
    clearTimeout(this.#renewal);
    clearTimeout(this.#flush);
    this.#flush = undefined;
    this.#fetching?.abort();
    this.#fetching = null;
  }

  /** Fetches in `ms`, or earlier when that is due already. */
  #renewIn(ms: number): void {
    const at = Date.now() + ms;
    const isDueEarlier = this.#renewalAt > Date.now() && this.#renewalAt <= at;
    if (isDueEarlier && !this.#fetching) return;
    clearTimeout(this.#renewal);
    this.#renewalAt = at;
    this.#renewal = setTimeout(() => void this.refresh(), ms);
  }

  #flushSoon(): void {
    this.#flush ??= setTimeout(
      () => this.#tell(false),
      Math.max(0, this.#flushedAt + FLUSH_MS - performance.now()),
    );
  }

  #tell(isNews: boolean): void {
    clearTimeout(this.#flush);
    this.#flush = undefined;
    this.#flushedAt = performance.now();
    const { ids, isListChanged } = this.#book.takeChanged();
    for (const id of ids) for (const tell of this.#watchers.get(id) ?? []) tell();
    if (!isListChanged && !isNews) return;
    this.#list = { ...this.#list, all: this.#book.listed() };
    for (const tell of this.#listWatchers) tell();
  }
}

/** What is not needed for drawing: a look at one machine now, and fetching anew after a change of devices. */
export const machines = new MachineStore();

const watchNothing = () => () => undefined;

/** A machine as it is now. @param isWatched false: it is shown as it was when it was drawn last */
export function useMachine(deviceId: string, isWatched = true): DeviceSummary | undefined {
  const watch = useCallback((tell: Tell) => machines.watchOne(deviceId, tell), [deviceId]);
  return useSyncExternalStore(isWatched ? watch : watchNothing, () => machines.one(deviceId));
}

type MachineFilter = {
  /** Part of a name or an id; case does not matter. */
  search?: string;
  shown?: ShownState | null;
  /** Devices that only use the device API, are disabled or wait for approval too. */
  withOthers?: boolean;
};

function matches(machine: ListedMachine, { search = '', shown, withOthers }: MachineFilter): boolean {
  if (!machine.running && !withOthers) return false;
  if (shown && machine.shown !== shown) return false;
  const wanted = search.trim().toLowerCase();
  return (
    wanted === '' ||
    machine.machine_name.toLowerCase().includes(wanted) ||
    machine.device_id.toLowerCase().includes(wanted)
  );
}

/** The machines that match, in the order of the bridge. Readings do not draw this again. */
export function useMachines(filter: MachineFilter = {}) {
  const { all, isLoading, error } = useSyncExternalStore(machines.watchList, machines.list);
  const { search = '', shown = null, withOthers = false } = filter;
  const found = useMemo(
    () => all.filter((one) => matches(one, { search, shown, withOthers })),
    [all, search, shown, withOthers],
  );
  return { machines: found, all, isLoading, error, retry: machines.refresh };
}
