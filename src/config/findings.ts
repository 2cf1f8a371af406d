import type { Finding } from '../model/validation.ts';

/** Longest list of faults or warnings that is told; a person reads no more. */
const FINDINGS_MAX = 500;
const SHOWN_LENGTH_MAX = 60;

/** Faults or warnings in the order they were found, the first 500 and a count of the others. */
export class Findings {
  #told: Finding[] = [];
  #count = 0;

  /** @param message is only built for findings that are told */
  add(path: string, message: string | (() => string)): void {
    this.#count++;
    if (this.#count > FINDINGS_MAX) return;
    this.#told.push({ path, message: typeof message === 'string' ? message : message() });
  }

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  list(): Finding[] {
    const more = this.#count - this.#told.length;
    return more === 0 ? this.#told : [...this.#told, { path: '', message: `and ${more} more` }];
  }
}

/** A value as a message may show it: short, and on one line. */
export function shown(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'an object';
  if (typeof value !== 'string') return String(value);
  const cut = value.length > SHOWN_LENGTH_MAX ? `${value.slice(0, SHOWN_LENGTH_MAX)}…` : value;
  return JSON.stringify(cut);
}

/** `path` extended by a field name or an index: `devices[3].name`, `devices[3]["odd name"]`. */
export function pathOf(parent: string, key: PropertyKey): string {
  if (typeof key === 'number') return `${parent}[${key}]`;
  const name = String(key);
  if (!/^[A-Za-z_]\w{0,63}$/.test(name)) return `${parent}[${shown(name)}]`;
  return parent === '' ? name : `${parent}.${name}`;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
