import type { Database } from './database.ts';

/** The fact that session and event ids are derived from. */
export const INSTALLATION_ID = 'installation_id';

/** Single facts about this installation, by name. */
export function factsTable(database: Database) {
  const read = database.prepare('SELECT value FROM facts WHERE name = ?');
  const write = database.prepare(
    'INSERT INTO facts (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
  );
  return {
    get(name: string): string | null {
      const value = read.get(name)?.value;
      return typeof value === 'string' ? value : null;
    },
    set(name: string, value: string): void {
      write.run(name, value);
    },
  };
}
export type FactsTable = ReturnType<typeof factsTable>;
