import { AXIS_PX, RIGHT_PX } from './chart-options.ts';
import classes from './power-chart.module.css';
import type { TimeRange } from './time-range.ts';

export type LanePiece = {
  key: string;
  fromMs: number;
  /** null: an instant. */
  toMs: number | null;
  tone: 'standby' | 'working' | 'quiet' | 'bad' | 'plain';
  text: string;
};
export type Lane = { key: string; label: string; pieces: readonly LanePiece[] };

/** Lanes under a chart with the same axis. What they show must stand in a table besides: they are for the eye. */
export function Lanes({ lanes, range }: { lanes: readonly Lane[]; range: TimeRange }) {
  const span = range.toMs - range.fromMs;
  const share = (ms: number) => Math.min(Math.max((ms - range.fromMs) / span, 0), 1);
  const isShown = ({ fromMs, toMs }: LanePiece) => fromMs < range.toMs && (toMs ?? fromMs) >= range.fromMs;
  return (
    <div className={classes.lanes} aria-hidden="true">
      {lanes.map(({ key, label, pieces }) => (
        <div
          key={key}
          className={classes.lane}
          style={{ gridTemplateColumns: `${AXIS_PX}px 1fr`, paddingRight: RIGHT_PX }}
        >
          <span>{label}</span>
          <div className={classes.track}>
            {pieces.filter(isShown).map((piece, i, shown) => {
              const left = share(piece.fromMs);
              // The words of an instant have room up to the next one.
              const width = share(piece.toMs ?? shown[i + 1]?.fromMs ?? range.toMs) - left;
              return (
                <div
                  key={piece.key}
                  className={classes.piece}
                  data-tone={piece.tone}
                  title={piece.text}
                  style={{ left: `${left * 100}%`, width: `${width * 100}%` }}
                >
                  {piece.text}
                </div>
              );
            })}
          </div>
        </div>
      ))}
    </div>
  );
}
