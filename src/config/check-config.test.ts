import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { checkConfig } from './check-config.ts';

const folder = mkdtempSync(join(tmpdir(), 'bridge-check-'));
after(() => rmSync(folder, { recursive: true }));
const path = join(folder, 'c.yaml');

function check(file: string): { code: number; lines: string[] } {
  const lines: string[] = [];
  const code = checkConfig(file, (line) => lines.push(line.replaceAll(folder, '')));
  return { code, lines };
}
function checkText(text: string): { code: number; lines: string[] } {
  writeFileSync(path, text);
  return check(path);
}

const root = fileURLToPath(new URL('../../', import.meta.url));
for (const { name, summary } of [
  { name: 'config.example.yaml', summary: 'settings: 2, devices: 3, of these disabled: 0, warnings: 0' },
  { name: 'config.dev.yaml', summary: 'settings: 6, devices: 1, of these disabled: 0, warnings: 3' },
]) {
  test(`${name} is valid`, () => {
    const { code, lines } = check(join(root, name));
    assert.equal(lines.at(-1), `${join(root, name)} is valid (${summary})`);
    assert.equal(code, 0);
  });
}

const DEVICE = '{ device_id: a, mqtt_topic: tele/a/SENSOR, parser_type: tasmota }';
for (const { name, text, lines } of [
  {
    name: 'empty',
    text: '',
    lines: ['/c.yaml is valid (settings: 0, devices: 0, of these disabled: 0, warnings: 0)'],
  },
  {
    name: 'comments where the devices should be',
    text: 'devices:\n  # none yet\n',
    lines: ['/c.yaml is valid (settings: 0, devices: 0, of these disabled: 0, warnings: 0)'],
  },
  {
    name: 'a shared anchor, a disabled device and warnings with their places',
    text: `devices:
  - &shared ${DEVICE}
  - { <<: *shared, device_id: b, enabled: false, colour: red }
settings: { LOG_LEVL: DEBUG }
`,
    lines: [
      'warning: settings: "LOG_LEVL" is not known; did you mean LOG_LEVEL?',
      'warning: /c.yaml:3:58: devices[1].colour is not known and was left out',
      '/c.yaml is valid (settings: 1, devices: 2, of these disabled: 1, warnings: 2)',
    ],
  },
  {
    name: 'a pushed body as it came',
    text: `{"devices": [], "timestamp": "2026-02-12T19:40:18Z", "version": "1.0"}`,
    lines: ['/c.yaml is valid (settings: 0, devices: 0, of these disabled: 0, warnings: 0)'],
  },
]) {
  test(`valid: ${name}`, () => assert.deepEqual(checkText(text), { code: 0, lines }));
}

const bomb = ['a: &a [x, x, x, x, x, x, x, x, x, x]', 'b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]']
  .concat('c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]', 'd: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c]')
  .concat('devices: [*d, *d, *d, *d, *d, *d, *d, *d, *d, *d]')
  .join('\n');
for (const { name, text, lines } of [
  { name: 'not YAML', text: 'devices:\n  - a: [1\n', lines: [/^\/c\.yaml:3:1: Flow sequence .* \]$/] },
  {
    name: 'a key twice',
    text: 'settings: {}\nsettings: {}\n',
    lines: [/^\/c\.yaml:2:1: Map keys must be unique$/],
  },
  {
    name: 'two documents',
    text: 'a: 1\n---\nb: 2\n',
    lines: [/^\/c\.yaml:2:1: Source contains multiple documents/],
  },
  {
    name: 'a tag of a programming language',
    text: 'devices: !!js/function x\n',
    lines: [/^\/c\.yaml:1:10: Unresolved tag/],
  },
  { name: 'an alias bomb', text: bomb, lines: [/^\/c\.yaml:1:1: Excessive alias count/] },
  { name: 'a list', text: '- a\n', lines: [/^\/c\.yaml:1:1: must hold "settings:" and "devices:"$/] },
  {
    name: 'settings as a list',
    text: '# first\nsettings:\n  - a\n',
    lines: [/^\/c\.yaml:3:3: settings must be a mapping$/],
  },
  {
    name: 'all faults at once, each with its place',
    text: `settings:
  BRIDGE_PORT: 99999
  LOG_LEVEL: LOUD
devices:
  - device_id: a
    mqtt_topic: tele/a/SENSOR
    parser_type: tasmota
    session_config:
      standby_threshold_w: "5"
  - device_id: a
    parser_type: tasmotta
`,
    lines: [
      /^\/c\.yaml:2:16: BRIDGE_PORT: "99999" is out of range \(0 to 65535\)$/,
      /^\/c\.yaml:3:14: LOG_LEVEL: "LOUD" is not one of DEBUG, INFO, WARNING, ERROR$/,
      /^\/c\.yaml:9:28: devices\[0\]\.session_config\.standby_threshold_w must be a number from 0 to 1000000, not "5"/,
      /^\/c\.yaml:10:5: devices\[1\]\.mqtt_topic is missing/,
      /^\/c\.yaml:11:18: devices\[1\]\.parser_type must be one of .*tasmota.*, not "tasmotta"$/,
      /^\/c\.yaml:10:16: devices\[1\]\.device_id must be unique, but "a" is used by devices\[0\] and devices\[1\]$/,
    ],
  },
  {
    name: 'too many devices for its own DEVICES_MAX',
    text: `settings: { DEVICES_MAX: 1 }\ndevices: [${DEVICE}, ${DEVICE}]`,
    lines: [/holds 2 devices, more than the 1 allowed/],
  },
]) {
  test(`faulty: ${name}`, () => {
    const result = checkText(text);
    assert.equal(result.code, 2);
    assert.equal(result.lines.length, lines.length, result.lines.join('\n'));
    for (const [i, line] of lines.entries()) assert.match(result.lines[i] ?? '', line);
  });
}

test('a file that is not there, cannot be read or is too large', () => {
  assert.deepEqual(check(join(folder, 'none.yaml')), { code: 2, lines: ['/none.yaml: does not exist'] });
  assert.deepEqual(check(folder), { code: 2, lines: [': cannot be read (EISDIR)'] });
  const { code, lines } = checkText(`# ${'x'.repeat(10_485_760)}`);
  assert.deepEqual(
    { code, lines },
    {
      code: 2,
      lines: ['/c.yaml: has 10485762 bytes, more than the 10485760 allowed (BODY_BYTES_MAX)'],
    },
  );
});

test('nesting without end is a fault, not a crash', () => {
  const { code, lines } = checkText(`devices: ${'['.repeat(200_000)}`);
  assert.equal(code, 2);
  assert.ok(lines.length > 0);
});
