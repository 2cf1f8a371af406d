type Node<Value> = { children: Map<string, Node<Value>>; values: Value[] };

const newNode = <Value>(): Node<Value> => ({ children: new Map(), values: [] });

/** Wildcards of the first level do not match a level that begins with `$` (MQTT 3.1.1, 4.7.2). */
const isReserved = (level: string | undefined, depth: number) => depth === 0 && level?.startsWith('$');

/** Topic filters by their levels: tells which of many concern a topic or a filter without asking each. */
export class FilterTree<Value> {
  readonly #root: Node<Value> = newNode();

  add(filter: string, value: Value): void {
    let node = this.#root;
    for (const level of filter.split('/')) {
      let next = node.children.get(level);
      if (!next) {
        next = newNode();
        node.children.set(level, next);
      }
      node = next;
    }
    node.values.push(value);
  }

  /** The values of filters that have a topic in common with `filter`; for a topic: those that match it. */
  overlapping(filter: string): Value[] {
    const found: Value[] = [];
    findOverlapping(this.#root, filter.split('/'), 0, found);
    return found;
  }

  /** The values of filters that bring every topic that `filter` brings; itself, if it was added. */
  covering(filter: string): Value[] {
    const found: Value[] = [];
    findCovering(this.#root, filter.split('/'), 0, found);
    return found;
  }
}

function findOverlapping<Value>(node: Node<Value>, levels: string[], depth: number, found: Value[]): void {
  const level = levels[depth];
  if (level === '#') return collect(node, depth, found);
  const wildcards = !isReserved(level, depth);
  if (wildcards) found.push(...(node.children.get('#')?.values ?? []));
  if (level === undefined) {
    found.push(...node.values);
    return;
  }
  if (level !== '+') {
    const same = node.children.get(level);
    if (same) findOverlapping(same, levels, depth + 1, found);
    const any = wildcards && node.children.get('+');
    if (any) findOverlapping(any, levels, depth + 1, found);
    return;
  }
  for (const [key, child] of node.children) {
    if (key !== '#' && !isReserved(key, depth)) findOverlapping(child, levels, depth + 1, found);
  }
}

function collect<Value>(node: Node<Value>, depth: number, found: Value[]): void {
  found.push(...node.values);
  for (const [key, child] of node.children) {
    if (!isReserved(key, depth)) collect(child, depth + 1, found);
  }
}

function findCovering<Value>(node: Node<Value>, levels: string[], depth: number, found: Value[]): void {
  const level = levels[depth];
  const wildcards = !isReserved(level, depth);
  if (wildcards) found.push(...(node.children.get('#')?.values ?? []));
  if (level === undefined) {
    found.push(...node.values);
    return;
  }
  if (level === '#') return;
  const any = wildcards && node.children.get('+');
  if (any) findCovering(any, levels, depth + 1, found);
  const same = level === '+' ? undefined : node.children.get(level);
  if (same) findCovering(same, levels, depth + 1, found);
}
