import type { Band } from './bands.ts';

/** A power that decides something, as a labelled line. */
export type ThresholdLine = {
  key: string;
  label: string;
  watts: number;
  /** Called while the line is dragged; without it the line stays. */
  onDrag?: ((watts: number) => void) | undefined;
};
/** What is drawn behind and over the line of the power. */
export type Overlay = { bands: readonly Band[]; thresholds: readonly ThresholdLine[] };

/** The colour that a token stands for right now. */
export const colour = (token: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(token).trim();
