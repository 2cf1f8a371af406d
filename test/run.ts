import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { missingOdoo } from './odoo/real-odoo.ts';
import { provideSystemPackages } from './system-packages.ts';

/**
 * Runs the checks and tests, one step after the other; the first that fails ends it.
 * `check`: what needs no other program. `all`: everything. `proof`: what takes long.
 * `odoo`: what needs a real Odoo 18, which ODOO_BIN names.
 */
const ROOT = join(import.meta.dirname, '..');
const mode = process.argv[2] ?? 'all';

const bin = (name: string) => join(ROOT, 'node_modules', '.bin', name);
const glob = (...patterns: string[]) =>
  patterns.flatMap((pattern) => globSync(pattern, { cwd: ROOT })).sort();

/** These start brokers, browsers or other processes. */
const SLOW = new Set(
  glob(
    'test/e2e/*.test.ts',
    'test/browser/*.test.ts',
    'src/config/active-file.test.ts',
    'simulator/{command,workshop}.test.ts',
  ),
);
const fast = () =>
  glob('src/**/*.test.ts', 'simulator/**/*.test.ts', 'console/**/*.test.ts', 'test/*.test.ts').filter(
    (file) => !SLOW.has(file),
  );

type Step = { name: string; command: string; args: string[] };
const nodeTest = (name: string, files: string[], ...options: string[]): Step => ({
  name,
  command: process.execPath,
  args: ['--test', '--test-reporter=spec', ...options, ...files],
});

const STEPS: Record<string, () => Step[]> = {
  check: () => [
    { name: 'format', command: bin('biome'), args: ['check', '--error-on-warnings', '.'] },
    { name: 'lint', command: bin('oxlint'), args: ['--deny-warnings'] },
    { name: 'types', command: bin('tsc'), args: ['-p', '.'] },
    { name: 'types of the console', command: bin('tsc'), args: ['-p', 'console'] },
    { name: 'unused', command: bin('knip'), args: ['--no-progress'] },
    nodeTest('unit', fast()),
  ],
  all: () => [
    ...(STEPS.check?.() ?? []),
    { name: 'console', command: process.execPath, args: [join(ROOT, 'console', 'ensure-built.mjs')] },
    nodeTest('end to end', [...SLOW], '--test-concurrency=2'),
  ],
  odoo: () => [nodeTest('a real Odoo', glob('test/odoo/*.test.ts'), '--test-concurrency=1')],
  proof: () => [nodeTest('proof', glob('test/proof/*.test.ts'), '--test-concurrency=1')],
};

const steps = STEPS[mode]?.();
if (!steps) throw new Error(`no such mode: ${mode}`);
const missing =
  (mode === 'odoo' ? missingOdoo() : null) ?? (mode === 'check' ? null : provideSystemPackages());
if (missing) {
  console.error(missing);
  process.exit(1);
}
for (const { name, command, args } of steps) {
  const began = performance.now();
  console.log(`── ${name}`);
  const { status } = spawnSync(command, args, { cwd: ROOT, stdio: 'inherit' });
  if (status !== 0) {
    console.error(`── ${name} failed`);
    process.exit(1);
  }
  console.log(`── ${name} passed in ${((performance.now() - began) / 1000).toFixed(1)} s`);
}
