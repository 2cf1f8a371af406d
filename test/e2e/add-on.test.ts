import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from './running-bridge.ts';

/** What can be said of the add-on without an Odoo; with one: `npm run odoo`. */
const ADDONS = join(import.meta.dirname, '..', '..', 'addons');
const LANGUAGES = ['de', 'vi'];
const modules = globSync('*/__manifest__.py', { cwd: ADDONS }).map((path) => dirname(path));

function python(script: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync('python3', ['-c', script, ...args], { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  return stdout;
}

const manifestOf = (module: string) =>
  JSON.parse(
    python(
      'import ast, json, sys; print(json.dumps(ast.literal_eval(open(sys.argv[1]).read())))',
      join(ADDONS, module, '__manifest__.py'),
    ),
  ) as { version: string; license: string; data: string[]; depends: string[] };

test('every Python file compiles', () => {
  const cache = temporaryFolder();
  try {
    const { status, stdout } = spawnSync('python3', ['-m', 'compileall', '-q', '-f', ADDONS], {
      encoding: 'utf8',
      env: { ...process.env, PYTHONPYCACHEPREFIX: cache.path },
    });
    assert.equal(status, 0, stdout);
  } finally {
    cache.remove();
  }
});

test('every XML file is well-formed', () => {
  const files = globSync('**/*.xml', { cwd: ADDONS }).map((path) => join(ADDONS, path));
  assert.ok(files.length > 10);
  python('import sys, xml.etree.ElementTree as e\nfor f in sys.argv[1:]: e.parse(f)', ...files);
});

for (const module of modules) {
  test(`${module} loads files that are there, and all of its data`, () => {
    const { version, license, data, depends } = manifestOf(module);
    assert.match(version, /^18\.0\.\d+\.\d+\.\d+$/);
    assert.equal(license, 'LGPL-3');
    assert.ok(depends.length > 0);
    assert.deepEqual(
      data.filter((path) => !existsSync(join(ADDONS, module, path))),
      [],
    );
    const there = globSync('{data,security,views}/*.{xml,csv}', { cwd: join(ADDONS, module) });
    assert.deepEqual(
      there.filter((path) => !data.includes(path)),
      [],
    );
  });

  test(`${module} imports each of its models and tests`, () => {
    for (const folder of ['models', 'controllers', 'tests']) {
      const files = globSync(`${folder}/*.py`, { cwd: join(ADDONS, module) });
      if (files.length === 0) continue;
      const init = readFileSync(join(ADDONS, module, folder, '__init__.py'), 'utf8');
      const rest = files.map((path) => readFileSync(join(ADDONS, module, path), 'utf8')).join('\n');
      for (const path of files) {
        const name = basename(path, '.py');
        if (name === '__init__') continue;
        // A plain module is imported by one that Odoo loads.
        const isLoaded = new RegExp(`\\b${name}\\b`).test(init) || rest.includes(`.${name} import`);
        assert.ok(isLoaded, `${path} is imported by nobody`);
      }
    }
  });

  for (const language of LANGUAGES) {
    test(`${module} is translated to ${language}, every word`, () => {
      const path = join(ADDONS, module, 'i18n', `${language}.po`);
      const entries = readFileSync(path, 'utf8').split(/\n\n+/).slice(1);
      const untranslated = entries.filter(
        (entry) => /^msgstr ""$(?!\n")/m.test(entry) || entry.includes('#, fuzzy'),
      );
      assert.deepEqual(untranslated, []);
      const words = (file: string) =>
        readFileSync(join(ADDONS, module, 'i18n', file), 'utf8').match(/^msgid (?!""$)|^msgid ""\n"/gm)
          ?.length;
      assert.equal(words(`${language}.po`), words(`${module}.pot`));
    });
  }
}
