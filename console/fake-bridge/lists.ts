import { liveMachine } from './live-answers.ts';
import type { Item, Memory } from './memory.ts';

/** The words of an answer that a search looks at. */
const SEARCHED = ['machine_name', 'device_id', 'name', 'topic', 'title', 'model'];
/** What chooses among the things of a list, when a query names it. */
const CHOSEN = ['state', 'device_id', 'broker_id', 'direction', 'event_type', 'level'];

function fits(item: Item, query: URLSearchParams): boolean {
  const wanted = (query.get('search') ?? query.get('text') ?? '').toLowerCase();
  const isFound =
    wanted === '' ||
    SEARCHED.some((field) =>
      String(item[field] ?? '')
        .toLowerCase()
        .includes(wanted),
    );
  return (
    isFound && CHOSEN.every((name) => !query.get(name) || !(name in item) || item[name] === query.get(name))
  );
}

/** An answer that holds one list, as far as a query asks for it. */
export function filtered(answer: Item, query: URLSearchParams): Item {
  const [name, items] = Object.entries(answer).find(([, value]) => Array.isArray(value)) ?? [];
  if (!name || (items as unknown[]).some((item) => typeof item !== 'object')) return answer;
  const found = (items as Item[]).filter((item) => fits(item, query));
  const offset = Number(query.get('offset') ?? 0);
  const limit = Number(query.get('limit') ?? 100);
  const page = {
    ...('total' in answer && { total: found.length }),
    ...('offset' in answer && { offset }),
    ...('limit' in answer && { limit }),
    ...('next_before' in answer && { next_before: null }),
    ...('next_after' in answer && { next_after: null }),
  };
  return { ...answer, [name]: found.slice(offset, offset + limit), ...page };
}

/** Devices with their machines as they are now. */
export function devicesNow(memory: Memory, nowMs: number): Item[] {
  const running = new Map(
    memory.machines().map((machine) => [machine.deviceId, liveMachine(machine, nowMs)]),
  );
  return memory
    .items('/api/devices')
    .map((device) => Object.assign({}, device, running.get(String(device.device_id))));
}
