import type { Database, Row } from './database.ts';

/** A device's token as it is kept: its hash, and itself sealed. Times in ms since the epoch. */
export type TokenRow = {
  deviceId: string;
  /** SHA-256, hex */
  hash: string;
  sealed: Uint8Array;
  createdAt: number;
  lastUsedAt: number | null;
  lastCopiedAt: number | null;
};

function tokenOf(row: Row): TokenRow {
  return {
    deviceId: String(row.device_id),
    hash: String(row.hash),
    sealed: row.sealed as Uint8Array,
    createdAt: Number(row.created_at),
    lastUsedAt: row.last_used_at as number | null,
    lastCopiedAt: row.last_copied_at as number | null,
  };
}

/** The tokens of the devices, one each. */
export function tokensTable(database: Database) {
  const replace = database.prepare(
    'INSERT OR REPLACE INTO device_tokens (device_id, hash, sealed, created_at) VALUES (?, ?, ?, ?)',
  );
  const byHash = database.prepare('SELECT * FROM device_tokens WHERE hash = ?');
  const byDevice = database.prepare('SELECT * FROM device_tokens WHERE device_id = ?');
  const remove = database.prepare('DELETE FROM device_tokens WHERE device_id = ?');
  const copied = database.prepare('UPDATE device_tokens SET last_copied_at = ? WHERE device_id = ?');
  const used = database.prepare('UPDATE device_tokens SET last_used_at = ? WHERE device_id = ?');
  return {
    /** Gives the device this token in place of the one it had. */
    put(deviceId: string, hash: string, sealed: Uint8Array, nowMs: number): void {
      replace.run(deviceId, hash, sealed, nowMs);
    },
    byHash(hash: string): TokenRow | null {
      const row = byHash.get(hash);
      return row ? tokenOf(row) : null;
    },
    byDevice(deviceId: string): TokenRow | null {
      const row = byDevice.get(deviceId);
      return row ? tokenOf(row) : null;
    },
    remove(deviceId: string): void {
      remove.run(deviceId);
    },
    markCopied(deviceId: string, atMs: number): void {
      copied.run(atMs, deviceId);
    },
    /** Notes when tokens were last used, in one transaction. */
    markUsed(usedAt: ReadonlyMap<string, number>): void {
      database.transaction(() => {
        for (const [deviceId, atMs] of usedAt) used.run(atMs, deviceId);
      });
    },
  };
}
export type TokensTable = ReturnType<typeof tokensTable>;
