import type { Finding } from '../../api/client.ts';

/** Faults by where they lie, each told once: beside its field, else at the foot of the form. */
export class PlacedFaults {
  readonly #faults: readonly Finding[];

  /** @param prefix what the paths begin with besides, such as `flow.` */
  constructor(faults: readonly Finding[], prefix = '') {
    this.#faults = faults.map(({ path, message }) => ({
      path: path.startsWith(prefix) ? path.slice(prefix.length) : path,
      message,
    }));
  }

  /** What is wrong with a field, parts of it included; null: nothing. */
  at(path: string): string | null {
    const here = this.#faults.filter((fault) => isWithin(fault.path, path));
    if (here.length === 0) return null;
    return here
      .map((fault) =>
        fault.path === path ? fault.message : `${fault.path.slice(path.length + 1)} ${fault.message}`,
      )
      .join('; ');
  }

  /** What lies in none of `paths`, as sentences. */
  elsewhere(paths: readonly string[]): string[] {
    return this.#faults
      .filter((fault) => !paths.some((path) => isWithin(fault.path, path)))
      .map(({ path, message }) => (path === '' ? message : `${path}: ${message}`));
  }
}

function isWithin(path: string, field: string): boolean {
  return path === field || path.startsWith(`${field}.`) || path.startsWith(`${field}[`);
}

/** The fields that an action of this kind shows, below `do[n].kind.`. */
const ACTION_FIELDS: Record<string, readonly string[]> = {
  publish: ['topic', 'topic_expression', 'broker_id', 'qos', 'retain', 'body'],
  webhook: ['url', 'method', 'headers', 'body'],
  odoo_event: ['device_id', 'name', 'data'],
  set_attribute: ['device_id', 'key', 'value'],
};

/** The paths of all fields that the form shows. */
export function fieldPaths(whenKind: string, actionKinds: readonly string[]): string[] {
  const whenFields = [whenKind, whenKind === 'topic' ? 'broker_id' : 'device_id'];
  return [
    'name',
    'if',
    ...whenFields.map((field) => `when.${field}`),
    ...actionKinds.flatMap((kind, i) =>
      (ACTION_FIELDS[kind] ?? []).map((field) => `do[${i}].${kind}.${field}`),
    ),
  ];
}
