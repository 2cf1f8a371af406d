import type { Attribute, AttributeChange, AttributeNews, AttributeScope } from '../model/attribute.ts';
import { isoTime } from '../platform/clock.ts';
import type { Database, Row } from './database.ts';

/** Values of one attribute kept in the history; a tenth more may gather before the oldest go. */
const VALUES_PER_KEY_MAX = 1000;
const VALUES_SLACK = 100;
/** Attributes of one device; what comes above that is left out. */
const KEYS_PER_DEVICE_MAX = 1000;
/** Stands for a deleted value: its row stays while its history does, so that the bounds hold. */
const DELETED = 'null';

function attributeOf(row: Row): Attribute {
  return {
    key: String(row.key),
    scope: row.scope as AttributeScope,
    type: row.type as Attribute['type'],
    value: row.value === null ? null : JSON.parse(String(row.value)),
    at: isoTime(Number(row.at)),
  };
}

function statementsOf(database: Database) {
  const current = database.prepare(
    'SELECT value FROM attributes WHERE device_id = ? AND scope = ? AND key = ?',
  );
  const countKeys = database.prepare('SELECT count(*) AS keys FROM attributes WHERE device_id = ?');
  const upsert = database.prepare(
    `INSERT INTO attributes (device_id, scope, key, type, value, at, kept) VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (device_id, scope, key) DO UPDATE SET type = excluded.type, value = excluded.value,
     at = excluded.at, kept = kept + excluded.kept RETURNING kept`,
  );
  const remember = database.prepare(
    'INSERT INTO attribute_history (device_id, scope, key, type, value, at) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const trim = database.prepare(
    `DELETE FROM attribute_history WHERE device_id = ?1 AND key = ?2 AND scope = ?3 AND id <=
     (SELECT id FROM attribute_history WHERE device_id = ?1 AND key = ?2 AND scope = ?3
      ORDER BY id DESC LIMIT 1 OFFSET ?4)`,
  );
  const setKept = database.prepare(
    'UPDATE attributes SET kept = ? WHERE device_id = ? AND scope = ? AND key = ?',
  );
  const list = database.prepare(
    `SELECT * FROM attributes WHERE device_id = ? AND value <> '${DELETED}' ORDER BY scope, key`,
  );
  const past = database.prepare(
    `SELECT * FROM attribute_history WHERE device_id = ? AND key = ? AND scope = ? ORDER BY id DESC LIMIT ?`,
  );
  const forget = database.prepare('DELETE FROM attributes WHERE device_id = ?');
  const forgetPast = database.prepare('DELETE FROM attribute_history WHERE device_id = ?');
  const prune = database.prepare(
    'DELETE FROM attribute_history WHERE id IN (SELECT id FROM attribute_history WHERE at < ? LIMIT ?)',
  );
  const pruneDeleted = database.prepare(`DELETE FROM attributes WHERE value = '${DELETED}' AND at < ?`);
  return {
    pruneDeleted,
    current,
    countKeys,
    upsert,
    remember,
    trim,
    setKept,
    list,
    past,
    forget,
    forgetPast,
    prune,
  };
}

/** What became of changes: those that are news, and those that the device has no room for. */
export type RecordedAttributes = { news: AttributeNews[]; leftOut: AttributeChange[] };

/** Carries out one change. */
function carryOut(
  statements: ReturnType<typeof statementsOf>,
  change: AttributeChange,
  history: boolean,
  recorded: RecordedAttributes,
): void {
  const { deviceId, scope, key, type, value, at, retained } = change;
  const { current, countKeys, upsert, remember, trim, setKept } = statements;
  const known = current.get(deviceId, scope, key)?.value;
  const text = value ?? DELETED;
  if (known === text && (retained || value === null)) return;
  if (known === undefined) {
    if (value === null) return;
    if (Number(countKeys.get(deviceId)?.keys) >= KEYS_PER_DEVICE_MAX) {
      recorded.leftOut.push(change);
      return;
    }
  }
  recorded.news.push({
    ...change,
    previous: known === undefined || known === DELETED ? null : String(known),
  });
  const kept = Number(upsert.get(deviceId, scope, key, type, text, at, history ? 1 : 0)?.kept);
  if (!history) return;
  remember.run(deviceId, scope, key, type, value, at);
  if (kept > VALUES_PER_KEY_MAX + VALUES_SLACK) {
    trim.run(deviceId, key, scope, VALUES_PER_KEY_MAX);
    setKept.run(VALUES_PER_KEY_MAX, deviceId, scope, key);
  }
}

/**
 * What devices say about themselves, and what they are told: the newest value of each key and its history.
 * @param options.history false: only the newest values are kept
 */
export function attributesTable(database: Database, { history }: { history: boolean }) {
  const statements = statementsOf(database);
  const { list, past, forget, forgetPast, prune, pruneDeleted } = statements;

  return {
    /** Carries out the changes, in their order, as part of the caller's transaction. */
    record(changes: readonly AttributeChange[]): RecordedAttributes {
      const recorded: RecordedAttributes = { news: [], leftOut: [] };
      for (const change of changes) carryOut(statements, change, history, recorded);
      return recorded;
    },
    /** The newest values of a device. */
    list: (deviceId: string): Attribute[] => list.all(deviceId).map(attributeOf),
    /** Former values of a key, newest first; a value of null says that it was deleted. */
    past: (deviceId: string, key: string, scope: AttributeScope, limit: number): Attribute[] =>
      past.all(deviceId, key, scope, limit).map(attributeOf),
    /** Forgets a device that is gone. Part of the caller's transaction. */
    forget(deviceId: string): void {
      forget.run(deviceId);
      forgetPast.run(deviceId);
    },
    /** Deletes up to `rowsMax` former values from before `beforeMs`; how many went. */
    prune(beforeMs: number, rowsMax: number): number {
      const { changes } = prune.run(beforeMs, rowsMax);
      if (changes < rowsMax) pruneDeleted.run(beforeMs);
      return changes;
    },
  };
}
export type AttributesTable = ReturnType<typeof attributesTable>;
