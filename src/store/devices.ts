import type { Approval, Override, OwnDevice } from '../model/own-device.ts';
import type { Database, Row } from './database.ts';

function deviceOf(row: Row): OwnDevice {
  return {
    deviceId: String(row.device_id),
    source: row.source as OwnDevice['source'],
    config: JSON.parse(String(row.config)),
    approval: row.approval as Approval,
    templateId: row.template_id as string | null,
    deviceKey: row.device_key as string | null,
    createdAt: Number(row.created_at),
  };
}

/** Devices made in the console or by provisioning, and the overrides of configured ones. */
export function devicesTable(database: Database) {
  const upsert = database.prepare(
    `INSERT INTO devices (device_id, source, config, approval, template_id, device_key, created_at)
     VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (device_id) DO UPDATE SET config = excluded.config, approval = excluded.approval`,
  );
  const remove = database.prepare('DELETE FROM devices WHERE device_id = ?');
  const all = database.prepare('SELECT * FROM devices ORDER BY created_at, device_id');
  const byKey = database.prepare('SELECT * FROM devices WHERE template_id = ? AND device_key = ?');
  const perTemplate = database.prepare('SELECT count(*) AS devices FROM devices WHERE template_id = ?');
  const overrides = database.prepare('SELECT * FROM device_overrides ORDER BY device_id, field');
  const addOverride = database.prepare(
    'INSERT INTO device_overrides (device_id, field, value, base) VALUES (?, ?, ?, ?)',
  );
  const dropOverrides = database.prepare('DELETE FROM device_overrides WHERE device_id = ?');
  return {
    /** Keeps a device; of a known one the configuration and the approval. */
    save(device: OwnDevice): void {
      const { deviceId, source, config, approval, templateId, deviceKey, createdAt } = device;
      upsert.run(deviceId, source, JSON.stringify(config), approval, templateId, deviceKey, createdAt);
    },
    remove(deviceId: string): void {
      remove.run(deviceId);
    },
    /** All of them, oldest first. */
    list: (): OwnDevice[] => all.all().map(deviceOf),
    byKey(templateId: string, deviceKey: string): OwnDevice | null {
      const row = byKey.get(templateId, deviceKey);
      return row ? deviceOf(row) : null;
    },
    countOf: (templateId: string): number => Number(perTemplate.get(templateId)?.devices),
    /** The overrides of every configured device. */
    overrides(): Map<string, Override[]> {
      const found = new Map<string, Override[]>();
      for (const { device_id, field, value, base } of overrides.all()) {
        const list = found.get(String(device_id)) ?? [];
        list.push({
          field: String(field),
          value: JSON.parse(String(value)),
          base: JSON.parse(String(base)),
        });
        found.set(String(device_id), list);
      }
      return found;
    },
    /** Replaces the overrides of a device. Part of the caller's transaction. */
    saveOverrides(deviceId: string, list: readonly Override[]): void {
      dropOverrides.run(deviceId);
      for (const { field, value, base } of list) {
        addOverride.run(deviceId, field, JSON.stringify(value ?? null), JSON.stringify(base ?? null));
      }
    },
  };
}
export type DevicesTable = ReturnType<typeof devicesTable>;
