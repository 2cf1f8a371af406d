import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const ROOT = join(import.meta.dirname, '..', '..');
const START_TIMEOUT_MS = 20_000;

export type LogLine = { timestamp: string; level: string; event: string; [field: string]: unknown };

/** A folder of a test's own; `remove` when done. */
export function temporaryFolder(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'iot-bridge-test-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** A bridge in a process of its own, as an operator runs it. */
export class RunningBridge {
  readonly process: ChildProcess;
  readonly log: LogLine[] = [];
  /** What it wrote to standard error. */
  errors = '';
  #url = '';
  #token = '';
  #waiting: (() => void)[] = [];

  private constructor(child: ChildProcess, token: string) {
    this.process = child;
    this.#token = token;
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
      this.log.push(line.startsWith('{') ? JSON.parse(line) : { timestamp: '', level: '', event: line });
      const waiting = this.#waiting;
      this.#waiting = [];
      for (const look of waiting) look();
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.errors += text;
    });
  }

  /**
   * Starts the program and returns at once; `ready` waits for it.
   * @param environment besides a free HTTP port, a token and log level INFO
   * @param configuration devices for `--config`
   * @param options of the command line besides
   */
  static spawn(
    dataDir: string,
    environment: Record<string, string> = {},
    configuration?: object,
    options: string[] = [],
  ): RunningBridge {
    const args = [join(ROOT, 'src', 'main.ts'), ...options];
    if (configuration) {
      const path = join(dataDir, 'initial.json.yaml');
      writeFileSync(path, JSON.stringify(configuration));
      args.push('--config', path);
    }
    const token = environment.BRIDGE_API_TOKEN ?? 'test-token-of-enough-length';
    const { PATH = '', HOME = '' } = process.env;
    const child = spawn(process.execPath, args, {
      cwd: dataDir,
      env: {
        PATH,
        HOME,
        DATA_DIR: dataDir,
        BRIDGE_HOST: '127.0.0.1',
        BRIDGE_PORT: '0',
        BRIDGE_API_TOKEN: token,
        ...environment,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return new RunningBridge(child, token);
  }

  /** One that somebody else has started, logging JSON to its standard output. */
  static of(child: ChildProcess, token = ''): RunningBridge {
    return new RunningBridge(child, token);
  }

  /** A bridge that has started. */
  static async start(...args: Parameters<typeof RunningBridge.spawn>): Promise<RunningBridge> {
    const bridge = RunningBridge.spawn(...args);
    await bridge.ready();
    return bridge;
  }

  async ready(): Promise<void> {
    const started = await this.logged('bridge_started');
    this.#url = String(started.url);
  }

  get url(): string {
    return this.#url;
  }

  /** The first log line with this event, from `since` on; waits for it, and fails when the process ends before. */
  async logged(
    event: string,
    which: (line: LogLine) => boolean = () => true,
    since = 0,
    timeoutMs = START_TIMEOUT_MS,
  ): Promise<LogLine> {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const found = this.log.slice(since).find((line) => line.event === event && which(line));
      if (found) return found;
      const leftMs = deadline - performance.now();
      const ended = this.process.exitCode !== null || this.process.signalCode !== null;
      if (leftMs <= 0 || ended) {
        const last = this.log
          .slice(-8)
          .map((line) => JSON.stringify(line))
          .join('\n');
        throw new Error(`no log line ${event} (exit code ${this.process.exitCode})\n${last}\n${this.errors}`);
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.min(leftMs, 200));
        this.#waiting.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  /** Calls the API with the token. */
  async request(
    path: string,
    init: RequestInit = {},
  ): Promise<{ status: number; body: unknown; text: string }> {
    const headers = { authorization: `Bearer ${this.#token}`, ...init.headers };
    const response = await fetch(this.#url + path, { ...init, headers });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') ?? false;
    return { status: response.status, body: isJson ? JSON.parse(text) : null, text };
  }

  push(configuration: unknown): Promise<{ status: number; body: unknown; text: string }> {
    const body = typeof configuration === 'string' ? configuration : JSON.stringify(configuration);
    return this.request('/config', { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  }

  async health(): Promise<Record<string, unknown>> {
    return (await this.request('/health')).body as Record<string, unknown>;
  }

  /** Ends it with `signal`; the exit code, null when the signal ended it. */
  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    if (this.process.exitCode === null && this.process.signalCode === null) {
      this.process.kill(signal);
      await once(this.process, 'exit');
    }
    return this.process.exitCode;
  }
}

/** Waits until `look` gives something other than null, looking every 20 ms. */
export async function eventually<T>(
  what: string,
  look: () => T | null | Promise<T | null>,
  timeoutMs = 10_000,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const found = await look();
    if (found !== null) return found;
    if (performance.now() > deadline) throw new Error(`${what}: not within ${timeoutMs} ms`);
    await new Promise((resolve) => {
      setTimeout(resolve, 20);
    });
  }
}
