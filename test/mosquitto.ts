import { type ChildProcess, spawn } from 'node:child_process';
import { pbkdf2Sync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where Debian puts it, which is in no ordinary user's PATH. */
const PROGRAM = '/usr/sbin/mosquitto';
const START_TIMEOUT_MS = 10_000;

/** Configuration lines with which sessions and their QoS 1 messages outlive a broker that may say goodbye. */
export const PERSISTENT = ['allow_anonymous true', 'persistence true', 'persistence_location {dir}/'];

/** A Mosquitto of a test's own, on a free port of the loopback interface. */
export type Mosquitto = {
  port: number;
  url: string;
  /** Ends the process and keeps its files. It saves its sessions on SIGTERM, and if it is `PERSISTENT`. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Runs it again after `kill`, on the same port with the same files. */
  start(): Promise<void>;
  /** Ends it for good. */
  stop(): Promise<void>;
};

/** A port of the loopback interface that nothing listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Resolves when it says that it runs; rejects with what it said when it ends instead. */
function running(broker: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    const fail = (reason: string) => reject(new Error(`mosquitto ${reason}: ${said}`));
    const timer = setTimeout(fail, START_TIMEOUT_MS, 'did not start');
    broker.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (!/ running\b/.test(said)) return;
      clearTimeout(timer);
      resolve();
    });
    broker.once('error', (error) => fail(error.message));
    broker.once('exit', () => {
      clearTimeout(timer);
      fail('ended');
    });
  });
}

/**
 * Starts Mosquitto for a test.
 * @param lines of its configuration, besides the listener; `password_file` and `acl_file` may name `files`
 *   as `{dir}/<name>`
 * @throws when it is not installed or does not accept the configuration
 */
export async function startMosquitto(
  lines: readonly string[] = ['allow_anonymous true'],
  files: Readonly<Record<string, string>> = {},
  wantedPort?: number,
): Promise<Mosquitto> {
  const port = wantedPort ?? (await freePort());
  const directory = await mkdtemp(join(tmpdir(), 'mosquitto-'));
  for (const [name, text] of Object.entries(files)) {
    await writeFile(join(directory, name), text, { mode: 0o644 });
  }
  // It runs as root in a container, where it would give up its rights and no longer read our files.
  const configuration = [`listener ${port} 127.0.0.1`, 'user root', 'set_tcp_nodelay true', ...lines];
  const configurationFile = join(directory, 'mosquitto.conf');
  await writeFile(configurationFile, `${configuration.join('\n').replaceAll('{dir}', directory)}\n`);
  let broker: ChildProcess | null = null;
  const start = async () => {
    broker = spawn(PROGRAM, ['-c', configurationFile], { stdio: ['ignore', 'ignore', 'pipe'] });
    await running(broker);
  };
  const kill = async (signal: NodeJS.Signals = 'SIGKILL') => {
    const ending = broker;
    broker = null;
    if (!ending || ending.exitCode !== null || ending.signalCode !== null) return;
    ending.kill(signal);
    await once(ending, 'exit');
  };
  await start();
  return {
    port,
    url: `mqtt://127.0.0.1:${port}`,
    kill,
    start,
    async stop() {
      await kill();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** The lines that ask for a login. */
export const WITH_LOGIN = ['allow_anonymous false', 'password_file {dir}/passwords'];

/** The file `passwords` with one user. */
export function passwordFile(username: string, password: string): string {
  const salt = randomBytes(12);
  const hash = pbkdf2Sync(password, salt, 101, 64, 'sha512').toString('base64');
  return `${username}:$7$101$${salt.toString('base64')}$${hash}\n`;
}
