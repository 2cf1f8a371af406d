import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { readStartup } from './startup.ts';

const folder = mkdtempSync(join(tmpdir(), 'bridge-startup-'));
after(() => rmSync(folder, { recursive: true }));
function file(content: string): string {
  const path = join(folder, 'c.yaml');
  writeFileSync(path, content);
  return path;
}

test('settings and devices come from the file, settings of the environment win', () => {
  const path = file(
    'settings: { BRIDGE_PORT: 1000, LOG_LEVEL: ERROR }\ndevices: [{ device_id: a }]\nversion: "2"\n',
  );
  const startup = readStartup({ BRIDGE_PORT: '2000' }, {}, path);
  assert.ok('settings' in startup);
  assert.equal(startup.settings.http.port, 2000);
  assert.equal(startup.settings.log.level, 'ERROR');
  assert.deepEqual(startup.file?.configuration, { devices: [{ device_id: 'a' }], version: '2' });
});

test('a file with settings alone has no configuration', () => {
  const startup = readStartup({}, {}, file('settings: {}\n'));
  assert.ok('settings' in startup);
  assert.equal(startup.file?.configuration, null);
});

test('without --config it is config.yaml here, if there is one', () => {
  const before = process.cwd();
  process.chdir(folder);
  try {
    const none = readStartup({}, {});
    assert.equal('settings' in none && none.file, null);
    writeFileSync('config.yaml', 'settings: { BRIDGE_PORT: 7 }');
    const some = readStartup({}, {});
    assert.equal('settings' in some && some.settings.http.port, 7);
  } finally {
    process.chdir(before);
  }
});

for (const { name, environment, commandLine = {}, path, faults } of [
  {
    name: 'a named file that does not exist, and a fault of the environment',
    environment: { BRIDGE_PORT: 'x' },
    path: '/not/there.yaml',
    faults: ['/not/there.yaml: does not exist', 'BRIDGE_PORT: "x" is not a whole number (0 to 65535)'],
  },
  {
    name: 'a faulty file and a fault of the environment',
    environment: { BRIDGE_PORT: 'x' },
    path: file('settings: [1]'),
    faults: [
      `${folder}/c.yaml:1:11: settings must be a mapping`,
      'BRIDGE_PORT: "x" is not a whole number (0 to 65535)',
    ],
  },
]) {
  test(`all faults at once: ${name}`, () => {
    writeFileSync(join(folder, 'c.yaml'), 'settings: [1]');
    assert.deepEqual(readStartup(environment, commandLine, path), { faults });
  });
}

for (const { name, environment, commandLine, bytesMax } of [
  { name: 'the environment', environment: { BODY_BYTES_MAX: '1024' }, commandLine: {}, bytesMax: 1024 },
  {
    name: 'the command line',
    environment: { BODY_BYTES_MAX: '1024' },
    commandLine: { BODY_BYTES_MAX: '1025' },
    bytesMax: 1025,
  },
]) {
  test(`the file is bounded by BODY_BYTES_MAX of ${name}`, () => {
    const path = file(`# ${'x'.repeat(2000)}`);
    assert.deepEqual(readStartup(environment, commandLine, path), {
      faults: [`${path}: has 2002 bytes, more than the ${bytesMax} allowed (BODY_BYTES_MAX)`],
    });
  });
}
