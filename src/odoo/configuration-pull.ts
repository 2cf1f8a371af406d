import { createHash } from 'node:crypto';
import { Backoff } from '../platform/backoff.ts';
import type { Cancel, Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import { isHtml, keyRefused } from './answer.ts';
import { Exchange, type OdooAddress } from './exchange.ts';

/** What became of a configuration that was handed over. */
export type ApplyResult = { status: 'applied' } | { status: 'refused'; reason: string };

export type ConfigurationPullDeps = {
  odoo: OdooAddress;
  intervalMs: number;
  timeoutMs?: number;
  bodyBytesMax: number;
  clock: Clock;
  random: () => number;
  log: Log;
  /** Takes a configuration as Odoo sent it. One that it refuses is handed over again at the next pull. */
  apply: (body: Uint8Array) => Promise<ApplyResult>;
};

const CONFIGURATION_PATH = '/ows/iot/config';
const FIRST_RETRY_MS = 5000;
const LOG_EVERY_MS = 600_000;

/** Fetches the configuration from Odoo at start and at intervals; bytes that were applied are not applied again. */
class ConfigurationPull {
  readonly #deps: ConfigurationPullDeps;
  readonly #backoff: Backoff;
  #running: { exchange: Exchange; stopping: AbortController } | null = null;
  #round: Promise<void> = Promise.resolve();
  #cancel: Cancel | null = null;
  #applied = '';
  #loggedAtSteadyMs: number | null = null;

  constructor(deps: ConfigurationPullDeps) {
    this.#deps = deps;
    this.#backoff = new Backoff(Math.min(FIRST_RETRY_MS, deps.intervalMs), deps.intervalMs, deps.random);
  }

  /** Pulls at once, then at intervals. @throws TypeError when the base URL is no URL */
  start(): void {
    if (this.#running) return;
    const { odoo, timeoutMs = 30_000, bodyBytesMax, clock } = this.#deps;
    const exchange = new Exchange({
      ...odoo,
      timeoutMs,
      answerBytesMax: bodyBytesMax,
      connectionsMax: 1,
      clock,
    });
    const stopping = new AbortController();
    this.#running = { exchange, stopping };
    this.#round = this.#pullAndPlan(exchange, stopping.signal);
  }

  /** Gives up a request that is out, lets a configuration that is being applied finish, and leaves nothing open. */
  async stop(): Promise<void> {
    const running = this.#running;
    this.#running = null;
    this.#cancel?.();
    this.#cancel = null;
    running?.stopping.abort();
    await this.#round;
    await running?.exchange.close();
  }

  /** Pulls once and plans the next time; the promise never rejects. */
  async #pullAndPlan(exchange: Exchange, signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps;
    this.#cancel = null;
    try {
      const delayMs = await this.#pull(exchange, signal);
      if (signal.aborted) return;
      this.#cancel = clock.after(delayMs, () => {
        this.#round = this.#pullAndPlan(exchange, signal);
      });
    } catch (error) {
      // `apply` answers with a result; one that throws is a mistake in the program and must not go unseen.
      clock.soon(() => {
        throw error;
      });
    }
  }

  /** One pull. @returns how long until the next */
  async #pull(exchange: Exchange, signal: AbortSignal): Promise<number> {
    const { intervalMs, apply, log } = this.#deps;
    const answer = await exchange.send({ method: 'GET', path: CONFIGURATION_PATH, signal });
    if (signal.aborted) return intervalMs;
    const problem = answer.ok ? problemOf(answer) : answer.reason;
    if (!answer.ok || problem !== null) {
      this.#failed(exchange.sentence(problem ?? ''));
      return this.#backoff.nextMs();
    }
    this.#backoff.reset();
    const digest = createHash('sha256').update(answer.body).digest('hex');
    if (digest !== this.#applied) {
      const result = await apply(answer.body);
      if (result.status === 'refused') {
        this.#failed(exchange.sentence(`The configuration was not applied: ${result.reason}`));
        return intervalMs;
      }
      this.#applied = digest;
    }
    if (this.#loggedAtSteadyMs !== null) log.info('config_pull_back');
    this.#loggedAtSteadyMs = null;
    return intervalMs;
  }

  /** Logs the first failure, then at most one in ten minutes. */
  #failed(reason: string): void {
    const now = this.#deps.clock.steadyMs();
    if (this.#loggedAtSteadyMs !== null && now - this.#loggedAtSteadyMs < LOG_EVERY_MS) return;
    this.#loggedAtSteadyMs = now;
    this.#deps.log.warning('config_pull_failed', { reason });
  }
}

function problemOf(answer: { status: number; contentType: string; retryAfter: string; body: Buffer }) {
  if (answer.status === 401 || answer.status === 403) return keyRefused(answer.status);
  if (isHtml(answer)) return `An HTML page came instead of a configuration (${answer.status}).`;
  if (answer.status !== 200) return `Odoo answered ${answer.status} to the request for the configuration.`;
  return null;
}

/** Keeps the configuration up to date with Odoo's. */
export function createConfigurationPull(deps: ConfigurationPullDeps): ConfigurationPull {
  return new ConfigurationPull(deps);
}
export type { ConfigurationPull };
