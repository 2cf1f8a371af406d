import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { parse } from 'yaml';
import { readSettings } from '../src/config/environment.ts';
import { describeVariables } from '../src/config/environment-variables.ts';

/** Docker runs where the bridge is put into service, not here: its files are read and judged. */
const ROOT = join(import.meta.dirname, '..');
const DEPLOY = join(ROOT, 'deploy');
const text = (...path: string[]) => readFileSync(join(ROOT, ...path), 'utf8');
const KNOWN = new Set(
  describeVariables().flatMap(({ name, aliases, fileName }) => [name, fileName ?? name].concat(aliases)),
);
/** They are read by Node and by the shell. */
const OTHERS_READ = new Set(['PATH', 'NODE_COMPILE_CACHE']);

type Service = {
  image?: string;
  container_name?: string;
  restart?: string;
  healthcheck?: { test: string[]; interval: string; timeout: string; retries: number };
  depends_on?: Record<string, { condition: string }>;
  environment?: Record<string, string | number>;
  volumes?: string[];
};

describe('compose.yaml', () => {
  const source = text('deploy', 'compose.yaml');
  const compose: { services: Record<string, Service>; volumes: Record<string, null> } = parse(source, {
    merge: true,
  });
  const services = Object.entries(compose.services);
  const staying = services.filter(([, service]) => service.restart !== 'no');
  const exampleNames = Array.from(
    text('deploy', '.env.example').matchAll(/^([A-Z_]+)=/gm),
    ([, name]) => name,
  );

  test('it has bridge, broker, Odoo and database, and a service that sets Odoo up and ends', () => {
    assert.deepEqual(Object.keys(compose.services).toSorted(), [
      'db',
      'iot-bridge',
      'mosquitto',
      'odoo',
      'odoo-setup',
    ]);
    assert.deepEqual(
      services.filter(([, { restart }]) => restart === 'no').map(([name]) => name),
      ['odoo-setup'],
    );
  });

  test('whatever stays is started again, watched, and of a named version', () => {
    const wrong = staying.filter(
      ([, { restart, healthcheck, image }]) =>
        restart !== 'unless-stopped' ||
        !healthcheck?.test.length ||
        !(healthcheck.interval && healthcheck.timeout && healthcheck.retries) ||
        image === undefined ||
        image.endsWith(':latest') ||
        (image !== 'iot-bridge' && !image.includes(':')),
    );
    assert.deepEqual(wrong, []);
  });

  test('who waits for whom exists and can be waited for', () => {
    const wrong = services.flatMap(([name, { depends_on }]) =>
      Object.entries(depends_on ?? {}).filter(([other, { condition }]) => {
        const service = compose.services[other];
        const isRight =
          condition === 'service_healthy'
            ? service?.healthcheck !== undefined
            : condition === 'service_completed_successfully' && service?.restart === 'no';
        return !isRight && name;
      }),
    );
    assert.deepEqual(wrong, []);
  });

  test('the bridge takes its settings without fault or warning', () => {
    const environment = compose.services['iot-bridge']?.environment ?? {};
    assert.deepEqual(
      Object.keys(environment).filter((name) => !KNOWN.has(name)),
      [],
    );
    const filled = Object.entries(environment).map(([name, value]) => [
      name,
      String(value)
        .replace(/^\$\{.*:-(.*)\}$/, '$1')
        .replace(/^\$\{.*\}$/, 'a-secret-of-enough-length'),
    ]);
    const result = readSettings(Object.fromEntries(filled), {}, {});
    assert.ok('settings' in result, JSON.stringify(result));
    assert.deepEqual(result.warnings, []);
    assert.equal(result.settings.odoo?.baseUrl, 'http://odoo:8069');
    assert.equal(result.settings.configuration.mode, 'push');
  });

  test('both sides know the same tokens and each other', () => {
    const bridge = compose.services['iot-bridge']?.environment ?? {};
    const setup = compose.services['odoo-setup']?.environment ?? {};
    assert.equal(bridge.ODOO_TOKEN, setup.IOT_BRIDGE_TOKEN);
    assert.equal(bridge.BRIDGE_API_TOKEN, setup.BRIDGE_API_TOKEN);
    assert.equal(setup.BRIDGE_URL, 'http://iot-bridge:8080');
    const read = text('deploy', 'odoo', 'parameters.py') + text('deploy', 'odoo', 'setup.sh');
    for (const name of Object.keys(setup)) assert.ok(read.includes(name), name);
    for (const key of ['bridge_url', 'bridge_token', 'event_token']) {
      assert.ok(read.includes(`"open_workshop_mqtt.${key}"`), key);
    }
  });

  test('each secret is asked for by .env.example, and nothing else is', () => {
    const asked = new Set(Array.from(source.matchAll(/(?<!\$)\$\{([A-Z_]+):\?/g), ([, name]) => name));
    assert.deepEqual([...asked].toSorted(), exampleNames.toSorted());
    const named = new Set(Array.from(source.matchAll(/(?<!\$)\$\{([A-Z_]+)/g), ([, name]) => name));
    const told = Array.from(
      text('deploy', '.env.example').matchAll(/^(?:# )?([A-Z_]+)=/gm),
      ([, name]) => name,
    );
    assert.deepEqual([...named].toSorted(), told.toSorted());
    assert.doesNotMatch(text('deploy', '.env.example'), /^[A-Z_]+=./m);
    const plain = services.flatMap(([, { environment }]) =>
      Object.entries(environment ?? {}).filter(
        ([name, value]) => /TOKEN|PASSWORD/.test(name) && !/^\$\{[A-Z_]+:\?/.test(String(value)),
      ),
    );
    assert.deepEqual(plain, []);
  });

  test('the command of docs/installation.md fills in .env', () => {
    const command = /^for name in .*\.env\.example.*$/m.exec(text('docs', 'installation.md'))?.[0] ?? '';
    const filled = execFileSync('sh', ['-c', command.replace(/> \.env .*$/, '')], {
      cwd: DEPLOY,
      encoding: 'utf8',
    });
    const lines = filled.trim().split('\n');
    assert.deepEqual(lines.map((line) => line.split('=')[0]).toSorted(), exampleNames.toSorted());
    assert.ok(lines.every((line) => /^[A-Z_]+=[0-9a-f]{48}$/.test(line)));
    assert.equal(new Set(lines.map((line) => line.split('=')[1])).size, lines.length);
  });

  test('files that are mounted exist, named volumes are declared', () => {
    const mounts = services.flatMap(([, { volumes = [] }]) =>
      volumes.map((volume) => volume.split(':')[0] ?? ''),
    );
    const files = mounts.filter((mount) => mount.startsWith('.'));
    assert.deepEqual(
      files.filter((file) => !existsSync(join(DEPLOY, file))),
      [],
    );
    const named = mounts.filter((mount) => !mount.startsWith('.'));
    assert.deepEqual([...new Set(named)].toSorted(), Object.keys(compose.volumes).toSorted());
  });
});

describe('iot-bridge.service', () => {
  const lines = text('deploy', 'iot-bridge.service')
    .split('\n')
    .filter((line) => /^[A-Z]\w*=/.test(line))
    .map((line) => ({ key: line.slice(0, line.indexOf('=')), value: line.slice(line.indexOf('=') + 1) }));
  const values = (key: string) => lines.filter((line) => line.key === key).map(({ value }) => value);

  test('it starts what npm installs, again and again, except when the settings cannot be used', () => {
    assert.deepEqual(values('ExecStart'), ['/opt/iot-bridge/node_modules/.bin/iot-bridge']);
    assert.deepEqual(values('Restart'), ['always']);
    assert.deepEqual(values('RestartPreventExitStatus'), ['2']);
    assert.ok(Number(values('TimeoutStopSec')[0]) >= 10);
    assert.deepEqual(values('WatchdogSec'), []);
  });

  test('its variables are known, and every secret comes from a credential that is loaded', () => {
    const variables = values('Environment').map((value) => value.split('=') as [string, string]);
    assert.deepEqual(
      variables.filter(([name]) => !KNOWN.has(name) && !OTHERS_READ.has(name)),
      [],
    );
    const used = variables.flatMap(([, value]) => /^%d\/(\S+)/.exec(value)?.[1] ?? []);
    const loaded = values('LoadCredential').map((value) => value.split(':')[0] ?? '');
    assert.deepEqual(used.toSorted(), loaded.toSorted());
    assert.ok(loaded.length > 0);
  });

  const wanted: [key: string, value: string][] = [
    ['DynamicUser', 'yes'],
    ['StateDirectory', 'iot-bridge'],
    ['NoNewPrivileges', 'yes'],
    ['CapabilityBoundingSet', ''],
    ['ProtectSystem', 'strict'],
    ['ProtectHome', 'yes'],
    ['PrivateTmp', 'yes'],
    ['PrivateDevices', 'yes'],
    ['MemoryDenyWriteExecute', 'no'],
    ['RestrictNamespaces', 'yes'],
    ['SystemCallArchitectures', 'native'],
  ];
  for (const [key, value] of wanted) {
    test(`${key}=${value}`, () => assert.deepEqual(values(key), [value]));
  }
});

test('scripts are executable', () => {
  const scripts = globSync('deploy/{examples,mosquitto}/*.sh', { cwd: ROOT });
  assert.deepEqual(scripts.toSorted(), ['deploy/examples/push-config.sh', 'deploy/mosquitto/start.sh']);
  for (const script of scripts) execFileSync('test', ['-x', join(ROOT, script)]);
});
