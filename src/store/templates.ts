import type { Template, TemplateInput } from '../model/template.ts';
import type { Database, Row } from './database.ts';

function templateOf(row: Row): Template {
  return {
    ...(JSON.parse(String(row.body)) as TemplateInput),
    templateId: String(row.template_id),
    provisionKey: String(row.provision_key),
    secretHash: String(row.secret_hash),
    createdAt: Number(row.created_at),
  };
}

/** The templates under which devices are provisioned. */
export function templatesTable(database: Database) {
  const upsert = database.prepare(
    `INSERT INTO templates (template_id, name, provision_key, secret_hash, body, created_at) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (template_id) DO UPDATE SET name = excluded.name, secret_hash = excluded.secret_hash,
     body = excluded.body`,
  );
  const remove = database.prepare('DELETE FROM templates WHERE template_id = ?');
  const all = database.prepare('SELECT * FROM templates ORDER BY created_at, template_id');
  const one = database.prepare('SELECT * FROM templates WHERE template_id = ?');
  const byName = database.prepare('SELECT * FROM templates WHERE name = ?');
  const byKey = database.prepare('SELECT * FROM templates WHERE provision_key = ?');
  const first = (row: Row | undefined) => (row ? templateOf(row) : null);
  return {
    /** Keeps a template, new or known. */
    save({ templateId, provisionKey, secretHash, createdAt, ...input }: Template): void {
      upsert.run(templateId, input.name, provisionKey, secretHash, JSON.stringify(input), createdAt);
    },
    remove: (templateId: string): boolean => remove.run(templateId).changes > 0,
    /** All of them, oldest first. */
    list: (): Template[] => all.all().map(templateOf),
    one: (templateId: string): Template | null => first(one.get(templateId)),
    byName: (name: string): Template | null => first(byName.get(name)),
    byKey: (provisionKey: string): Template | null => first(byKey.get(provisionKey)),
  };
}
export type TemplatesTable = ReturnType<typeof templatesTable>;
