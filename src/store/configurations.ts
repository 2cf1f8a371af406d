import type { Database, Row } from './database.ts';

const CONFIGURATIONS_MAX = 100;
const BODY_BYTES_KEPT_MAX = 64 * 1024 * 1024;

/** One configuration that was applied. */
export type ConfigurationRecord = {
  /** ms since the epoch */
  appliedAt: number;
  /** `push`, `pull`, `file`, `restore` or `start`. */
  source: string;
  /** Two configurations with the same digest have the same devices. */
  digest: string;
  devices: number;
  /** The configuration as JSON. */
  body: string;
};

/** A configuration of the history, without its text. */
export type KeptConfiguration = Omit<ConfigurationRecord, 'body'> & { id: number };

function keptOf(row: Row): KeptConfiguration {
  return {
    id: Number(row.id),
    appliedAt: Number(row.applied_at),
    source: String(row.source),
    digest: String(row.digest),
    devices: Number(row.devices),
  };
}

/**
 * The configurations that were applied, newest last; the last 100 are kept, fewer when they are large.
 * Repeats of the newest are one row with the time of the last.
 */
export function configurationsTable(database: Database) {
  const newest = database.prepare('SELECT id, digest FROM configurations ORDER BY id DESC LIMIT 1');
  const insert = database.prepare(
    'INSERT INTO configurations (applied_at, source, digest, devices, body) VALUES (?, ?, ?, ?, ?)',
  );
  const repeat = database.prepare(
    'UPDATE configurations SET applied_at = ?, source = ?, body = ? WHERE id = ?',
  );
  const appliedAt = database.prepare('SELECT applied_at FROM configurations WHERE id = ?');
  const prune = database.prepare(`
    DELETE FROM configurations WHERE id IN (
      SELECT id FROM (
        SELECT id, row_number() OVER newest_first AS place, sum(octet_length(body)) OVER newest_first AS bytes
        FROM configurations WINDOW newest_first AS (ORDER BY id DESC)
      ) WHERE place > 1 AND (place > ? OR bytes > ?)
    )`);
  const page = database.prepare(
    'SELECT id, applied_at, source, digest, devices FROM configurations WHERE id < ? ORDER BY id DESC LIMIT ?',
  );
  const one = database.prepare('SELECT * FROM configurations WHERE id = ?');
  return {
    /** Newest first; `before`: older than this one only. */
    list: (limit: number, before: number = Number.MAX_SAFE_INTEGER): KeptConfiguration[] =>
      page.all(before, limit).map(keptOf),
    one(id: number): (KeptConfiguration & { body: string }) | null {
      const row = one.get(id);
      return row ? { ...keptOf(row), body: String(row.body) } : null;
    },
    /**
     * Keeps a record. What was loaded at `start` and is the newest already leaves that one as it is.
     * @returns when these devices were last applied
     */
    record(entry: ConfigurationRecord): { appliedAt: number } {
      return database.transaction(() => {
        const last = newest.get();
        if (last?.digest !== entry.digest) {
          insert.run(entry.appliedAt, entry.source, entry.digest, entry.devices, entry.body);
          prune.run(CONFIGURATIONS_MAX, BODY_BYTES_KEPT_MAX);
        } else if (entry.source === 'start') {
          return { appliedAt: Number(appliedAt.get(Number(last.id))?.applied_at) };
        } else repeat.run(entry.appliedAt, entry.source, entry.body, Number(last.id));
        return { appliedAt: entry.appliedAt };
      });
    },
  };
}
export type ConfigurationsTable = ReturnType<typeof configurationsTable>;
