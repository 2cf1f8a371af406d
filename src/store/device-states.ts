import type { Device } from '../model/device.ts';
import type { Database, Row } from './database.ts';

/** A device's state as it was saved; `state` is what the detector gave, unchecked beyond being JSON. */
export type SavedState = { device: Device; state: unknown };

function parse(row: Row): SavedState {
  return { device: JSON.parse(String(row.device)), state: JSON.parse(String(row.state)) };
}

/** The detector's state of every device that was ever configured. */
export function deviceStatesTable(database: Database) {
  const upsert = database.prepare(
    `INSERT INTO device_states (device_id, device, state, saved_at) VALUES (?, ?, ?, ?)
     ON CONFLICT (device_id) DO UPDATE SET device = excluded.device, state = excluded.state, saved_at = excluded.saved_at`,
  );
  const update = database.prepare('UPDATE device_states SET state = ?, saved_at = ? WHERE device_id = ?');
  const one = database.prepare('SELECT device, state FROM device_states WHERE device_id = ?');
  const unfinished = database.prepare(
    `SELECT device, state FROM device_states WHERE json_extract(state, '$.phase') <> 'idle'`,
  );

  return {
    /** Saves device and state together: at the first sight of a device and when its options change. */
    saveDevice(device: Device, state: object, atMs: number): void {
      upsert.run(device.deviceId, JSON.stringify(device), JSON.stringify(state), atMs);
    },
    /** Saves the state of a device that was saved before. */
    saveState(deviceId: string, state: object, atMs: number): void {
      update.run(JSON.stringify(state), atMs, deviceId);
    },
    load(deviceId: string): SavedState | null {
      const row = one.get(deviceId);
      return row ? parse(row) : null;
    },
    /** Those with a session that was being confirmed, open or ending. */
    loadUnfinished(): SavedState[] {
      return unfinished.all().map(parse);
    },
  };
}
export type DeviceStatesTable = ReturnType<typeof deviceStatesTable>;
