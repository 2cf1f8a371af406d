import type { Clock } from '../platform/clock.ts';
import { DeadlineRunner } from './deadline-runner.ts';
import { listensTo, NOWHERE, type PipelineLink } from './link.ts';
import { LinkWatch } from './link-watch.ts';

/** What is kept for each link. */
type Source = { watch: LinkWatch; deadlines: DeadlineRunner; up: boolean };

export type SourcesDeps = {
  clock: Clock;
  /** Carries out what is due on the device at `steadyAt`. */
  runDeadline(deviceId: string, steadyAt: number): void;
  /** The link's backlog is through. */
  onSettled(link: PipelineLink): void;
};

/** The links that messages come from: which are up, which have settled, and what is due on their devices. */
export class Sources {
  readonly #deps: SourcesDeps;
  readonly #sources = new Map<PipelineLink, Source>();

  constructor(deps: SourcesDeps) {
    this.#deps = deps;
  }

  add(link: PipelineLink): void {
    const { clock, runDeadline, onSettled } = this.#deps;
    const deadlines = new DeadlineRunner({
      clock,
      heardAt: () => link.heardAt(),
      prove: () => link.prove(),
      run: runDeadline,
    });
    const watch = new LinkWatch({ clock, onSettled: () => onSettled(link) });
    this.#sources.set(link, { deadlines, watch, up: false });
  }

  remove(link: PipelineLink): void {
    this.down(link);
    this.#sources.get(link)?.deadlines.stop();
    this.#sources.delete(link);
  }

  links(): Iterable<PipelineLink> {
    return this.#sources.keys();
  }

  /** Where a device that names `broker` is heard; `now` stays when it will do. */
  linkFor(broker: string | null, now: PipelineLink = NOWHERE): PipelineLink {
    if (now !== NOWHERE && this.#sources.has(now) && listensTo(broker, now)) return now;
    for (const link of this.#sources.keys()) if (listensTo(broker, link)) return link;
    return NOWHERE;
  }

  up(link: PipelineLink, backlog: boolean): void {
    const source = this.#sources.get(link);
    if (!source) return;
    source.up = true;
    source.watch.up(backlog);
  }

  down(link: PipelineLink): void {
    const source = this.#sources.get(link);
    if (!source) return;
    source.up = false;
    source.watch.down();
  }

  watch(link: PipelineLink): LinkWatch | undefined {
    return this.#sources.get(link)?.watch;
  }

  deadlines(link: PipelineLink): DeadlineRunner | undefined {
    return this.#sources.get(link)?.deadlines;
  }

  /** Until when every link that is up was heard: what devices on the others missed they know themselves. */
  heardAt(): number {
    const up = [...this.#sources].filter(([, source]) => source.up).map(([link]) => link.heardAt());
    return up.length > 0 ? Math.min(...up) : this.#deps.clock.steadyMs();
  }

  stop(): void {
    for (const { watch, deadlines } of this.#sources.values()) {
      watch.down();
      deadlines.stop();
    }
  }
}
