import type { Flow, FlowInput } from '../model/flow.ts';
import type { Database, Row } from './database.ts';

function flowOf(row: Row): Flow {
  return {
    ...(JSON.parse(String(row.body)) as FlowInput),
    flowId: String(row.flow_id),
    createdAt: Number(row.created_at),
  };
}

/** The flows: small rules on messages, events and attributes. */
export function flowsTable(database: Database) {
  const upsert = database.prepare(
    `INSERT INTO flows (flow_id, name, body, created_at) VALUES (?, ?, ?, ?)
     ON CONFLICT (flow_id) DO UPDATE SET name = excluded.name, body = excluded.body`,
  );
  const remove = database.prepare('DELETE FROM flows WHERE flow_id = ?');
  const all = database.prepare('SELECT * FROM flows ORDER BY created_at, flow_id');
  return {
    /** Keeps a flow, new or known. */
    save({ flowId, createdAt, ...input }: Flow): void {
      upsert.run(flowId, input.name, JSON.stringify(input), createdAt);
    },
    remove: (flowId: string): boolean => remove.run(flowId).changes > 0,
    /** All of them, oldest first. */
    list: (): Flow[] => all.all().map(flowOf),
  };
}
export type FlowsTable = ReturnType<typeof flowsTable>;
