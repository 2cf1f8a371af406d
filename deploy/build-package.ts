import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Makes what `npm pack` packs: `dist/`, laid out like the project, with JavaScript in place of TypeScript, which
 * Node does not run inside node_modules. `npm pack` runs it by itself.
 */
const ROOT = join(import.meta.dirname, '..');
const DIST = join(ROOT, 'dist');
const OWNER_RUNS = 0o755;
/** What starts a worker or a process; the compiler rewrites imports only. */
const STARTED_FILE = /(new URL\('\.\/[\w-]+)\.ts(', import\.meta\.url\))/g;

function run(...args: [script: string, ...rest: string[]]): void {
  const { status } = spawnSync(process.execPath, args, { cwd: ROOT, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

run(join('console', 'ensure-built.mjs'));
rmSync(DIST, { recursive: true, force: true });
run(join('node_modules', 'typescript', 'bin', 'tsc'), '-p', 'tsconfig.package.json');
for (const file of globSync('**/*.js', { cwd: DIST })) {
  const path = join(DIST, file);
  const text = readFileSync(path, 'utf8');
  const rewritten = text.replaceAll(STARTED_FILE, '$1.js$2');
  if (rewritten !== text) writeFileSync(path, rewritten);
}
cpSync(join(ROOT, 'console', 'dist'), join(DIST, 'console', 'dist'), { recursive: true });
const { name, version, type } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
writeFileSync(join(DIST, 'package.json'), `${JSON.stringify({ name, version, type }, null, 2)}\n`);
chmodSync(join(DIST, 'src', 'main.js'), OWNER_RUNS);
