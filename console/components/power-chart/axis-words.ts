import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { AxisWords } from './chart-options.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const MONTH_MS = 28 * DAY_MS;

/** The axes in the viewer's language and zone: as exact as the distance of the marks. */
export function useAxisWords(): AxisWords {
  const { i18n } = useTranslation();
  return useMemo(() => {
    const maker = (options: Intl.DateTimeFormatOptions) => {
      const made = new Intl.DateTimeFormat(i18n.language, options);
      return (ms: number) => made.format(ms);
    };
    const seconds = maker({ timeStyle: 'medium' });
    const minutes = maker({ timeStyle: 'short' });
    const days = maker({ day: 'numeric', month: 'short' });
    const months = maker({ month: 'short', year: 'numeric' });
    const number = new Intl.NumberFormat(i18n.language, { maximumFractionDigits: 1 });
    return {
      time(ms, stepMs) {
        if (stepMs < MINUTE_MS) return seconds(ms);
        const isMidnight = new Date(ms).getHours() === 0 && new Date(ms).getMinutes() === 0;
        if (stepMs < DAY_MS) return isMidnight ? days(ms) : minutes(ms);
        return stepMs < MONTH_MS ? days(ms) : months(ms);
      },
      power: (watts) => `${number.format(watts)} W`,
    };
  }, [i18n.language]);
}
