import { type ChartData, indexAt } from './chart-data.ts';

export type BandKind = 'standby' | 'working' | 'interruption';
/** A stretch of time that is marked behind the line; ms since the epoch. */
export type Band = { fromMs: number; toMs: number; kind: BandKind };
/** A session as far as bands need it; an open one ends where the data do. */
export type BandSession = { started_at: string; ended_at: string | null };
export type Thresholds = { standbyW: number; workingW: number };

const kindOf = (watts: number, { standbyW, workingW }: Thresholds): BandKind =>
  watts < standbyW ? 'interruption' : watts < workingW ? 'standby' : 'working';

/** What a machine did in its sessions, by the power in the data; a session without data is standby as a whole. */
export function sessionBands(
  sessions: readonly BandSession[],
  [at, power]: ChartData,
  thresholds: Thresholds,
  nowMs: number,
): Band[] {
  const bands: Band[] = [];
  for (const { started_at, ended_at } of sessions) {
    const fromMs = Date.parse(started_at);
    const toMs = ended_at === null ? nowMs : Date.parse(ended_at);
    let open: Band = { fromMs, toMs, kind: 'standby' };
    let isKnown = false;
    for (let i = Math.max(0, indexAt(at, fromMs)); i < at.length; i++) {
      const atMs = Math.max((at[i] as number) * 1000, fromMs);
      if (atMs >= toMs) break;
      const watts = power[i];
      if (watts === null || watts === undefined) continue;
      const kind = kindOf(watts, thresholds);
      if (isKnown && kind !== open.kind) {
        bands.push({ ...open, toMs: atMs });
        open = { fromMs: atMs, toMs, kind };
      } else if (!isKnown) open = { ...open, kind };
      isKnown = true;
    }
    bands.push(open);
  }
  return bands;
}

/** The band at a time, or null. */
export function bandAt(bands: readonly Band[], atMs: number): Band | null {
  return bands.find(({ fromMs, toMs }) => atMs >= fromMs && atMs < toMs) ?? null;
}
