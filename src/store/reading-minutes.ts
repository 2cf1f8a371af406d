import type { Database, Row } from './database.ts';

export const MINUTE_MS = 60_000;

/** The power of a device in one minute. */
export type ReadingMinute = {
  /** Minutes since the epoch. */
  minute: number;
  /** 0: nothing was heard, the power of before held. */
  readings: number;
  minW: number;
  maxW: number;
  lastW: number;
  /** The power added up over the time it was known, W·s. */
  energyWs: number;
  heldMs: number;
  energyTotalKwh: number | null;
};

function minuteOf(row: Row): ReadingMinute {
  return {
    minute: Number(row.minute),
    readings: Number(row.readings),
    minW: Number(row.min_w),
    maxW: Number(row.max_w),
    lastW: Number(row.last_w),
    energyWs: Number(row.energy_ws),
    heldMs: Number(row.held_ms),
    energyTotalKwh: row.energy_total_kwh === null ? null : Number(row.energy_total_kwh),
  };
}

/** One-minute sums of readings in history.db. Call what writes within a transaction. */
export function readingMinutesTable(database: Database) {
  const add = database.prepare(
    `INSERT INTO reading_minutes
       (device, minute, readings, min_w, max_w, last_w, energy_ws, held_ms, energy_total_kwh)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (device, minute) DO UPDATE SET
       readings = readings + excluded.readings,
       min_w = min(min_w, excluded.min_w), max_w = max(max_w, excluded.max_w), last_w = excluded.last_w,
       energy_ws = energy_ws + excluded.energy_ws, held_ms = held_ms + excluded.held_ms,
       energy_total_kwh = ifnull(excluded.energy_total_kwh, energy_total_kwh)`,
  );
  const list = database.prepare(
    'SELECT * FROM reading_minutes WHERE device = ? AND minute >= ? AND minute < ? ORDER BY minute',
  );
  const nextDevice = database.prepare('SELECT min(id) AS id FROM reading_devices WHERE id > ?');
  const oldestOf = database.prepare('SELECT min(minute) AS minute FROM reading_minutes WHERE device = ?');
  const prune = database.prepare(
    `DELETE FROM reading_minutes WHERE device = ?1 AND minute IN
     (SELECT minute FROM reading_minutes WHERE device = ?1 AND minute < ?2 ORDER BY minute LIMIT ?3)`,
  );
  const forget = database.prepare(
    `DELETE FROM reading_devices WHERE id = ?1
       AND NOT EXISTS (SELECT 1 FROM reading_minutes WHERE device = ?1)
       AND NOT EXISTS (SELECT 1 FROM reading_chunks WHERE device = ?1)`,
  );

  return {
    /** Adds to the minutes of a device. */
    add(device: number, minutes: Iterable<ReadingMinute>): void {
      for (const m of minutes) {
        const { minute, readings, minW, maxW, lastW, energyWs, heldMs, energyTotalKwh } = m;
        add.run(device, minute, readings, minW, maxW, lastW, energyWs, heldMs, energyTotalKwh);
      }
    },

    /** The minutes of a device that begin in [fromMs, toMs), oldest first. */
    *list(device: number, fromMs: number, toMs: number): Generator<ReadingMinute> {
      const [from, to] = [Math.floor(fromMs / MINUTE_MS), Math.ceil(toMs / MINUTE_MS)];
      for (const row of list.iterate(device, from, to)) yield minuteOf(row);
    },

    /** When the oldest minute of a device begins; null without any. */
    oldestAt(device: number): number | null {
      const minute = oldestOf.get(device)?.minute;
      return minute === null || minute === undefined ? null : Number(minute) * MINUTE_MS;
    },

    /** The device after `device`, going round; null: there is none. */
    deviceAfter(device: number): number | null {
      const id = nextDevice.get(device)?.id;
      return id === null || id === undefined ? null : Number(id);
    },

    /** Deletes up to `rowsMax` minutes of a device before `beforeMs`, and the device with its last one; how many. */
    prune(device: number, beforeMs: number, rowsMax: number): number {
      const { changes } = prune.run(device, Math.floor(beforeMs / MINUTE_MS), rowsMax);
      if (changes < rowsMax) forget.run(device);
      return changes;
    },
  };
}
export type ReadingMinutesTable = ReturnType<typeof readingMinutesTable>;
