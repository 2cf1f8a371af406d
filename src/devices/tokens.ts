import { timingSafeEqual } from 'node:crypto';
import type { Cancel, Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import type { TokenRow, TokensTable } from '../store/tokens.ts';
import { randomText, seal, sha256, unseal } from './secret-seal.ts';

const TOKEN_LENGTH = 32;
/** A thousand devices that connect at once must not cost a thousand commits. */
const SAVE_USED_MS = 5000;

export type TokensDeps = { table: TokensTable; key: Buffer; clock: Clock; log: Log };

/** The devices' tokens: 32 random characters each, found by their hash, sealed so that people can copy them. */
export class Tokens {
  readonly #deps: TokensDeps;
  readonly #used = new Map<string, number>();
  #cancelSave: Cancel | null = null;

  constructor(deps: TokensDeps) {
    this.#deps = deps;
  }

  /** A new token in place of the one it had. Part of the caller's transaction, if there is one. */
  issue(deviceId: string): string {
    const { table, key, clock } = this.#deps;
    const token = randomText(TOKEN_LENGTH);
    table.put(deviceId, sha256(token).toString('hex'), seal(key, token, deviceId), clock.wallMs());
    this.#used.delete(deviceId);
    return token;
  }

  /** The token for a person to copy, made when there is none; null when it cannot be unsealed: rotate it. */
  copy(deviceId: string): string | null {
    const { table, clock } = this.#deps;
    const token = table.byDevice(deviceId) ? this.reveal(deviceId) : this.issue(deviceId);
    if (token !== null) table.markCopied(deviceId, clock.wallMs());
    return token;
  }

  /** The token, or null when there is none or it cannot be unsealed. */
  reveal(deviceId: string): string | null {
    const row = this.#deps.table.byDevice(deviceId);
    return row && unseal(this.#deps.key, row.sealed, deviceId);
  }

  /** Whose token this is, or null. */
  deviceOf(token: string): string | null {
    const hash = sha256(token);
    const row = this.#deps.table.byHash(hash.toString('hex'));
    return row && timingSafeEqual(Buffer.from(row.hash, 'hex'), hash) ? row.deviceId : null;
  }

  /** Notes that the device's token was just used. */
  markUsed(deviceId: string): void {
    this.#used.set(deviceId, this.#deps.clock.wallMs());
    this.#cancelSave ??= this.#deps.clock.after(SAVE_USED_MS, () => this.#save());
  }

  remove(deviceId: string): void {
    this.#deps.table.remove(deviceId);
    this.#used.delete(deviceId);
  }

  /** What is known of a device's token besides itself. */
  info(deviceId: string): Pick<TokenRow, 'createdAt' | 'lastUsedAt' | 'lastCopiedAt'> | null {
    const row = this.#deps.table.byDevice(deviceId);
    return row && { ...row, lastUsedAt: this.#used.get(deviceId) ?? row.lastUsedAt };
  }

  stop(): void {
    this.#cancelSave?.();
    this.#save();
  }

  #save(): void {
    this.#cancelSave = null;
    try {
      if (this.#used.size > 0) this.#deps.table.markUsed(this.#used);
      this.#used.clear();
    } catch (error) {
      this.#deps.log.warning('token_use_not_saved', { message: (error as Error).message });
    }
  }
}
