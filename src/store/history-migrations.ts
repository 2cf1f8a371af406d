/** The schema of history.db, as numbered steps like those of bridge.db. */
export const HISTORY_MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    link TEXT NOT NULL,
    direction TEXT NOT NULL CHECK (direction IN ('in', 'out')),
    topic TEXT NOT NULL,
    device_id TEXT,
    qos INTEGER NOT NULL,
    retain INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    payload BLOB NOT NULL
  ) STRICT;
  CREATE INDEX messages_by_topic ON messages (topic, id);
  CREATE INDEX messages_by_device ON messages (device_id, id) WHERE device_id IS NOT NULL;
  CREATE INDEX messages_by_time ON messages (at);
  `,
  `
  -- What messages are searched by, once for all that have it in common; device_id is '' for none.
  CREATE TABLE topics (
    id INTEGER PRIMARY KEY,
    topic TEXT NOT NULL,
    broker_id TEXT NOT NULL,
    direction TEXT NOT NULL CHECK (direction IN ('in', 'out')),
    device_id TEXT NOT NULL,
    messages INTEGER NOT NULL,
    -- No message of it has a higher id.
    last_id INTEGER NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX topics_by_name ON topics (topic, broker_id, direction, device_id);
  CREATE INDEX topics_by_device ON topics (device_id) WHERE device_id <> '';

  -- Ids in a row and the times of their messages, so that a period is found without an index of all times.
  CREATE TABLE message_blocks (
    first_id INTEGER PRIMARY KEY,
    last_id INTEGER NOT NULL,
    at_min INTEGER NOT NULL,
    at_max INTEGER NOT NULL,
    messages INTEGER NOT NULL
  ) STRICT;

  ALTER TABLE messages RENAME TO old_messages;
  DROP INDEX messages_by_topic;
  DROP INDEX messages_by_device;
  DROP INDEX messages_by_time;
  UPDATE old_messages SET link = 'main' WHERE link = 'network';
  INSERT INTO topics (topic, broker_id, direction, device_id, messages, last_id)
    SELECT topic, link, direction, ifnull(device_id, ''), count(*), max(id) FROM old_messages GROUP BY 1, 2, 3, 4;
  INSERT INTO message_blocks
    SELECT min(id), max(id), min(at), max(at), count(*) FROM old_messages GROUP BY id / 1000;
  CREATE TABLE messages (
    id INTEGER PRIMARY KEY,
    topic INTEGER NOT NULL,
    at INTEGER NOT NULL,
    qos INTEGER NOT NULL,
    retain INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    payload BLOB NOT NULL,
    -- MQTT 5 properties as JSON.
    properties TEXT
  ) STRICT;
  INSERT INTO messages
    SELECT m.id, t.id, m.at, m.qos, m.retain, m.bytes, m.payload, NULL
    FROM old_messages m JOIN topics t ON (t.topic, t.broker_id, t.direction, t.device_id) =
      (m.topic, m.link, m.direction, ifnull(m.device_id, ''))
    ORDER BY m.id;
  DROP TABLE old_messages;
  CREATE INDEX messages_by_topic ON messages (topic, id);

  CREATE TABLE reading_devices (
    id INTEGER PRIMARY KEY,
    device_id TEXT NOT NULL UNIQUE
  ) STRICT;

  -- What the detector was told of a device, encoded by src/history; from_at and to_at are wall times.
  CREATE TABLE reading_chunks (
    id INTEGER PRIMARY KEY,
    device INTEGER NOT NULL,
    from_at INTEGER NOT NULL,
    to_at INTEGER NOT NULL,
    -- Whether nobody listened when it began.
    lost INTEGER NOT NULL,
    inputs INTEGER NOT NULL,
    data BLOB NOT NULL
  ) STRICT;
  CREATE INDEX reading_chunks_by_device ON reading_chunks (device, from_at);
  CREATE INDEX reading_chunks_by_time ON reading_chunks (from_at);

  -- The power of a device in one minute since the epoch. held_ms: how long a power was known.
  CREATE TABLE reading_minutes (
    device INTEGER NOT NULL,
    minute INTEGER NOT NULL,
    readings INTEGER NOT NULL,
    min_w REAL NOT NULL,
    max_w REAL NOT NULL,
    last_w REAL NOT NULL,
    energy_ws REAL NOT NULL,
    held_ms INTEGER NOT NULL,
    energy_total_kwh REAL,
    PRIMARY KEY (device, minute)
  ) STRICT, WITHOUT ROWID;
  `,
];
