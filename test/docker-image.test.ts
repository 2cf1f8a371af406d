import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';

/** Docker runs where the bridge is put into service, not here: its file is read and judged. */
const ROOT = join(import.meta.dirname, '..');
const text = (...path: string[]) => readFileSync(join(ROOT, ...path), 'utf8');
const packageFile = JSON.parse(text('package.json'));

describe('Dockerfile', () => {
  const instructions = text('deploy', 'Dockerfile')
    .replaceAll(/^#.*\n/gm, '')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [, name = '', rest = ''] = /^([A-Z]+) +(.*)$/.exec(line) ?? [];
      return { name, rest };
    });
  const of = (name: string) => instructions.filter((one) => one.name === name).map(({ rest }) => rest);
  const stages = of('FROM').map((rest) => / AS (\S+)$/.exec(rest)?.[1] ?? 'last');
  const last = instructions.slice(instructions.findLastIndex(({ name }) => name === 'FROM'));
  const lastOf = (name: string) => last.filter((one) => one.name === name).map(({ rest }) => rest);

  /** Whether .dockerignore lets `path` into the context: the last line that matches it or a folder of it decides. */
  function isInContext(path: string): boolean {
    const lines = text('.dockerignore').split('\n');
    return lines.reduce((isIn, line) => {
      if (line === '' || line.startsWith('#')) return isIn;
      const pattern = line
        .replace('!', '')
        .replaceAll('.', '\\.')
        .replaceAll(/(\*\*\/)|\*/g, (_all, folders) => (folders ? '(.*/)?' : '[^/]*'));
      return new RegExp(`^${pattern}(/|$)`).test(path) ? line.startsWith('!') : isIn;
    }, true);
  }

  test('it has instructions that Docker knows', () => {
    const names = /^(FROM|WORKDIR|COPY|RUN|USER|ENV|VOLUME|EXPOSE|HEALTHCHECK|ENTRYPOINT)$/;
    assert.deepEqual(
      instructions.filter(({ name, rest }) => !names.test(name) || rest === ''),
      [],
    );
  });

  test('every stage is one Debian and one Node, by a tag that names its version', () => {
    assert.deepEqual(stages, ['build', 'dependencies', 'last']);
    const images = new Set(of('FROM').map((rest) => rest.split(' ')[0]));
    assert.deepEqual([...images], ['node:26-bookworm-slim']);
  });

  test('what is copied is there, and is let into the context', () => {
    const missing: string[] = [];
    for (const rest of of('COPY')) {
      const from = /^--from=(\S+)/.exec(rest)?.[1];
      const paths = rest.split(' ').filter((path) => !path.startsWith('--'));
      if (from !== undefined) {
        if (!stages.includes(from)) missing.push(rest);
        continue;
      }
      for (const path of paths.slice(0, -1)) {
        if (path !== '.' && !(existsSync(join(ROOT, path)) && isInContext(path))) missing.push(path);
      }
    }
    assert.deepEqual(missing, []);
  });

  test('the context has what the package is built from, and no secrets, tests or built files', () => {
    const built = JSON.parse(text('tsconfig.package.json')).files as string[];
    const needed = [...built, 'node-version.mjs', 'console/vite.config.ts', 'deploy/build-package.ts'];
    const unwanted = [
      'deploy/.env',
      'data/api-token',
      'node_modules/zod/package.json',
      'console/dist/index.html',
      'src/pipeline.test.ts',
      '.git/HEAD',
      'addons/open_workshop_mqtt/__manifest__.py',
    ];
    assert.deepEqual(
      needed.filter((path) => !isInContext(path) || !existsSync(join(ROOT, path))),
      [],
    );
    assert.deepEqual(unwanted.filter(isInContext), []);
  });

  test('it runs as uid 1000, on a volume of its own, with what the documents use', () => {
    assert.deepEqual(lastOf('USER'), ['1000:1000']);
    assert.deepEqual(lastOf('ENV'), ['DATA_DIR=/data']);
    assert.deepEqual(lastOf('VOLUME'), ['/data']);
    assert.match(lastOf('EXPOSE')[0] ?? '', /\b8080\b/);
    assert.deepEqual(lastOf('ENTRYPOINT'), ['["tini", "--", "iot-bridge"]']);
    assert.match(lastOf('HEALTHCHECK')[0] ?? '', /"curl", "-fsS", "http:\/\/localhost:8080\/health"/);
    const run = lastOf('RUN').join('\n');
    for (const word of ['curl', 'mosquitto-clients', 'tini', `/app/${packageFile.bin['iot-bridge']}`]) {
      assert.ok(run.includes(word), word);
    }
    assert.match(run, /install -d -o 1000 -g 1000 -m 700 \/data/);
  });

  test('an npm script that it runs is there', () => {
    const scripts = of('RUN').flatMap((rest) => /npm run (\S+)/.exec(rest)?.[1] ?? []);
    assert.deepEqual(scripts, ['prepack']);
    assert.ok(scripts.every((name) => packageFile.scripts[name]));
  });
});
