/**
 * The schema of bridge.db, as numbered steps, forward only: step n is MIGRATIONS[n - 1].
 * A step that was released is never edited.
 */
export const MIGRATIONS: readonly string[] = [
  `
  -- Single facts: the installation's random id, when the broker was last heard.
  CREATE TABLE facts (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;

  -- The detector's state of each device and the device it was reached with, as JSON.
  -- Rows of removed devices stay: session numbers go on.
  CREATE TABLE device_states (
    device_id TEXT PRIMARY KEY,
    device TEXT NOT NULL,
    state TEXT NOT NULL,
    saved_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE sessions (
    session_id TEXT PRIMARY KEY,
    device_id TEXT NOT NULL,
    machine_name TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at INTEGER,
    reason TEXT,
    duration_s REAL,
    standby_duration_s REAL,
    working_duration_s REAL,
    interruption_duration_s REAL,
    energy_kwh REAL,
    energy_source TEXT,
    avg_power_w REAL,
    max_power_w REAL,
    message_count INTEGER,
    updated_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX sessions_by_device ON sessions (device_id, started_at);
  CREATE INDEX sessions_by_time ON sessions (started_at);
  CREATE INDEX sessions_open ON sessions (device_id) WHERE ended_at IS NULL;

  -- Events for Odoo, as the bytes that are sent. lane: what must stay in order among itself.
  CREATE TABLE outbox (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    uid TEXT NOT NULL UNIQUE,
    device_id TEXT NOT NULL,
    lane TEXT NOT NULL,
    session_id TEXT,
    event_type TEXT NOT NULL,
    ts INTEGER NOT NULL,
    body BLOB NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'parked', 'delivered')),
    attempts INTEGER NOT NULL DEFAULT 0,
    refusals INTEGER NOT NULL DEFAULT 0,
    next_attempt_at INTEGER,
    last_error TEXT,
    created_at INTEGER NOT NULL,
    settled_at INTEGER
  ) STRICT;
  CREATE INDEX outbox_pending ON outbox (lane, seq) WHERE state = 'pending';
  CREATE INDEX outbox_undelivered_by_type ON outbox (event_type, seq) WHERE state <> 'delivered';
  CREATE INDEX outbox_undelivered_by_session ON outbox (session_id)
    WHERE session_id IS NOT NULL AND state <> 'delivered';
  CREATE INDEX outbox_delivered ON outbox (settled_at) WHERE state = 'delivered';
  CREATE INDEX outbox_by_state ON outbox (state, seq);
  CREATE INDEX outbox_by_device ON outbox (device_id, seq);

  -- Every configuration that was applied: when, from where, and its text.
  CREATE TABLE configurations (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    applied_at INTEGER NOT NULL,
    source TEXT NOT NULL,
    digest TEXT NOT NULL,
    devices INTEGER NOT NULL,
    body TEXT NOT NULL
  ) STRICT;
  `,
];
