import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';

const SECOND_MS = 1000;

/** `hh:mm:ss`, hours without end. */
export function durationText(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (n: number) => String(n).padStart(2, '0');
  return `${Math.floor(whole / 3600)}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
}

/** Seconds from `iso` until `nowMs`. */
export const secondsSince = (iso: string, nowMs: number): number => (nowMs - Date.parse(iso)) / SECOND_MS;

function makers(language: string) {
  const number = (digits: number) =>
    new Intl.NumberFormat(language, { minimumFractionDigits: digits, maximumFractionDigits: digits });
  const tenth = number(1);
  const whole = number(0);
  const thousandth = number(3);
  const time = new Intl.DateTimeFormat(language, { timeStyle: 'medium' });
  const clock = new Intl.DateTimeFormat(language, { timeStyle: 'short' });
  const moment = new Intl.DateTimeFormat(language, { dateStyle: 'short', timeStyle: 'medium' });
  const day = new Intl.DateTimeFormat(language, { dateStyle: 'medium' });
  return {
    /** Watts with their unit: tenths below 100 W. null: `–`. */
    power: (watts: number | null | undefined) =>
      watts === null || watts === undefined
        ? '–'
        : `${(Math.abs(watts) < 100 ? tenth : whole).format(watts)} W`,
    /** Kilowatt-hours to the watt-hour. */
    energy: (kwh: number | null | undefined) =>
      kwh === null || kwh === undefined ? '–' : `${thousandth.format(kwh)} kWh`,
    count: (n: number) => whole.format(n),
    number: (n: number, digits: number) => number(digits).format(n),
    duration: (seconds: number | null | undefined) =>
      seconds === null || seconds === undefined ? '–' : durationText(seconds),
    /** The time of day in the viewer's zone. */
    time: (iso: string | number) => time.format(new Date(iso)),
    /** Hours and minutes. */
    clock: (iso: string | number) => clock.format(new Date(iso)),
    /** Date and time. */
    moment: (iso: string | number | null | undefined) =>
      iso === null || iso === undefined ? '–' : moment.format(new Date(iso)),
    day: (iso: string | number) => day.format(new Date(iso)),
  };
}

/** Figures and times as the viewer's language writes them, units included. */
export function useFormat() {
  const { i18n } = useTranslation();
  return useMemo(() => makers(i18n.language), [i18n.language]);
}
