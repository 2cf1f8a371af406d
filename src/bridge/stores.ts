import { randomUUID } from 'node:crypto';
import type { Log } from '../platform/log.ts';
import { attributesTable } from '../store/attributes.ts';
import { configurationsTable } from '../store/configurations.ts';
import { openStore } from '../store/database.ts';
import { deviceStatesTable } from '../store/device-states.ts';
import { devicesTable } from '../store/devices.ts';
import { factsTable, INSTALLATION_ID } from '../store/facts.ts';
import { openHistory } from '../store/history-database.ts';
import { messageHistoryTable } from '../store/message-history.ts';
import { outboxTable } from '../store/outbox.ts';
import { sessionsTable } from '../store/sessions.ts';
import { templatesTable } from '../store/templates.ts';
import { tokensTable } from '../store/tokens.ts';

/**
 * Opens the database in `folder` and its tables. A new database is a new installation, so that its ids
 * differ from those of a lost one.
 * @throws StoreError when the folder cannot be used
 */
export function openStores(folder: string, nowMs: number, keepAttributes: boolean, log: Log) {
  const { database, notices, close } = openStore(folder, nowMs);
  const history = openHistory(folder, nowMs);
  notices.push(...history.notices);
  for (const notice of notices) log.error('store_notice', { notice });
  const facts = factsTable(database);
  const installationId = facts.get(INSTALLATION_ID) ?? randomUUID();
  facts.set(INSTALLATION_ID, installationId);
  return {
    database,
    installationId,
    /** What a person should know about how the database was found. */
    notices,
    facts,
    sessions: sessionsTable(database),
    states: deviceStatesTable(database),
    outbox: outboxTable(database),
    configurations: configurationsTable(database),
    devices: devicesTable(database),
    tokens: tokensTable(database),
    templates: templatesTable(database),
    attributes: attributesTable(database, { history: keepAttributes }),
    messages: messageHistoryTable(history.database),
    close(): void {
      history.database.close();
      close();
    },
  };
}
export type Stores = ReturnType<typeof openStores>;
