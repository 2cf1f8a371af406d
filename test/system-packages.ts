import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** What the tests need from the system: a file that shows it is there, and the Debian package that brings it. */
const NEEDED = [
  { found: () => existsSync('/usr/sbin/mosquitto'), name: 'mosquitto' },
  { found: () => existsSync('/usr/bin/mosquitto_pub'), name: 'mosquitto-clients' },
  { found: () => existsSync('/usr/bin/chromium'), name: 'chromium' },
  { found: () => existsSync('/usr/bin/openssl'), name: 'openssl' },
  { found: () => existsSync('/usr/bin/curl'), name: 'curl' },
  { found: () => existsSync('/usr/bin/python3'), name: 'python3' },
];

const installed = (names: string[]) =>
  spawnSync('apt-get', names, {
    stdio: 'inherit',
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  }).status === 0;

/** Installs what is missing when it may. @returns what to do, in one line, when it may not; null when all is there */
export function provideSystemPackages(): string | null {
  const missing = NEEDED.filter(({ found }) => !found()).map(({ name }) => name);
  if (missing.length === 0) return null;
  const advice = `The tests need ${missing.join(', ')}: apt-get install ${missing.join(' ')}`;
  if (process.getuid?.() !== 0) return advice;
  const done =
    installed(['update', '-qq']) &&
    installed(['install', '-y', '-qq', '--no-install-recommends', ...missing]);
  return done && NEEDED.every(({ found }) => found()) ? null : advice;
}
