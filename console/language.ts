import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';

export const LANGUAGES = { en: 'English', de: 'Deutsch', vi: 'Tiếng Việt' } as const;
export type Language = keyof typeof LANGUAGES;

const KEPT = 'iot-bridge-language';
const LOADERS: Record<Language, () => Promise<{ words: Record<string, unknown> }>> = {
  en: () => import('./locales/en.ts'),
  de: () => import('./locales/de.ts'),
  vi: () => import('./locales/vi.ts'),
};

const isLanguage = (word: string | null | undefined): word is Language =>
  word !== null && word !== undefined && Object.hasOwn(LANGUAGES, word);

/** What was chosen here before, else the first language of the browser that there is, else English. */
function wanted(): Language {
  const kept = localStorage.getItem(KEPT);
  if (isLanguage(kept)) return kept;
  return navigator.languages.map((tag) => tag.split('-')[0]).find(isLanguage) ?? 'en';
}

async function load(language: Language): Promise<void> {
  if (i18next.hasResourceBundle(language, 'translation')) return;
  const { words } = await LOADERS[language]();
  i18next.addResourceBundle(language, 'translation', words);
}

/** Begins with the words of one language; the others are loaded when they are chosen. */
export async function startLanguage(): Promise<void> {
  const language = wanted();
  await i18next.use(initReactI18next).init({
    lng: language,
    fallbackLng: false,
    resources: {},
    // React escapes what it shows.
    interpolation: { escapeValue: false },
    returnNull: false,
  });
  await load(language);
  document.documentElement.lang = language;
  await i18next.changeLanguage(language);
}

export async function chooseLanguage(language: Language): Promise<void> {
  localStorage.setItem(KEPT, language);
  await load(language);
  document.documentElement.lang = language;
  await i18next.changeLanguage(language);
}
