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
  `
  -- Devices made in the console or by provisioning; config is JSON.
  CREATE TABLE devices (
    device_id TEXT PRIMARY KEY,
    source TEXT NOT NULL CHECK (source IN ('console', 'provisioned')),
    config TEXT NOT NULL,
    approval TEXT NOT NULL CHECK (approval IN ('approved', 'pending', 'rejected')),
    template_id TEXT,
    device_key TEXT,
    created_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE UNIQUE INDEX devices_by_key ON devices (template_id, device_key) WHERE device_key IS NOT NULL;

  -- Fields of configured devices that were changed here, and what the configuration said then; both JSON.
  CREATE TABLE device_overrides (
    device_id TEXT NOT NULL,
    field TEXT NOT NULL,
    value TEXT NOT NULL,
    base TEXT NOT NULL,
    PRIMARY KEY (device_id, field)
  ) STRICT, WITHOUT ROWID;

  -- hash: SHA-256 of the token. sealed: the token itself, encrypted with the key in token-key.
  CREATE TABLE device_tokens (
    device_id TEXT PRIMARY KEY,
    hash TEXT NOT NULL UNIQUE,
    sealed BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    last_used_at INTEGER,
    last_copied_at INTEGER
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE templates (
    template_id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    provision_key TEXT NOT NULL UNIQUE,
    secret_hash TEXT NOT NULL,
    body TEXT NOT NULL,
    created_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  -- value is JSON, null for one that was deleted. kept: how many values of it are in the history.
  CREATE TABLE attributes (
    device_id TEXT NOT NULL,
    scope TEXT NOT NULL CHECK (scope IN ('device', 'server')),
    key TEXT NOT NULL,
    type TEXT NOT NULL,
    value TEXT NOT NULL,
    at INTEGER NOT NULL,
    kept INTEGER NOT NULL,
    PRIMARY KEY (device_id, scope, key)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE attribute_history (
    id INTEGER PRIMARY KEY,
    device_id TEXT NOT NULL,
    scope TEXT NOT NULL,
    key TEXT NOT NULL,
    type TEXT NOT NULL,
    value TEXT,
    at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX attribute_history_by_key ON attribute_history (device_id, key, scope, id);
  CREATE INDEX attribute_history_by_time ON attribute_history (at);

  -- The embedded broker. What must outlive its process; client: owner and client id, as one key.
  -- Payloads are ANY: a packet keeps its text or bytes as they came.
  CREATE TABLE broker_sessions (
    client TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    seen_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX broker_sessions_by_owner ON broker_sessions (owner, seen_at);
  CREATE INDEX broker_sessions_by_time ON broker_sessions (seen_at);
  CREATE TABLE broker_subscriptions (
    client TEXT NOT NULL,
    filter TEXT NOT NULL,
    options TEXT NOT NULL,
    PRIMARY KEY (client, filter)
  ) STRICT;
  CREATE TABLE broker_retained (
    topic TEXT PRIMARY KEY,
    fields TEXT NOT NULL,
    payload ANY NOT NULL
  ) STRICT, WITHOUT ROWID;
  -- Messages and releases (PUBREL) that a client has not acknowledged yet.
  CREATE TABLE broker_outgoing (
    id INTEGER PRIMARY KEY,
    client TEXT NOT NULL,
    broker_id TEXT,
    broker_counter INTEGER,
    message_id INTEGER,
    fields TEXT NOT NULL,
    payload ANY
  ) STRICT;
  CREATE INDEX broker_outgoing_by_client ON broker_outgoing (client, id);
  CREATE INDEX broker_outgoing_by_message ON broker_outgoing (client, message_id);
  CREATE INDEX broker_outgoing_by_counter ON broker_outgoing (client, broker_id, broker_counter);
  -- Messages of QoS 2 that a client has not released yet.
  CREATE TABLE broker_incoming (
    client TEXT NOT NULL,
    message_id INTEGER NOT NULL,
    fields TEXT NOT NULL,
    payload ANY,
    PRIMARY KEY (client, message_id)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE broker_wills (
    client TEXT PRIMARY KEY,
    fields TEXT NOT NULL,
    payload ANY NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- Brokers besides the one of the environment; sealed: their secrets, encrypted.
  CREATE TABLE brokers (
    broker_id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    body TEXT NOT NULL,
    sealed BLOB,
    created_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE subscriptions (
    subscription_id TEXT PRIMARY KEY,
    broker_id TEXT NOT NULL,
    filter TEXT NOT NULL,
    body TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    UNIQUE (broker_id, filter)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE saved_messages (
    saved_message_id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    body TEXT NOT NULL,
    created_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE flows (
    flow_id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    body TEXT NOT NULL,
    created_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
  `
  CREATE INDEX outbox_by_session ON outbox (session_id, seq) WHERE session_id IS NOT NULL;
  CREATE INDEX sessions_by_rare_reason ON sessions (reason, started_at) WHERE reason <> 'normal';
  `,
];
