import type { SavedMessageInput, StoredMessage } from '../model/saved-message.ts';
import type { Database, Row } from './database.ts';

function messageOf(row: Row): StoredMessage {
  return {
    ...(JSON.parse(String(row.body)) as SavedMessageInput),
    savedMessageId: String(row.saved_message_id),
    createdAt: Number(row.created_at),
  };
}

/** The messages that people keep to send them again. */
export function savedMessagesTable(database: Database) {
  const upsert = database.prepare(
    `INSERT INTO saved_messages (saved_message_id, name, body, created_at) VALUES (?, ?, ?, ?)
     ON CONFLICT (saved_message_id) DO UPDATE SET name = excluded.name, body = excluded.body`,
  );
  const remove = database.prepare('DELETE FROM saved_messages WHERE saved_message_id = ?');
  const all = database.prepare('SELECT * FROM saved_messages ORDER BY created_at, saved_message_id');
  const one = database.prepare('SELECT * FROM saved_messages WHERE saved_message_id = ?');
  const byName = database.prepare('SELECT * FROM saved_messages WHERE name = ?');
  const count = database.prepare('SELECT count(*) AS count FROM saved_messages');
  const first = (row: Row | undefined) => (row ? messageOf(row) : null);
  return {
    /** Keeps a message, new or known. */
    save({ savedMessageId, createdAt, ...input }: StoredMessage): void {
      upsert.run(savedMessageId, input.name, JSON.stringify(input), createdAt);
    },
    remove: (savedMessageId: string): boolean => remove.run(savedMessageId).changes > 0,
    /** All of them, oldest first. */
    list: (): StoredMessage[] => all.all().map(messageOf),
    one: (savedMessageId: string): StoredMessage | null => first(one.get(savedMessageId)),
    byName: (name: string): StoredMessage | null => first(byName.get(name)),
    count: (): number => Number(count.get()?.count),
  };
}
export type SavedMessagesTable = ReturnType<typeof savedMessagesTable>;
