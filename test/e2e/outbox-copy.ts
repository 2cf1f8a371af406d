import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** A row of the outbox as it is on disk. */
export type StoredEvent = {
  seq: number;
  uid: string;
  deviceId: string;
  type: string;
  state: 'pending' | 'parked' | 'delivered';
  body: string;
};

/** What bridge.db holds. */
export type StoredFacts = {
  installationId: string;
  events: StoredEvent[];
  /** By device: the id of the session its detector is in, '' while the start is not confirmed, null without one. */
  detectorSessions: Map<string, string | null>;
  /** By device: the ids of the sessions without an end. */
  openSessions: Map<string, string[]>;
};

/** Runs `work` on a copy of bridge.db, so that looking at it after a crash repairs nothing of the original. */
export function withStoreCopy<T>(dataDir: string, work: (database: DatabaseSync) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'iot-bridge-copy-'));
  try {
    const path = join(folder, 'bridge.db');
    for (const suffix of ['', '-wal']) {
      const source = join(dataDir, `bridge.db${suffix}`);
      if (existsSync(source)) copyFileSync(source, path + suffix);
    }
    const database = new DatabaseSync(path);
    try {
      return work(database);
    } finally {
      database.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Reads what is on disk while no process uses it; null when the tables were not made yet. */
export function readStore(dataDir: string): StoredFacts | null {
  return withStoreCopy(dataDir, (database) => {
    if (Number(database.prepare('PRAGMA user_version').get()?.user_version) === 0) return null;
    const installation = database.prepare(`SELECT value FROM facts WHERE name = 'installation_id'`).get();
    const events = database
      .prepare('SELECT seq, uid, device_id, event_type, state, body FROM outbox ORDER BY seq')
      .all()
      .map((row) => ({
        seq: Number(row.seq),
        uid: String(row.uid),
        deviceId: String(row.device_id),
        type: String(row.event_type),
        state: row.state as StoredEvent['state'],
        body: Buffer.from(row.body as Uint8Array).toString(),
      }));
    const detectorSessions = new Map<string, string | null>();
    for (const row of database.prepare('SELECT device_id, state FROM device_states').all()) {
      const { session } = JSON.parse(String(row.state)) as { session: { sessionId: string } | null };
      detectorSessions.set(String(row.device_id), session?.sessionId ?? null);
    }
    const openSessions = new Map<string, string[]>();
    for (const row of database
      .prepare('SELECT device_id, session_id FROM sessions WHERE ended_at IS NULL')
      .all()) {
      const deviceId = String(row.device_id);
      openSessions.set(deviceId, [...(openSessions.get(deviceId) ?? []), String(row.session_id)]);
    }
    return { installationId: String(installation?.value ?? ''), events, detectorSessions, openSessions };
  });
}

/** The phase of a device as it is on disk while the bridge runs; null when there is none yet. */
export function storedPhase(dataDir: string, deviceId: string): string | null {
  const database = new DatabaseSync(join(dataDir, 'bridge.db'), { readOnly: true, timeout: 1000 });
  try {
    const row = database.prepare('SELECT state FROM device_states WHERE device_id = ?').get(deviceId);
    return row ? (JSON.parse(String(row.state)) as { phase: string }).phase : null;
  } finally {
    database.close();
  }
}
