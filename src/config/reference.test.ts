import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { describeFields } from './device-fields.ts';
import { VARIABLE_NAMES, VARIABLES, type Variable } from './environment-variables.ts';
import { deviceTable, environmentHelp, environmentTable } from './reference.ts';

const PAGE = new URL('../../docs/configuration.md', import.meta.url);

/** The page with the table between its two markers replaced. */
function withTable(page: string, name: string, table: string): string {
  const between = new RegExp(`(<!-- ${name}: [^>]*-->\n)[^]*?(<!-- end of ${name} -->)`);
  assert.match(page, between);
  return page.replace(between, (_all, begin: string, end: string) => `${begin}${table}\n${end}`);
}

test('docs/configuration.md holds the tables (UPDATE_DOCS=1 writes them)', () => {
  const page = readFileSync(PAGE, 'utf8');
  const wanted = withTable(
    withTable(page, 'environment table', environmentTable()),
    'device table',
    deviceTable(),
  );
  if (process.env.UPDATE_DOCS === '1') writeFileSync(PAGE, wanted);
  else assert.equal(page, wanted);
});

test('every field of a device has a meaning', () => {
  assert.deepEqual(
    describeFields().filter((field) => field.meaning === ''),
    [],
  );
});

test('every default passes its own schema', () => {
  for (const name of VARIABLE_NAMES) {
    const { schema, default: standard }: Variable = VARIABLES[name];
    if (standard !== undefined) assert.equal(schema.safeParse(standard).success, true, name);
  }
});

test('help and example mention every variable', () => {
  const help = environmentHelp();
  const example = readFileSync(new URL('../../config.example.yaml', import.meta.url), 'utf8');
  for (const name of VARIABLE_NAMES) {
    assert.match(help, new RegExp(`^  ${name}\\b`, 'm'));
    assert.match(example, new RegExp(`^  (# )?${name}(_FILE)?: `, 'm'));
  }
});

test('help names the file of a secret, and never a default that is one', () => {
  assert.match(environmentHelp(), /^ {2}BRIDGE_API_TOKEN \(or BRIDGE_API_TOKEN_FILE\)$/m);
  assert.match(environmentHelp(), /^ {6}1 to 65535; default: 1883, with TLS 8883$/m);
});
