import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Builds the console when it is missing or older than what it is made of. */
const FOLDER = import.meta.dirname;
const ROOT = dirname(FOLDER);
const INDEX = join(FOLDER, 'dist', 'index.html');
const LEFT_OUT = new Set(['dist', 'node_modules', 'fake-bridge']);

function newest(folder) {
  let at = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (LEFT_OUT.has(entry.name)) continue;
    const path = join(folder, entry.name);
    at = Math.max(at, entry.isDirectory() ? newest(path) : statSync(path).mtimeMs);
  }
  return at;
}

const isBuilt = existsSync(INDEX) && statSync(INDEX).mtimeMs >= newest(FOLDER);
const vite = join(ROOT, 'node_modules', 'vite', 'bin', 'vite.js');
if (!isBuilt && existsSync(vite)) {
  process.stdout.write('Building the console …\n');
  const { status } = spawnSync(process.execPath, [vite, 'build', 'console', '--logLevel', 'warn'], {
    cwd: ROOT,
    stdio: 'inherit',
  });
  process.exitCode = status ?? 1;
} else if (!existsSync(INDEX)) {
  process.stderr.write(
    'The console is not built, and the tools that build it are not installed: run npm ci.\n',
  );
  process.exitCode = 1;
}
