import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { freePort } from '../mosquitto.ts';

const ADDONS = join(import.meta.dirname, '..', '..', 'addons');
const START_TIMEOUT_MS = 90_000;
/** Lines of Odoo's log that speak of the add-on's faults, not of what the test does to the server. */
const FAULT = /^\S+ \S+ \d+ (WARNING|ERROR|CRITICAL) /;
export const PASSWORD = 'admin';

/** What to set so that the proofs find an Odoo, in one line; null when it is set. */
export function missingOdoo(): string | null {
  if (process.env.ODOO_BIN) return null;
  return 'Set ODOO_BIN to the odoo-bin of an Odoo 18 (ODOO_PYTHON: its Python; PGHOST, PGUSER, PGPASSWORD: its database).';
}

type Program = { python: string; bin: string; addons: string };

/** @throws with what to set, when it is not known where Odoo is */
function odooProgram(): Program {
  const { ODOO_BIN: bin, ODOO_PYTHON: python = 'python3' } = process.env;
  if (!bin) throw new Error(missingOdoo() ?? '');
  const root = dirname(bin);
  return { python, bin, addons: [join(root, 'odoo', 'addons'), join(root, 'addons'), ADDONS].join(',') };
}

/** A real Odoo 18 with a database of its own, in which the add-on is installed. */
export class RealOdoo {
  readonly database: string;
  readonly url: string;
  readonly log: string[] = [];
  readonly #port: number;
  readonly #program: Program;
  #server: ChildProcess | null = null;
  #uid = 0;

  private constructor(database: string, port: number) {
    this.#program = odooProgram();
    this.database = database;
    this.#port = port;
    this.url = `http://127.0.0.1:${port}`;
  }

  /** A database with `modules`; ODOO_TEMPLATE may name one to copy that has some of Odoo's own already. */
  static async install(modules: string): Promise<RealOdoo> {
    const database = `iot_bridge_${randomBytes(4).toString('hex')}`;
    const odoo = new RealOdoo(database, await freePort());
    const { ODOO_TEMPLATE: template } = process.env;
    const made = spawnSync('createdb', [...(template ? ['-T', template] : []), database], {
      encoding: 'utf8',
    });
    assert.equal(made.status, 0, made.stderr);
    odoo.run('-i', modules, '--without-demo=all');
    return odoo;
  }

  /** Runs Odoo's program to its end: `-i`, `-u`, `shell`. @returns what it logged */
  run(...args: string[]): string {
    return this.#run([], args);
  }

  /** Runs a script with `env` in Odoo's shell. @returns what it printed */
  shell(script: string): string {
    return this.#run(['shell'], ['--log-level=error'], script);
  }

  #run(command: string[], args: string[], input = ''): string {
    const { python, bin } = this.#program;
    const all = [bin, ...command, ...this.#options(), ...args, '--no-http'];
    if (command.length === 0) all.push('--stop-after-init');
    const { status, stdout, stderr } = spawnSync(python, all, { input, encoding: 'utf8', maxBuffer: 1e8 });
    this.log.push(...stderr.split('\n'));
    assert.equal(status, 0, `odoo ${args.join(' ')}: ${stderr.slice(-4000)}`);
    return command.length === 0 ? stderr : stdout;
  }

  #options(): string[] {
    return ['-d', this.database, `--addons-path=${this.#program.addons}`, '--max-cron-threads=1'];
  }

  /** Starts the server, with the same address each time. */
  async start(...more: string[]): Promise<void> {
    const { python, bin } = this.#program;
    const args = [
      bin,
      ...this.#options(),
      `--http-port=${this.#port}`,
      '--http-interface=127.0.0.1',
      ...more,
    ];
    const server = spawn(python, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#server = server;
    createInterface({ input: server.stderr as NodeJS.ReadableStream }).on('line', (line) =>
      this.log.push(line),
    );
    const deadline = performance.now() + START_TIMEOUT_MS;
    for (;;) {
      const answer = await fetch(`${this.url}/web/health`).catch(() => null);
      if (answer?.ok) break;
      if (performance.now() > deadline || server.exitCode !== null) {
        throw new Error(`Odoo did not start:\n${this.log.slice(-20).join('\n')}`);
      }
      await new Promise((resolve) => {
        setTimeout(resolve, 200);
      });
    }
    this.#uid = Number(await this.#rpc('common', 'login', [this.database, 'admin', PASSWORD]));
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const server = this.#server;
    this.#server = null;
    if (!server || server.exitCode !== null || server.signalCode !== null) return;
    const ended = once(server, 'exit');
    server.kill(signal);
    await ended;
  }

  /** Ends the server and drops the database. */
  async end(): Promise<void> {
    await this.stop('SIGKILL');
    spawnSync('dropdb', ['--force', '--if-exists', this.database]);
  }

  /** Calls a method as the administrator. @throws with Odoo's words when it raises */
  call<T>(model: string, method: string, args: unknown[] = [], options: object = {}): Promise<T> {
    const all = [this.database, this.#uid, PASSWORD, model, method, args, options];
    return this.#rpc('object', 'execute_kw', all) as Promise<T>;
  }

  /** Warnings and faults of the log but those that `expected` explains. */
  faults(expected: RegExp = /^$/): string[] {
    return this.log.filter((line) => FAULT.test(line) && !expected.test(line));
  }

  async #rpc(service: string, method: string, args: unknown[]): Promise<unknown> {
    const answer = await fetch(`${this.url}/jsonrpc`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', method: 'call', params: { service, method, args } }),
    });
    const { result, error } = (await answer.json()) as {
      result?: unknown;
      error?: { data?: { message?: string } };
    };
    if (error) throw new Error(`${method} ${JSON.stringify(args.slice(3, 6))}: ${error.data?.message}`);
    return result;
  }
}
