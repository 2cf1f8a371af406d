/** One of several lists of ids, each from the highest down. */
export type IdList = {
  /** No id of it is higher. */
  below: number;
  /** Its highest ids below `before`, at most `max`; empty: there are no more. */
  next(before: number, max: number): readonly number[];
};

/** Of most lists only the first is wanted; of those that go on, more at a time. */
const AT_A_TIME_MAX = 64;

/** A list and its highest id that was not given yet; until it is `exact`, no id is higher than `bound`. */
type Head = {
  list: IdList;
  bound: number;
  exact: boolean;
  ids: readonly number[];
  at: number;
  asked: number;
};

/** Merges `lists`, highest id first. A list is only asked when one of its ids may be next. */
export function* newestFirst(lists: Iterable<IdList>): Generator<number> {
  const heap: Head[] = [];
  for (const list of lists) heap.push({ list, bound: list.below, exact: false, ids: [], at: 0, asked: 0 });
  heap.sort((a, b) => b.bound - a.bound);
  for (let head = heap[0]; head; head = heap[0]) {
    if (head.exact) {
      yield head.bound;
      moveOn(head);
    } else if (!ask(head)) {
      const last = heap.pop() as Head;
      if (heap.length > 0) heap[0] = last;
    }
    sink(heap);
  }
}

function moveOn(head: Head): void {
  head.at += 1;
  head.exact = head.at < head.ids.length;
  head.bound = head.ids[head.at] ?? head.bound - 1;
}

/** Learns the next ids of `head`; whether there are any. */
function ask(head: Head): boolean {
  head.asked = Math.min(AT_A_TIME_MAX, head.asked * 4 || 1);
  head.ids = head.list.next(head.bound + 1, head.asked);
  head.at = 0;
  head.exact = head.ids.length > 0;
  head.bound = head.ids[0] ?? head.bound;
  return head.exact;
}

/** Puts the first of `heap` where it belongs, the rest being in order. */
function sink(heap: Head[]): void {
  const head = heap[0];
  if (!head) return;
  let i = 0;
  for (;;) {
    let child = 2 * i + 1;
    if (child >= heap.length) break;
    const right = child + 1;
    if (right < heap.length && (heap[right] as Head).bound > (heap[child] as Head).bound) child = right;
    if ((heap[child] as Head).bound <= head.bound) break;
    heap[i] = heap[child] as Head;
    i = child;
  }
  heap[i] = head;
}
