import { Button, Group } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { spanOf, type TimeRange } from './time-range.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const SPANS = [
  { amount: 5, unit: 'minute', ms: 5 * MINUTE_MS },
  { amount: 30, unit: 'minute', ms: 30 * MINUTE_MS },
  { amount: 6, unit: 'hour', ms: 6 * HOUR_MS },
  { amount: 1, unit: 'day', ms: DAY_MS },
  { amount: 7, unit: 'day', ms: 7 * DAY_MS },
  { amount: 30, unit: 'day', ms: 30 * DAY_MS },
  { amount: 1, unit: 'year', ms: 365 * DAY_MS },
] as const;

/** Spans to choose by a finger or a key, where there is no wheel. */
export function RangeButtons({ range, onSpan }: { range: TimeRange; onSpan(spanMs: number): void }) {
  const { t, i18n } = useTranslation();
  const isShown = (ms: number) => Math.abs(spanOf(range) / ms - 1) < 0.02;
  const name = (amount: number, unit: string) =>
    new Intl.NumberFormat(i18n.language, { style: 'unit', unit, unitDisplay: 'short' }).format(amount);
  return (
    <Group gap={4} role="group" aria-label={t('machine.span')}>
      {SPANS.map(({ amount, unit, ms }) => (
        <Button
          key={ms}
          size="compact-sm"
          variant={isShown(ms) ? 'filled' : 'default'}
          aria-pressed={isShown(ms)}
          onClick={() => onSpan(ms)}
        >
          {name(amount, unit)}
        </Button>
      ))}
    </Group>
  );
}
