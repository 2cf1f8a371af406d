import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import i18next from 'i18next';

/** The console's languages, each with a browser that wishes for it. */
export const LANGUAGES = [
  { language: 'en', locale: 'en-GB', timezoneId: 'Europe/London' },
  { language: 'de', locale: 'de-DE', timezoneId: 'Europe/Berlin' },
  { language: 'vi', locale: 'vi-VN', timezoneId: 'Asia/Ho_Chi_Minh' },
] as const;
export type Language = (typeof LANGUAGES)[number]['language'];
/** The console's words, filled in as the console does it. */
export type Words = (key: string, values?: Record<string, unknown>) => string;

const LOCALES = join(import.meta.dirname, '..', '..', 'console', 'locales');

function pagesOf(language: Language): Record<string, Record<string, unknown>> {
  const folder = join(LOCALES, language);
  return Object.fromEntries(
    readdirSync(folder).map((file) => [
      file.replace(/\.json$/, ''),
      JSON.parse(readFileSync(join(folder, file), 'utf8')) as Record<string, unknown>,
    ]),
  );
}

/** The pages that have words of their own: `overview.filter` is one. */
export const PAGES_OF_WORDS = Object.keys(pagesOf('en'));

const words = i18next.createInstance();
void words.init({
  resources: Object.fromEntries(
    LANGUAGES.map(({ language }) => [language, { translation: pagesOf(language) }]),
  ),
  fallbackLng: false,
  initAsync: false,
  interpolation: { escapeValue: false },
  parseMissingKeyHandler: (key) => {
    throw new Error(`the console has no words for ${key}`);
  },
});

export const wordsOf = (language: Language): Words => {
  const t = words.getFixedT(language);
  return (key, values = {}) => t(key, values);
};

/** A number as the console writes it. */
export function figure(language: Language, value: number, digits = 0): string {
  const fixed = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return new Intl.NumberFormat(language, fixed).format(value);
}
