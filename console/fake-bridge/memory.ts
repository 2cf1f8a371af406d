import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ScriptedMachine } from './machines.ts';
import { LISTS } from './resources.ts';

export type Item = Record<string, unknown>;
type Recording = { recorded_at: string; answers: Record<string, Item> };

const FOLDER = join(import.meta.dirname, 'recorded');
const TIME = /"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"/g;

/** A recording with its times as if it were made now. */
function renewed(text: string, nowMs: number): Record<string, Item> {
  const { recorded_at: recordedAt } = JSON.parse(text) as Recording;
  const laterMs = nowMs - Date.parse(recordedAt);
  const moved = text.replace(TIME, (time) =>
    JSON.stringify(new Date(Date.parse(JSON.parse(time)) + laterMs).toISOString()),
  );
  return (JSON.parse(moved) as Recording).answers;
}

/** The recorded answers, and what was changed since the fake bridge was started. */
export class Memory {
  readonly #answers: Map<string, Item>;

  constructor(nowMs: number, folder = FOLDER) {
    const files = readdirSync(folder).map((file) => readFileSync(join(folder, file), 'utf8'));
    this.#answers = new Map(files.flatMap((text) => Object.entries(renewed(text, nowMs))));
  }

  /** The answer to a GET; undefined: none was recorded. */
  answer(path: string): Item | undefined {
    return this.#answers.get(path);
  }

  /** The answer to a GET below a thing that was not recorded: that of another thing of its kind. */
  likeAnswer(path: string): Item | undefined {
    const [, before, after] = /^(\/api\/[a-z-]+\/)[^/]+(\/[^/]+)$/.exec(path) ?? [];
    if (before === undefined || after === undefined) return undefined;
    for (const [known, answer] of this.#answers) {
      if (known.startsWith(before) && known.endsWith(after)) return answer;
    }
    return undefined;
  }

  isList = (path: string): boolean => path in LISTS;

  /** The things of a resource, as its list shows them. */
  items(path: string): Item[] {
    const [list = ''] = LISTS[path] ?? [];
    return (this.#answers.get(path)?.[list] ?? []) as Item[];
  }

  /** One of them with all that is known of it. */
  one(path: string, id: string): Item | undefined {
    const listed = this.items(path).find((item) => this.#idOf(path, item) === id);
    return listed && { ...this.#answers.get(`${path}/${encodeURIComponent(id)}`), ...listed };
  }

  /** Adds or changes one; gives all of it. */
  put(path: string, id: string, change: Item): Item {
    const [list = '', idField = 'id'] = LISTS[path] ?? [];
    const whole = { ...this.one(path, id), ...change, [idField]: id };
    const items = this.items(path);
    const isKnown = items.some((item) => this.#idOf(path, item) === id);
    const next = isKnown
      ? items.map((item) => (this.#idOf(path, item) === id ? { ...item, ...change } : item))
      : [...items, whole];
    this.#setList(path, list, next);
    this.#answers.set(`${path}/${encodeURIComponent(id)}`, whole);
    return whole;
  }

  remove(path: string, id: string): void {
    const [list = ''] = LISTS[path] ?? [];
    this.#setList(
      path,
      list,
      this.items(path).filter((item) => this.#idOf(path, item) !== id),
    );
    this.#answers.delete(`${path}/${encodeURIComponent(id)}`);
  }

  /** Changes an answer that is no list of things. */
  merge(path: string, change: Item): Item {
    const next = { ...this.#answers.get(path), ...change };
    this.#answers.set(path, next);
    return next;
  }

  /** The machines that run. */
  machines(): ScriptedMachine[] {
    return this.items('/api/devices')
      .filter(({ running }) => running === true)
      .map(({ device_id: id, machine_name: name }, index) => {
        const config = this.one('/api/devices', String(id))?.configuration as Item | undefined;
        const session = (config?.session_config ?? {}) as Record<string, number>;
        const { standby_threshold_w: standbyW = 5, working_threshold_w: workingW = 50 } = session;
        return { deviceId: String(id), name: String(name), index, standbyW, workingW };
      });
  }

  #setList(path: string, list: string, items: Item[]): void {
    const total = 'total' in (this.#answers.get(path) ?? {}) ? { total: items.length } : {};
    this.merge(path, { [list]: items, ...total });
  }

  #idOf(path: string, item: Item): string {
    return String(item[LISTS[path]?.[1] ?? 'id']);
  }
}
