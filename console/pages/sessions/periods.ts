export const PERIODS = ['today', 'yesterday', 'week', 'month', 'all', 'own'] as const;
export type PeriodName = (typeof PERIODS)[number];

/** Dates as `2026-01-31`, in the viewer's zone; `to` is the last day that counts. Empty: no bound. */
export type OwnDays = { from: string; to: string };
/** From the beginning until before the end, ms since the epoch. */
export type Span = { from?: number; to?: number };

const DAYS_A_WEEK = 7;

/** Midnight of the day that is `days` after the one of `at`; days may have 23 or 25 hours. */
function midnight(at: Date, days = 0): number {
  return new Date(at.getFullYear(), at.getMonth(), at.getDate() + days).getTime();
}

/** Midnight at the beginning of a date, `days` later; null: it is no date. */
export function dayStart(date: string, days = 0): number | null {
  const [, year, month, day] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(date) ?? [];
  if (year === undefined) return null;
  const at = new Date(Number(year), Number(month) - 1, Number(day));
  const isDate = at.getMonth() === Number(month) - 1 && at.getDate() === Number(day);
  return isDate ? midnight(at, days) : null;
}

/** Whether the first day comes after the last. */
export const isReversed = ({ from, to }: OwnDays): boolean => from !== '' && to !== '' && from > to;

function ownSpan({ from, to }: OwnDays): Span {
  const begins = dayStart(from);
  const ends = dayStart(to, 1);
  return { ...(begins !== null && { from: begins }), ...(ends !== null && { to: ends }) };
}

/** The time that a period means now, in the viewer's zone. Weeks begin on Monday. */
export function spanOf(period: PeriodName, own: OwnDays, now: Date): Span {
  switch (period) {
    case 'today':
      return { from: midnight(now) };
    case 'yesterday':
      return { from: midnight(now, -1), to: midnight(now) };
    case 'week':
      return { from: midnight(now, -((now.getDay() + DAYS_A_WEEK - 1) % DAYS_A_WEEK)) };
    case 'month':
      return { from: midnight(now, 1 - now.getDate()) };
    case 'all':
      return {};
    case 'own':
      return ownSpan(own);
  }
}
