import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { eventually, RunningBridge, temporaryFolder } from './running-bridge.ts';

/** What `npm pack` makes, installed in an empty folder and run there: nothing of the project is beside it. */
const ROOT = join(import.meta.dirname, '..', '..');
const PACKED_BYTES_MAX = 1_500_000;
const FLOW = {
  name: 'loud',
  when: { topic: 'button/+' },
  if: 'payload > 1',
  do: [{ publish: { topic: 'lamp', body: '"on"' } }],
};

type Packed = { filename: string; size: number; files: { path: string }[] };

describe('the package', () => {
  const folder = temporaryFolder();
  const app = join(folder.path, 'app');
  const temporary = join(folder.path, 'tmp');
  const installed = join(app, 'node_modules', 'odoo-iot-bridge');
  const environment = {
    PATH: [dirname(process.execPath), process.env.PATH].join(delimiter),
    HOME: process.env.HOME,
    TMPDIR: temporary,
    NODE_COMPILE_CACHE: join(folder.path, 'compiled'),
  };
  const npm = (cwd: string, ...args: string[]) =>
    execFileSync('npm', [...args, '--no-audit', '--no-fund'], {
      cwd,
      env: environment,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  const command = (...args: string[]) =>
    spawnSync(join(app, 'node_modules', '.bin', 'iot-bridge'), args, {
      cwd: app,
      env: environment,
      encoding: 'utf8',
    });
  let packed: Packed;

  before(() => {
    for (const path of [app, temporary]) mkdirSync(path);
    const told = JSON.parse(npm(ROOT, 'pack', '--silent', '--json', '--pack-destination', folder.path));
    packed = Object.values<Packed>(told)[0] as Packed;
    npm(app, 'install', '--prefer-offline', join(folder.path, packed.filename));
  });
  after(() => folder.remove());

  test('holds what runs, and nothing that only builds or tests it', () => {
    const paths = packed.files.map(({ path }) => path);
    const needed = [
      'LICENSE',
      'README.md',
      'config.example.yaml',
      'deploy/iot-bridge.service',
      'dist/src/main.js',
      'dist/src/history/worker.js',
      'dist/src/history/task-worker.js',
      'dist/src/flows/evaluator-process.js',
      'dist/simulator/command.js',
      'dist/console/dist/index.html',
      'docs/operations.md',
    ];
    assert.deepEqual(
      needed.filter((path) => !paths.includes(path)),
      [],
    );
    assert.deepEqual(
      paths.filter((path) => /\.tsx?$|\.map$|\.test\.|(^|\/)(test|bench|addons|node_modules)\//.test(path)),
      [],
    );
    assert.ok(packed.size < PACKED_BYTES_MAX, `${packed.size} bytes`);
    assert.equal(existsSync(join(app, 'node_modules', 'typescript')), false);
  });

  test('names no source that is not in it', () => {
    const javaScript = packed.files.filter(({ path }) => /^dist\/(src|simulator)\/.*\.js$/.test(path));
    const naming = javaScript.filter(({ path }) =>
      /(?:from|import\(?|URL\()\s*['"]\.[^'"]*\.ts['"]/.test(readFileSync(join(installed, path), 'utf8')),
    );
    assert.ok(javaScript.length > 200);
    assert.deepEqual(naming, []);
  });

  test('answers on the command line', () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    assert.equal(command('--version').stdout, `${version}\n`);
    assert.match(command('simulate', '--help').stdout, /--scenario/);
    const checked = command('check-config', join(installed, 'config.example.yaml'));
    assert.equal(checked.status, 0, checked.stdout + checked.stderr);
  });

  test('says which Node it needs', () => {
    const older = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.19.0' } })`;
    const { status, stderr, stdout } = spawnSync(
      process.execPath,
      [
        '--import',
        `data:text/javascript,${encodeURIComponent(older)}`,
        join(installed, 'dist', 'src', 'main.js'),
      ],
      { encoding: 'utf8', env: environment },
    );
    assert.deepEqual([status, stdout], [1, '']);
    assert.match(stderr, /^iot-bridge needs Node 24 or newer; this is 20\.19\.0\. .*\n$/);
  });

  test('runs the demo: sessions, console, history, flows', async () => {
    const child = spawn(join(app, 'node_modules', '.bin', 'iot-bridge'), ['--demo'], {
      cwd: app,
      env: { ...environment, BRIDGE_PORT: '0', EMBEDDED_MQTT_PORT: '0', LOG_FORMAT: 'json' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const bridge = RunningBridge.of(child);
    try {
      await bridge.ready();
      const rows = async (path: string, name: string) => {
        const { body } = await bridge.request(path);
        const list = (body as Record<string, unknown[]> | null)?.[name] ?? [];
        return list.length > 0 ? list : null;
      };
      const page = await bridge.request('/', { headers: { accept: 'text/html' } });
      const script = /src="(\/assets\/[^"]+\.js)"/.exec(page.text)?.[1] ?? '/none';
      assert.equal((await bridge.request(script)).status, 200);
      await eventually('a session', () => rows('/api/sessions', 'sessions'), 45_000);
      await eventually('messages out of the history', () => rows('/api/messages', 'messages'), 10_000);
      const trial = await bridge.request('/api/flows/test', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ flow: FLOW, sample: { topic: 'button/1', payload: '2' } }),
      });
      assert.equal(trial.status, 200, trial.text);
      const { actions } = trial.body as { actions: unknown[] };
      assert.partialDeepStrictEqual(actions, [{ publish: { topic: 'lamp', payload: 'on' } }]);
      const suggestion = await bridge.request('/api/devices/lathe/suggestion');
      assert.equal(suggestion.status, 200, suggestion.text);
    } finally {
      assert.equal(await bridge.end(), 0, bridge.errors);
    }
    assert.deepEqual(readdirSync(temporary), [], 'the demo leaves nothing');
  });
});
