import type uPlot from 'uplot';
import type { ThresholdLine } from './overlay.ts';
import { panned, type TimeRange, zoomed } from './time-range.ts';

export type GestureDeps = {
  range(): TimeRange;
  nowMs(): number;
  thresholds(): readonly ThresholdLine[];
  onRange(range: TimeRange): void;
  onReset(): void;
};

const ZOOM_WHEEL = 1.2;
const ZOOM_KEY = 1.5;
const PAN_KEY = 0.15;
const GRAB_PX = 10;

/** A threshold as one would write it: two or three digits. */
export function niceWatts(watts: number): number {
  const step =
    watts < 10 ? 0.5 : watts < 100 ? 1 : watts < 1000 ? 5 : 10 ** Math.floor(Math.log10(watts) - 1);
  return Math.max(0, Math.round(watts / step) * step);
}

/** What a key does to the chart; whether it means anything here. */
export function keyGesture(key: string, deps: GestureDeps): boolean {
  const range = deps.range();
  const now = deps.nowMs();
  if (key === 'ArrowLeft') deps.onRange(panned(range, -PAN_KEY, now));
  else if (key === 'ArrowRight') deps.onRange(panned(range, PAN_KEY, now));
  else if (key === '+' || key === '=') deps.onRange(zoomed(range, 1 / ZOOM_KEY, 0.5, now));
  else if (key === '-') deps.onRange(zoomed(range, ZOOM_KEY, 0.5, now));
  else if (key === '0' || key === 'Home') deps.onReset();
  else return false;
  return true;
}

type Drag = { line: ThresholdLine } | { range: TimeRange; fromX: number };
type Pinch = { range: TimeRange; widthPx: number; share: number };

class Gestures {
  readonly #u: uPlot;
  readonly #deps: GestureDeps;
  readonly #pointers = new Map<number, number>();
  #drag: Drag | null = null;
  #pinch: Pinch | null = null;

  constructor(u: uPlot, deps: GestureDeps) {
    this.#u = u;
    this.#deps = deps;
  }

  wheel = (event: WheelEvent): void => {
    event.preventDefault();
    const { onRange, range, nowMs } = this.#deps;
    if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      onRange(panned(range(), event.deltaX / this.#width, nowMs()));
      return;
    }
    const factor = event.deltaY > 0 ? ZOOM_WHEEL : 1 / ZOOM_WHEEL;
    onRange(zoomed(range(), factor, this.#place(event).x / this.#width, nowMs()));
  };

  down = (event: PointerEvent): void => {
    if (event.button !== 0) return;
    const { x, y } = this.#place(event);
    this.#u.over.setPointerCapture(event.pointerId);
    this.#pointers.set(event.pointerId, x);
    const [a, b] = this.#pointers.values();
    const range = this.#deps.range();
    if (a !== undefined && b !== undefined) {
      this.#drag = null;
      this.#pinch = { range, widthPx: Math.abs(a - b) || 1, share: (a + b) / 2 / this.#width };
      return;
    }
    const line = this.#lineAt(y);
    this.#drag = line ? { line } : { range, fromX: x };
  };

  move = (event: PointerEvent): void => {
    const { x, y } = this.#place(event);
    if (!this.#pointers.has(event.pointerId)) {
      this.#u.over.style.cursor = this.#lineAt(y) ? 'ns-resize' : 'grab';
      return;
    }
    this.#pointers.set(event.pointerId, x);
    const [a, b] = this.#pointers.values();
    const { onRange, nowMs } = this.#deps;
    if (this.#pinch && a !== undefined && b !== undefined) {
      const { range, widthPx, share } = this.#pinch;
      onRange(zoomed(range, widthPx / (Math.abs(a - b) || 1), share, nowMs()));
    } else if (this.#drag && 'line' in this.#drag) {
      this.#drag.line.onDrag?.(niceWatts(this.#u.posToVal(y, 'y')));
    } else if (this.#drag) onRange(panned(this.#drag.range, (this.#drag.fromX - x) / this.#width, nowMs()));
  };

  up = (event: PointerEvent): void => {
    this.#pointers.delete(event.pointerId);
    if (this.#pointers.size < 2) this.#pinch = null;
    this.#drag = null;
  };

  get #width(): number {
    return this.#u.over.clientWidth || 1;
  }

  #place(event: MouseEvent): { x: number; y: number } {
    const box = this.#u.over.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  #lineAt(y: number): ThresholdLine | undefined {
    const near = ({ watts, onDrag }: ThresholdLine) =>
      onDrag !== undefined && Math.abs(this.#u.valToPos(watts, 'y') - y) < GRAB_PX;
    return this.#deps.thresholds().find(near);
  }
}

/** Wheel and pinch zoom, dragging pans or moves a threshold, a double click resets. @returns what takes it away */
export function listenToGestures(u: uPlot, deps: GestureDeps): () => void {
  const gestures = new Gestures(u, deps);
  const listeners = new AbortController();
  const { signal } = listeners;
  u.over.addEventListener('wheel', gestures.wheel, { signal, passive: false });
  u.over.addEventListener('pointerdown', gestures.down, { signal });
  u.over.addEventListener('pointermove', gestures.move, { signal });
  u.over.addEventListener('pointerup', gestures.up, { signal });
  u.over.addEventListener('pointercancel', gestures.up, { signal });
  u.over.addEventListener('dblclick', () => deps.onReset(), { signal });
  return () => listeners.abort();
}
