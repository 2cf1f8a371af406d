type Node<Value> = { children: Map<string, Node<Value>>; values: Map<unknown, Value> };

const newNode = <Value>(): Node<Value> => ({ children: new Map(), values: new Map() });

/** Values under topic filters, found by topic in a time that does not depend on how many there are. */
export class TopicTree<Value> {
  readonly #root: Node<Value> = newNode();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Puts a value under `filter`; one with the same `key` there is replaced. */
  set(filter: string, key: unknown, value: Value): void {
    let node = this.#root;
    for (const level of filter.split('/')) {
      let next = node.children.get(level);
      if (!next) {
        next = newNode();
        node.children.set(level, next);
      }
      node = next;
    }
    if (!node.values.has(key)) this.#size++;
    node.values.set(key, value);
  }

  delete(filter: string, key: unknown): void {
    const path: [Node<Value>, string][] = [];
    let node = this.#root;
    for (const level of filter.split('/')) {
      const next = node.children.get(level);
      if (!next) return;
      path.push([node, level]);
      node = next;
    }
    if (!node.values.delete(key)) return;
    this.#size--;
    for (const [parent, level] of path.toReversed()) {
      const child = parent.children.get(level);
      if (!child || child.values.size > 0 || child.children.size > 0) return;
      parent.children.delete(level);
    }
  }

  /** The values of all filters that match; wildcards do not match a first level that begins with `$`. */
  match(topic: string): Value[] {
    const found: Value[] = [];
    const levels = topic.split('/');
    const collect = (node: Node<Value> | undefined) => {
      if (node) for (const value of node.values.values()) found.push(value);
    };
    const walk = (node: Node<Value>, depth: number) => {
      const wild = depth > 0 || !topic.startsWith('$');
      if (wild) collect(node.children.get('#'));
      const level = levels[depth];
      if (level === undefined) return collect(node);
      const literal = node.children.get(level);
      if (literal) walk(literal, depth + 1);
      const any = wild ? node.children.get('+') : undefined;
      if (any) walk(any, depth + 1);
    };
    walk(this.#root, 0);
    return found;
  }
}
