import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { CHECK_WORDS } from '../../../src/diagnosis/words.ts';

type Words = { title: string } & Record<string, { explanation: string; remedy?: string }>;
const read = (language: string) =>
  JSON.parse(readFileSync(new URL(`../../locales/${language}/about.json`, import.meta.url), 'utf8')) as {
    checks: Record<string, Words>;
  };
const parametersIn = (text: string | undefined) =>
  [...(text ?? '').matchAll(/\{\{\w+\}\}/g)].map(String).sort();

/** The bridge's words of a check in the form of the locale files. */
const cases = (id: keyof typeof CHECK_WORDS) =>
  Object.entries(CHECK_WORDS[id].cases).filter(([name]) => name !== 'not_applicable');

test('every result of every check has its words in each language, with the same parameters', () => {
  for (const language of ['en', 'de', 'vi']) {
    const { checks } = read(language);
    assert.deepEqual(Object.keys(checks).sort(), Object.keys(CHECK_WORDS).sort());
    for (const id of Object.keys(CHECK_WORDS) as (keyof typeof CHECK_WORDS)[]) {
      for (const [name, { explanation, remedy }] of cases(id)) {
        const words = checks[id]?.[name];
        const where = `${language} ${id} ${name}`;
        assert.deepEqual(parametersIn(words?.explanation), parametersIn(explanation), where);
        assert.equal(Boolean(words?.remedy), remedy !== '', where);
      }
    }
  }
});

test('in English the console says what the bridge says', () => {
  const { checks } = read('en');
  for (const id of Object.keys(CHECK_WORDS) as (keyof typeof CHECK_WORDS)[]) {
    assert.equal(checks[id]?.title, CHECK_WORDS[id].title);
    for (const [name, { explanation, remedy }] of cases(id)) {
      assert.deepEqual({ remedy: '', ...checks[id]?.[name] }, { explanation, remedy }, `${id} ${name}`);
    }
  }
});
