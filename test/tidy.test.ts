import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { test } from 'node:test';

/** Style is a test: the import table, sizes, and what may not stand in the sources. */
const ROOT = join(import.meta.dirname, '..');

/** Who may import whom: folder (or file) → folders it may import besides itself. The first match counts. */
const MAY_IMPORT: [from: string, to: string[]][] = [
  ['src/main.ts', ['src/command.ts']],
  ['src/command.ts', ['src/', 'simulator/']],
  ['src/demo.ts', ['src/platform/', 'simulator/']],
  ['src/replay', ['src/replay', 'src/config/', 'src/detect/', 'src/parse/', 'src/platform/', 'src/model/']],
  ['src/bridge', ['src/']],
  [
    'src/diagnosis/',
    ['src/history/', 'src/mqtt/', 'src/outbox/', 'src/parse/', 'src/store/', 'src/platform/', 'src/model/'],
  ],
  [
    'src/pipeline',
    ['src/parse/', 'src/detect/', 'src/mqtt/', 'src/store/', 'src/platform/', 'src/model/', 'src/pipeline'],
  ],
  [
    'src/api/',
    [
      'src/config/',
      'src/devices/',
      'src/outbox/',
      'src/odoo/',
      'src/mqtt/',
      'src/messages/',
      'src/flows/',
      'src/history/',
      'src/store/',
      'src/platform/',
      'src/model/',
    ],
  ],
  [
    'src/config/',
    ['src/parse/', 'src/mqtt/', 'src/outbox/', 'src/odoo/', 'src/store/', 'src/platform/', 'src/model/'],
  ],
  ['src/mqtt/', ['src/store/', 'src/platform/', 'src/model/']],
  ['src/outbox/', ['src/store/', 'src/platform/', 'src/model/']],
  ['src/odoo/', ['src/store/', 'src/platform/', 'src/model/']],
  ['src/devices/', ['src/store/', 'src/platform/', 'src/model/']],
  ['src/messages/', ['src/store/', 'src/platform/', 'src/model/']],
  ['src/flows/', ['src/store/', 'src/platform/', 'src/model/']],
  ['src/history/', ['src/detect/', 'src/store/', 'src/platform/', 'src/model/']],
  ['src/parse/', ['src/model/']],
  ['src/detect/', ['src/model/']],
  ['src/store/', ['src/platform/', 'src/model/']],
  ['src/platform/', ['src/model/']],
  ['src/model/', []],
  ['simulator/', ['src/model/']],
  ['console/', ['src/model/', 'src/api/']],
];

/** What the pure folders may import of packages and of Node. */
const MAY_USE: [folder: string, packages: RegExp][] = [
  ['src/parse/', /^node:(buffer|util)$/],
  ['src/detect/', /^$/],
  ['src/model/', /^(zod|node:crypto)$/],
];

const FILE_LINES_MAX = 300;
const FUNCTION_LINES_MAX = 60;
/** Components are mostly markup. */
const COMPONENT_LINES_MAX = 90;
const VAGUE = /(^|[-/])(utils?|helpers?|managers?|common|misc)([-./]|$)/;
const IMPURE = /\bDate\.now\b|\bnew Date\(\)|\bsetTimeout\b|\bsetInterval\b|\bMath\.random\b/;

function sources(): string[] {
  const list = execFileSync(
    'git',
    ['ls-files', '-co', '--exclude-standard', '*.ts', '*.tsx', '*.js', '*.mjs'],
    {
      cwd: ROOT,
      encoding: 'utf8',
    },
  );
  return list.split('\n').filter((path) => path !== '' && existsSync(join(ROOT, path)));
}

const files = new Map(sources().map((path) => [path, readFileSync(join(ROOT, path), 'utf8')]));
const isTest = (path: string) => /\.test\.tsx?$/.test(path) || path.startsWith('test/');
const isProduct = (path: string) =>
  /^(src|simulator|console)\//.test(path) && /\.tsx?$/.test(path) && !isTest(path);
const product = [...files].filter(([path]) => isProduct(path));

function importsOf(text: string): string[] {
  const found = text.matchAll(
    /^\s*(?:import|export)\b[^'"]*?from\s+['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)|^import\s+['"]([^'"]+)['"]|new Worker\(new URL\('([^']+)'/gm,
  );
  return Array.from(found, (match) => match[1] ?? match[2] ?? match[3] ?? match[4] ?? '');
}

const resolve = (from: string, specifier: string) => relative(ROOT, join(ROOT, dirname(from), specifier));

function forbidden(path: string, text: string): string[] {
  const rule = MAY_IMPORT.find(([from]) => path.startsWith(from));
  if (!rule) return [`${path}: no row of the import table`];
  const [own, allowed] = rule;
  const packages = MAY_USE.find(([folder]) => path.startsWith(folder))?.[1];
  return importsOf(text).flatMap((specifier) => {
    if (!specifier.startsWith('.'))
      return packages && !packages.test(specifier) ? [`${path} → ${specifier}`] : [];
    const target = resolve(path, specifier);
    return [own, ...allowed].some((prefix) => target.startsWith(prefix)) ? [] : [`${path} → ${target}`];
  });
}

/** Functions and methods by their formatted braces: the opening line's indentation closes it. */
function longFunctions(path: string, text: string): string[] {
  const lines = text.split('\n');
  const found: string[] = [];
  for (const [i, line] of lines.entries()) {
    const opens =
      /^(\s*)(?:export )?(?:async )?(?:static )?(?:function\*?\s+\w+|(?!if|for|while|switch|catch|return)[#\w]+)(?:<[^>]*>)?\(.*\{$/.exec(
        line,
      );
    if (!opens) continue;
    const closes = new RegExp(`^${opens[1]}}[),;]*$`);
    const end = lines.findIndex((other, k) => k > i && closes.test(other));
    const most = path.endsWith('.tsx') ? COMPONENT_LINES_MAX : FUNCTION_LINES_MAX;
    if (end - i > most) found.push(`${path}:${i + 1} has a function of ${end - i + 1} lines`);
  }
  return found;
}

test('imports follow the table', () => {
  assert.deepEqual(
    product.flatMap(([path, text]) => forbidden(path, text)),
    [],
  );
});

test('the import table would notice a forbidden import', () => {
  assert.deepEqual(
    forbidden(
      'src/parse/x.ts',
      "import { readFileSync } from 'node:fs';\nimport { a } from '../store/a.ts';",
    ),
    ['src/parse/x.ts → node:fs', 'src/parse/x.ts → src/store/a.ts'],
  );
  assert.deepEqual(forbidden('simulator/x.ts', "export { p } from '../src/parse/index.ts';"), [
    'simulator/x.ts → src/parse/index.ts',
  ]);
});

test(`files have at most ${FILE_LINES_MAX} lines, functions at most ${FUNCTION_LINES_MAX}`, () => {
  const long = [...files].flatMap(([path, text]) => {
    const lines = text.split('\n').length - 1;
    return lines > FILE_LINES_MAX ? [`${path} has ${lines} lines`] : [];
  });
  assert.deepEqual([...long, ...product.flatMap(([path, text]) => longFunctions(path, text))], []);
});

test('time and chance come from src/platform only', () => {
  const found = product.filter(
    ([path, text]) => path.startsWith('src/') && !path.startsWith('src/platform/') && IMPURE.test(text),
  );
  assert.deepEqual(
    found.map(([path]) => path),
    [],
  );
});

test('names say what a thing is', () => {
  assert.deepEqual(
    [...files.keys()].filter((path) => VAGUE.test(path)),
    [],
  );
});

test('the console takes types from the bridge, and nothing that runs', () => {
  const found = [...files].filter(
    ([path, text]) =>
      path.startsWith('console/') && !isTest(path) && /^import (?!type\b)[^;]*['"](\.\.\/)+src\//m.test(text),
  );
  assert.deepEqual(
    found.map(([path]) => path),
    [],
  );
});

test('every file is imported by another one', () => {
  const entries = new Set([
    'src/main.ts',
    'console/main.tsx',
    'console/vite.config.ts',
    'console/fake-bridge/record.ts',
  ]);
  const imported = new Set(
    [...files].flatMap(([path, text]) =>
      importsOf(text)
        .filter((s) => s.startsWith('.'))
        .map((s) => resolve(path, s)),
    ),
  );
  assert.deepEqual(
    product.map(([path]) => path).filter((path) => !imported.has(path) && !entries.has(path)),
    [],
  );
});

test('nothing is left for later, and no test is left out', () => {
  const marker = new RegExp(['TO', 'DO|FIX', 'ME|X', 'XX'].join(''));
  const skipped = /\b(test|it|describe)\.(only|skip|todo)\(/;
  assert.deepEqual(
    [...files].filter(([, text]) => marker.test(text) || skipped.test(text)).map(([path]) => path),
    [],
  );
});

test('no committed file names a registry, another project or an absolute path of a machine', () => {
  const tracked = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], {
    cwd: ROOT,
    encoding: 'utf8',
  }).split('\n');
  const places = new RegExp(
    ['registry\\.', 'npmjs|"resolved": ', '"http|/work', '/shared|/home', '/\\w+/'].join(''),
  );
  const found = tracked.filter(
    (path) =>
      path !== '' &&
      existsSync(join(ROOT, path)) &&
      !/\.(png|webp)$/.test(path) &&
      places.test(readFileSync(join(ROOT, path), 'utf8')),
  );
  assert.deepEqual(found, []);
});
