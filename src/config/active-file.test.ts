import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import type { Configuration } from '../model/device.ts';
import { activeFile } from './active-file.ts';
import { validateConfiguration } from './device-config.ts';

const root = mkdtempSync(join(tmpdir(), 'bridge-active-'));
after(() => rmSync(root, { recursive: true }));
let folders = 0;
const newFolder = () => join(root, String(folders++));

function configuration(count: number, machineName: string): Configuration {
  const devices = Array.from({ length: count }, (_, i) => ({
    device_id: `d${i}`,
    machine_name: machineName,
    mqtt_topic: `meters/${i}`,
    parser_type: 'generic',
    channel: 'a',
  }));
  const result = validateConfiguration({ devices, timestamp: 'now', version: '1' }, { devicesMax: count });
  assert.ok(result.ok);
  return result.configuration;
}

test('what was written is read back, whatever it holds, by its owner only', async () => {
  const folder = newFolder();
  const file = activeFile(folder);
  assert.deepEqual(file.read(), { status: 'absent' });
  const written = configuration(3, 'Säge "1"\n\u2028 # \\ \ud83d\ude00');
  const { path, bytes } = await file.write(written);
  assert.deepEqual(file.read(), { status: 'ok', input: written });
  assert.equal(statSync(path).size, bytes);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  await file.write({ devices: [] });
  assert.deepEqual(file.read(), { status: 'ok', input: { devices: [] } });
  assert.deepEqual(readdirSync(folder), ['config-active.yaml']);
});

test('what a crash left behind is no hindrance, and gets the right mode', async () => {
  const folder = newFolder();
  mkdirSync(folder);
  writeFileSync(join(folder, 'config-active.yaml.tmp'), 'half', { mode: 0o644 });
  const { path } = await activeFile(folder).write({ devices: [] });
  assert.equal(statSync(path).mode & 0o777, 0o600);
});

test('a write that fails leaves the old file and nothing else', async () => {
  const folder = newFolder();
  const file = activeFile(folder);
  await file.write({ devices: [], version: 'old' });
  mkdirSync(`${file.path}.tmp`);
  await assert.rejects(file.write({ devices: [], version: 'new' }));
  assert.deepEqual(file.read(), { status: 'ok', input: { devices: [], version: 'old' } });
});

test('it may be edited by hand, as YAML', () => {
  const folder = newFolder();
  mkdirSync(folder);
  const file = activeFile(folder);
  writeFileSync(file.path, '# mine\ndevices:\n  - device_id: a\n');
  assert.deepEqual(file.read(), { status: 'ok', input: { devices: [{ device_id: 'a' }] } });
});

for (const { name, content, reason } of [
  { name: 'empty', content: '', reason: /does not hold a configuration/ },
  { name: 'cut off', content: '# x\n{\n"devices": [\n{"device_id": "a"', reason: /^line 4, column \d+: / },
  { name: 'zeros', content: '\0'.repeat(4096), reason: /./ },
  { name: 'a list', content: '[]', reason: /does not hold a configuration/ },
]) {
  test(`corrupt: ${name}`, () => {
    const folder = newFolder();
    mkdirSync(folder);
    const file = activeFile(folder);
    writeFileSync(file.path, content);
    const found = file.read();
    assert.equal(found.status, 'corrupt');
    assert.match(found.status === 'corrupt' ? found.reason : '', reason);
    const aside = file.setAside(Date.UTC(2026, 0, 31, 10));
    assert.equal(aside, `${file.path}.corrupt-2026-01-31T10-00-00-000Z`);
    assert.equal(readFileSync(aside, 'utf8'), content);
    assert.deepEqual(file.read(), { status: 'absent' });
  });
}

test('20 000 devices are read back at once', async () => {
  const file = activeFile(newFolder());
  await file.write(configuration(20_000, 'Mill'));
  const beganMs = performance.now();
  assert.equal(file.read().status, 'ok');
  assert.ok(performance.now() - beganMs < 1000);
});

/** Writes two configurations in turn for ever; a byte on its standard output before each. */
const WRITER = `
  const { activeFile } = await import(process.argv[1]);
  const { readFileSync } = await import('node:fs');
  const [one, other] = JSON.parse(readFileSync(process.argv[3], 'utf8'));
  const file = activeFile(process.argv[2]);
  for (;;) {
    process.stdout.write('.');
    await file.write(one);
    process.stdout.write('.');
    await file.write(other);
  }`;

test('a process killed at any instant leaves one of two configurations, whole', async () => {
  const folder = newFolder();
  mkdirSync(folder);
  const both = [configuration(1000, 'one'), configuration(1500, 'the other')];
  const bodies = join(folder, 'both.json');
  writeFileSync(bodies, JSON.stringify(both));
  const module = new URL('active-file.ts', import.meta.url).href;
  const seen = new Set<number>();
  for (let kill = 0; kill < 20; kill++) {
    const child = spawn(process.execPath, ['--input-type=module', '-e', WRITER, module, folder, bodies]);
    const ended = once(child, 'exit');
    let signs = 0;
    for await (const chunk of child.stdout) {
      signs += (chunk as Buffer).length;
      if (signs < 2 + (kill % 5)) continue;
      // Turns of the event loop between the sign and the kill spread it over the whole write.
      for (let turn = 0; turn < kill * 40; turn++) await new Promise(setImmediate);
      child.kill('SIGKILL');
    }
    const [, signal] = await ended;
    assert.equal(signal, 'SIGKILL');
    const found = activeFile(folder).read();
    const place = both.findIndex((written) => isDeepStrictEqual(found, { status: 'ok', input: written }));
    assert.notEqual(place, -1, `neither of the two: ${found.status}`);
    seen.add(place);
  }
  assert.equal(seen.size, 2, 'the kills always hit the same half of the loop');
});
