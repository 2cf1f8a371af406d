import type uPlot from 'uplot';
import type { Band } from './bands.ts';
import { colour, type ThresholdLine } from './overlay.ts';

const HATCH_PX = 6;

/** Slanted lines over a rectangle: an interruption. */
function hatch(context: CanvasRenderingContext2D, x: number, y: number, width: number, height: number): void {
  const step = HATCH_PX * devicePixelRatio;
  context.save();
  context.beginPath();
  context.rect(x, y, width, height);
  context.clip();
  context.beginPath();
  for (let at = x - height; at < x + width; at += step) {
    context.moveTo(at, y + height);
    context.lineTo(at + height, y);
  }
  context.lineWidth = devicePixelRatio;
  context.strokeStyle = colour('--band-working');
  context.stroke();
  context.restore();
}

/** What the machine did, behind the line: standby light, working full, interruptions hatched. */
export function drawBands({ ctx, bbox, valToPos }: uPlot, bands: readonly Band[]): void {
  const fills = { standby: colour('--band-standby'), working: colour('--band-working') };
  for (const { fromMs, toMs, kind } of bands) {
    const left = Math.max(valToPos(fromMs / 1000, 'x', true), bbox.left);
    const right = Math.min(valToPos(toMs / 1000, 'x', true), bbox.left + bbox.width);
    if (right <= left) continue;
    const width = Math.max(right - left, 1);
    if (kind === 'interruption') hatch(ctx, left, bbox.top, width, bbox.height);
    else {
      ctx.fillStyle = fills[kind];
      ctx.fillRect(left, bbox.top, width, bbox.height);
    }
  }
}

/** Text that can be read over a dense line. */
function drawLabel(ctx: CanvasRenderingContext2D, text: string, right: number, bottom: number): void {
  ctx.save();
  ctx.setLineDash([]);
  ctx.lineJoin = 'round';
  ctx.lineWidth = 4 * devicePixelRatio;
  ctx.strokeStyle = colour('--surface');
  ctx.strokeText(text, right, bottom);
  ctx.restore();
  ctx.fillText(text, right, bottom);
}

/** Thresholds as dashed lines with their names; a line that can be dragged has a handle. */
export function drawThresholds({ ctx, bbox, valToPos }: uPlot, thresholds: readonly ThresholdLine[]): void {
  const scale = devicePixelRatio;
  ctx.save();
  ctx.strokeStyle = colour('--line-threshold');
  ctx.fillStyle = colour('--line-threshold');
  ctx.font = `${12 * scale}px system-ui, sans-serif`;
  ctx.textAlign = 'right';
  ctx.textBaseline = 'bottom';
  const right = bbox.left + bbox.width;
  let lastTextY = Number.POSITIVE_INFINITY;
  for (const { label, watts, onDrag } of [...thresholds].sort((a, b) => a.watts - b.watts)) {
    const y = Math.round(valToPos(watts, 'y', true));
    ctx.lineWidth = (onDrag ? 2 : 1) * scale;
    ctx.setLineDash([6 * scale, 4 * scale]);
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(right, y);
    ctx.stroke();
    if (onDrag) {
      ctx.beginPath();
      ctx.arc(bbox.left + 10 * scale, y, 6 * scale, 0, 2 * Math.PI);
      ctx.fill();
    }
    // Two lines may lie on each other: their names do not.
    const textY = Math.min(y - 2 * scale, lastTextY - 14 * scale);
    drawLabel(ctx, label, right - 6 * scale, textY);
    lastTextY = textY;
  }
  ctx.restore();
}
